//! SYNC, PSYNC: the dataset, and then every change, as a replica asks for them.

use command_spec::*;
use engine::*;

pub const SYNC: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sync",
        group: Group::Server,
        summary: "Sends the dataset and then every change; for replicas.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys in all databases.",
        arity: 1,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NO_MULTI | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    sync,
);

pub const PSYNC: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "psync",
        group: Group::Server,
        summary: "Sends the dataset, or what a replica has missed, and then every change.",
        since: "2.8.0",
        complexity: "O(N) with the number of keys in all databases.",
        arity: -3,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NO_MULTI | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("replicationid"), Argument::integer("offset")],
        ..CommandSpec::DEFAULT
    },
    psync,
);

use std::convert::Infallible;

use crate::arguments;

const NO_MASTER_LINK: CommandError =
    CommandError::constant("NOMASTERLINK Can't SYNC while not connected with my master");

fn sync(context: &mut Context<'_>) -> CommandResult {
    if context.state.is_stale() {
        return Err(NO_MASTER_LINK);
    }
    if context.client().has(client_flag::REPLICA) {
        return Ok(());
    }
    context.state.begin_backlog();
    context.state.stats.sync_full += 1;
    send_dataset(context);
    // It will not tell when it has loaded it.
    if let Some(replica) = &mut context.client_mut().replica {
        replica.silent = true;
    }
    context.state.set_online(context.client, true);
    Ok(())
}

fn psync(context: &mut Context<'_>) -> CommandResult {
    if context.state.is_stale() {
        return Err(NO_MASTER_LINK);
    }
    if context.client().has(client_flag::REPLICA) {
        return Ok(());
    }
    let [_, id, offset, ..] = *context.argv else { return Err(error::SYNTAX) };
    let offset = arguments::integer(offset)?;
    if let Ok(offset) = u64::try_from(offset)
        && context.state.continue_replica(context.client, id, offset)
    {
        context.state.stats.sync_partial_ok += 1;
        return Ok(());
    }
    context.state.stats.sync_partial_err += u64::from(id != b"?");
    context.state.begin_backlog();
    context.state.stats.sync_full += 1;
    let state = &context.state;
    let resync = format!("FULLRESYNC {} {}", state.replication_id, state.feed.offset);
    context.reply.simple(resync);
    send_dataset(context);
    Ok(())
}

fn send_dataset(context: &mut Context<'_>) {
    let mut bytes = Vec::new();
    let mut sink = |part: &[u8]| -> Result<(), Infallible> {
        bytes.extend_from_slice(part);
        Ok(())
    };
    let Ok(left_out) = context.state.write_dataset_for_replica(&mut sink);
    if left_out > 0 {
        let text = format!("{left_out} keys of module types are missing from what a replica gets");
        context.state.log(effect::LogLevel::Warning, text);
    }
    // Unlike a bulk string it has no line end behind it.
    context.reply.raw(format!("${}\r\n", bytes.len()).as_bytes());
    context.reply.raw(&bytes);
    context.state.add_replica(context.client);
}
