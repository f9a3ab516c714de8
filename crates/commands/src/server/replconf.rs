//! REPLCONF: what a replica tells of itself.

use command_spec::*;
use engine::dataset::DatasetParts;
use engine::*;

pub const REPLCONF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "replconf",
        group: Group::Server,
        summary: "Tells the primary about a replica, and how far it has come.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: -1,
        flags: flag::ADMIN | flag::ALLOW_BUSY | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        syscmd: true,
        ..CommandSpec::DEFAULT
    },
    replconf,
);

use crate::arguments::{self, is};

/// Longest name a replica may give itself.
const ADDRESS_BYTES_MAX: usize = 45;

const NOT_0_OR_1: CommandError =
    CommandError::constant("ERR value is out of range, value must between 0 and 1");
const UNKNOWN_FILTER: &[u8] = b"Unsupported rdb-filter-only option: ";

fn replconf(context: &mut Context<'_>) -> CommandResult {
    let pairs = &context.argv[1..];
    if !pairs.len().is_multiple_of(2) {
        return Err(error::SYNTAX);
    }
    for (index, pair) in pairs.chunks_exact(2).enumerate() {
        let (option, value) = (pair[0], pair[1]);
        if is(option, "ack") {
            acknowledge(context, value, pairs.get(2 * index + 2..).unwrap_or_default());
            // Acknowledgements are not answered.
            return Ok(());
        }
        if is(option, "getack") {
            context.state.acknowledge();
            return Ok(());
        }
        if is(option, "listening-port") {
            session(context).listening_port = arguments::integer(value)?;
        } else if is(option, "ip-address") {
            if value.len() > ADDRESS_BYTES_MAX {
                let text = [
                    b"REPLCONF ip-address provided by replica instance is too long: ",
                    value.len().to_string().as_bytes(),
                    b" bytes",
                ]
                .concat();
                return Err(CommandError::err(text));
            }
            session(context).ip_address = String::from_utf8_lossy(value).into_owned();
        } else if is(option, "capa") {
            // Others than these are of no use here.
            session(context).psync2 |= is(value, "psync2");
            session(context).takes_mark |= is(value, "eof");
        } else if is(option, "rdb-only") {
            session(context).dataset_only = arguments::integer_in(value, 0..=1, NOT_0_OR_1)? == 1;
        } else if is(option, "rdb-filter-only") {
            let words = || value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
            if let Some(word) = words().find(|word| !is(word, "functions")) {
                return Err(CommandError::err([UNKNOWN_FILTER, word].concat()));
            }
            let functions = words().next().is_some();
            session(context).parts = DatasetParts { keys: false, functions };
        } else {
            let text = [b"Unrecognized REPLCONF option: ".as_slice(), option].concat();
            return Err(CommandError::err(text));
        }
    }
    context.reply.ok();
    Ok(())
}

fn session<'a>(context: &'a mut Context<'_>) -> &'a mut engine::replica_feed::ReplicaSession {
    context.client_mut().replica.get_or_insert_default()
}

/// `ACK offset`, and perhaps `FACK offset`: what is on the replica's disk.
fn acknowledge(context: &mut Context<'_>, offset: &[u8], rest: &[&[u8]]) {
    if !context.client().has(client_flag::REPLICA) {
        return;
    }
    let number = |text: &[u8]| u64::try_from(arguments::integer(text).ok()?).ok();
    let Some(offset) = number(offset) else { return };
    let on_disk = match rest {
        [word, offset, ..] if is(word, "fack") => number(offset),
        _ => None,
    };
    context.state.replica_acknowledges(context.client, offset, on_disk);
}
