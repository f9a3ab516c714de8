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

use engine::aof::Mode;
use engine::blocking::BlockKind;

use crate::arguments;

const LOCAL_OUT_OF_RANGE: CommandError =
    CommandError::constant("ERR value is out of range, value must between 0 and 1");
const NO_AOF: CommandError = CommandError::constant(
    "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
);

fn waitaof(context: &mut Context<'_>) -> CommandResult {
    let local = arguments::integer_in(context.argv[1], 0..=1, LOCAL_OUT_OF_RANGE)?;
    let replicas = arguments::integer_or(context.argv[2], error::NOT_POSITIVE)?;
    if replicas < 0 {
        return Err(error::NOT_POSITIVE);
    }
    let deadline_ms = super::wait::deadline_ms(context, context.argv[3])?;
    if local > 0 && context.state.aof.mode == Mode::Off {
        return Err(NO_AOF);
    }
    let synced = context.state.is_aof_synced();
    if (replicas == 0 && (local == 0 || synced)) || context.deny_blocking() {
        reply_now(context);
        return Ok(());
    }
    let client = context.client;
    context.block(BlockKind::Replication, deadline_ms, super::wait::on_timeout(reply_now));
    if replicas == 0 {
        context.state.wait_for_aof_sync(client);
    }
    Ok(())
}

/// Whether all is on the disk here, and on how many replicas: none tells that yet.
fn reply_now(context: &mut Context<'_>) {
    let here = context.state.aof.mode != Mode::Off && context.state.is_aof_synced();
    context.reply.array(2);
    context.reply.integer(i64::from(here));
    context.reply.integer(0);
}
