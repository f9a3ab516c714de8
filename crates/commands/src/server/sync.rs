//! SYNC, PSYNC: the dataset, and then every change, as a replica asks for them.

use command_spec::*;
use engine::dataset::DatasetParts;
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

use crate::arguments;

const NO_MASTER_LINK: CommandError =
    CommandError::constant("NOMASTERLINK Can't SYNC while not connected with my master");

/// The file of the dataset, of which the length is known before, holds everything.
const NEEDS_MARK: CommandError =
    CommandError::constant("ERR Filtered replica requires EOF capability");

/// Refuses who wants a part of the dataset only and would not find its end.
fn check_parts(context: &Context<'_>) -> CommandResult {
    match context.client().replica.as_deref() {
        Some(replica) if replica.parts != DatasetParts::default() && !replica.takes_mark => {
            Err(NEEDS_MARK)
        }
        _ => Ok(()),
    }
}

fn sync(context: &mut Context<'_>) -> CommandResult {
    if context.state.is_stale() {
        return Err(NO_MASTER_LINK);
    }
    if context.client().has(client_flag::REPLICA) {
        return Ok(());
    }
    check_parts(context)?;
    // It will not tell when it has loaded it.
    context.client_mut().replica.get_or_insert_default().silent = true;
    context.state.begin_full_sync(context.client);
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
    let Ok(offset) = arguments::integer(offset) else {
        let address = context.state.replica_address(context.client);
        let text = format!("Replica {address} asks for synchronization but with a wrong offset");
        context.state.log(effect::LogLevel::Warning, text);
        return Err(error::NOT_AN_INTEGER);
    };
    if let Ok(offset) = u64::try_from(offset)
        && context.state.continue_replica(context.client, id, offset)
    {
        context.state.stats.sync_partial_ok += 1;
        return Ok(());
    }
    check_parts(context)?;
    context.state.stats.sync_partial_err += u64::from(id != b"?");
    context.state.begin_full_sync(context.client);
    Ok(())
}
