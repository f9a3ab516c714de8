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

use engine::blocking::{BlockKind, OnTimeout, Unblock};

use crate::arguments;

const TIMEOUT_NOT_AN_INTEGER: CommandError =
    CommandError::constant("ERR timeout is not an integer or out of range");
const TIMEOUT_NEGATIVE: CommandError = CommandError::constant("ERR timeout is negative");
const TIMEOUT_OUT_OF_RANGE: CommandError = CommandError::constant("ERR timeout is out of range");

fn wait(context: &mut Context<'_>) -> CommandResult {
    let wanted = arguments::integer(context.argv[1])?;
    let deadline_ms = deadline_ms(context, context.argv[2])?;
    // There are no replicas, so none has acknowledged anything.
    if wanted <= 0 || context.deny_blocking() {
        context.reply.integer(0);
        return Ok(());
    }
    context.block(
        BlockKind::Replication,
        deadline_ms,
        on_timeout(|context| context.reply.integer(0)),
    );
    Ok(())
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
    })
}
