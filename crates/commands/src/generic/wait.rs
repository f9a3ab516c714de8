//! WAIT: until replicas have got what was written.

use command_spec::*;
use engine::*;

pub const WAIT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "wait",
        group: Group::Generic,
        summary: "Waits until a number of replicas have acknowledged the writes before it.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::BLOCKING,
        categories: category::BLOCKING | category::CONNECTION | category::SLOW,
        tips: &["request_policy:all_shards", "response_policy:agg_min"],
        arguments: &[Argument::integer("numreplicas"), Argument::integer("timeout")],
        ..CommandSpec::DEFAULT
    },
    wait,
);

use std::rc::Rc;

use engine::blocking::{OnTimeout, Unblock};
use engine::replica_wait::{ReplicaWait, Target};

use crate::arguments;

const TIMEOUT_NOT_AN_INTEGER: CommandError =
    CommandError::constant("ERR timeout is not an integer or out of range");
const ON_A_REPLICA: CommandError = CommandError::constant(
    "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a \
     replica is configured to be writable (which is not the default) writes to replicas are just \
     local and are not propagated.",
);
const TIMEOUT_NEGATIVE: CommandError = CommandError::constant("ERR timeout is negative");
const TIMEOUT_OUT_OF_RANGE: CommandError = CommandError::constant("ERR timeout is out of range");

fn wait(context: &mut Context<'_>) -> CommandResult {
    if context.state.is_replica() {
        return Err(ON_A_REPLICA);
    }
    let wanted = arguments::integer(context.argv[1])?;
    let deadline_ms = deadline_ms(context, context.argv[2])?;
    let offset = context.client().write_offset;
    let there = context.state.replicas_at(offset);
    let wanted = usize::try_from(wanted).unwrap_or(0);
    if there >= wanted || context.deny_blocking() {
        reply_count(context);
        return Ok(());
    }
    let wait =
        ReplicaWait { client: context.client, offset, replicas: wanted, target: Target::Memory };
    context.wait_for_replicas(wait, deadline_ms, on_timeout(reply_count));
    Ok(())
}

/// How many have what the client wrote.
fn reply_count(context: &mut Context<'_>) {
    let there = context.state.replicas_at(context.client().write_offset);
    context.reply.integer(i64::try_from(there).unwrap_or(i64::MAX));
}

/// The moment at which a wait ends whose timeout in milliseconds is `argument`; 0: never.
pub(super) fn deadline_ms(context: &Context<'_>, argument: &[u8]) -> Result<i64, CommandError> {
    match arguments::integer_or(argument, TIMEOUT_NOT_AN_INTEGER)? {
        ..0 => Err(TIMEOUT_NEGATIVE),
        0 => Ok(0),
        timeout_ms => context.now_ms().checked_add(timeout_ms).ok_or(TIMEOUT_OUT_OF_RANGE),
    }
}

/// Replies what `timed_out` writes, or that the client was unblocked with an error.
pub(super) fn on_timeout(timed_out: fn(&mut Context<'_>)) -> OnTimeout {
    Rc::new(move |context, how| match how {
        Unblock::Timeout => timed_out(context),
        Unblock::Error => context.reply_error(&error::UNBLOCKED),
        Unblock::AofOff => context.reply_error(&error::NO_AOF),
    })
}
