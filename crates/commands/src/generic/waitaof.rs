//! WAITAOF: until what was written is on disk here and on replicas.

use command_spec::*;
use engine::*;

pub const WAITAOF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "waitaof",
        group: Group::Generic,
        summary: "Waits until the writes before it are on disk, here and on a number of replicas.",
        since: "7.2.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::BLOCKING,
        categories: category::BLOCKING | category::CONNECTION | category::SLOW,
        tips: &["request_policy:all_shards", "response_policy:agg_min"],
        arguments: &[
            Argument::integer("numlocal"),
            Argument::integer("numreplicas"),
            Argument::integer("timeout"),
        ],
        ..CommandSpec::DEFAULT
    },
    waitaof,
);

use engine::blocking::BlockKind;
use engine::replica_wait::{ReplicaWait, Target};

use crate::arguments;

const LOCAL_OUT_OF_RANGE: CommandError =
    CommandError::constant("ERR value is out of range, value must between 0 and 1");
const ON_A_REPLICA: CommandError = CommandError::constant(
    "ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas \
     are just local and are not propagated.",
);

fn waitaof(context: &mut Context<'_>) -> CommandResult {
    if context.state.is_replica() {
        return Err(ON_A_REPLICA);
    }
    let local = arguments::integer_in(context.argv[1], 0..=1, LOCAL_OUT_OF_RANGE)?;
    let replicas = arguments::integer_or(context.argv[2], error::NOT_POSITIVE)?;
    if replicas < 0 {
        return Err(error::NOT_POSITIVE);
    }
    let deadline_ms = super::wait::deadline_ms(context, context.argv[3])?;
    if local > 0 && !context.state.aof.is_on() {
        return Err(error::NO_AOF);
    }
    let (client, offset) = (context.client, context.client().write_offset);
    let replicas = usize::try_from(replicas).unwrap_or(usize::MAX);
    let here = local == 0 || context.state.is_aof_synced();
    let there = context.state.replica_disks_at(offset) >= replicas;
    if (here && there) || context.deny_blocking() {
        reply_now(context);
        return Ok(());
    }
    let on_timeout = super::wait::on_timeout(reply_now);
    if there {
        context.block(BlockKind::Replication, deadline_ms, on_timeout);
        context.state.wait_for_aof_sync(client);
    } else {
        let written_here = (local > 0).then(|| context.state.aof.fed_bytes());
        let target = Target::Disks { written_here };
        let wait = ReplicaWait { client, offset, replicas, target };
        context.wait_for_replicas(wait, deadline_ms, on_timeout);
    }
    Ok(())
}

/// Whether what the client wrote is on the disk here, and on how many replicas.
fn reply_now(context: &mut Context<'_>) {
    let here = context.state.aof.is_on() && context.state.is_aof_synced();
    let there = context.state.replica_disks_at(context.client().write_offset);
    context.reply.array(2);
    context.reply.integer(i64::from(here));
    context.reply.integer(i64::try_from(there).unwrap_or(i64::MAX));
}
