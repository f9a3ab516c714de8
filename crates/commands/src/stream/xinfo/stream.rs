//! XINFO STREAM: what a stream is and holds.

use command_spec::*;
use engine::*;

pub const XINFO_STREAM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "stream",
        group: Group::Stream,
        summary: "Tells of a stream; with FULL of its entries and groups too.",
        since: "5.0.0",
        complexity: "O(1), and O(M) for M nodes to count; with FULL O(N) for N entries and pending entries returned.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STREAM,
        key_specs: &[KeySpec::at(2, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "full-block",
                &[
                    Argument::pure_token("full", "FULL"),
                    Argument::integer("count").token("COUNT").optional(),
                ],
            )
            .optional(),
        ],
        history: &[
            ("6.0.0", "Added FULL."),
            ("7.0.0", "Tells max-deleted-entry-id, entries-added and recorded-first-entry-id."),
            ("7.2.0", "Tells active-time of consumers in FULL."),
            ("8.6.0", "Tells of idempotent producers."),
            ("8.8.0", "Tells nacked-count of groups in FULL."),
        ],
        ..CommandSpec::DEFAULT
    },
    xinfo_stream,
);

use keyspace::Stream;
use keyspace::stream::StreamId;
use resp::reply::Reply;

use super::groups::reply_in_full;
use crate::arguments;
use crate::stream::{reply_entry, reply_id};

/// Entries and pending entries that FULL shows unless COUNT says otherwise.
const FULL_COUNT_DEFAULT: usize = 10;
/// Pairs that are told with and without FULL.
const COMMON_PAIRS: usize = 13;

fn xinfo_stream(context: &mut Context<'_>) -> CommandResult {
    let argv = context.argv;
    let stream = context.state.stream_to_read(context.db, argv[2])?.ok_or(error::NO_SUCH_KEY)?;
    let full = match &argv[3..] {
        [] => None,
        [full] if arguments::is(full, "FULL") => Some(FULL_COUNT_DEFAULT),
        [full, word, count] if arguments::is(full, "FULL") && arguments::is(word, "COUNT") => {
            Some(match arguments::integer(count)? {
                0 => usize::MAX,
                count => usize::try_from(count).unwrap_or(FULL_COUNT_DEFAULT),
            })
        }
        _ => return Err(unknown(argv[1])),
    };
    let reply = &mut *context.reply;
    reply.map(COMMON_PAIRS + if full.is_some() { 2 } else { 3 });
    reply_common(reply, stream);
    if let Some(count) = full {
        reply.bulk(b"entries");
        reply.array(stream.len().min(count));
        let entries = stream.range(StreamId::MIN, StreamId::MAX);
        entries.take(count).for_each(|entry| reply_entry(reply, &entry));
        reply.bulk(b"groups");
        reply_in_full(reply, stream, count);
        return Ok(());
    }
    reply.bulk(b"groups");
    reply.integer(stream.groups.len() as i64);
    for (name, entry) in [("first-entry", stream.first()), ("last-entry", stream.last())] {
        reply.bulk(name.as_bytes());
        match entry {
            Some(entry) => reply_entry(reply, &entry),
            None => reply.null(),
        }
    }
    Ok(())
}

fn unknown(subcommand: &[u8]) -> CommandError {
    let mut text = b"unknown subcommand or wrong number of arguments for '".to_vec();
    text.extend_from_slice(subcommand);
    text.extend_from_slice(b"'. Try XINFO HELP.");
    CommandError::err(text)
}

fn reply_common(reply: &mut Reply, stream: &Stream) {
    let number = |reply: &mut Reply, name: &str, number: u64| {
        reply.bulk(name.as_bytes());
        reply.integer(number as i64);
    };
    let id = |reply: &mut Reply, name: &str, id: StreamId| {
        reply.bulk(name.as_bytes());
        reply_id(reply, id);
    };
    number(reply, "length", stream.len() as u64);
    number(reply, "radix-tree-keys", stream.node_count() as u64);
    number(reply, "radix-tree-nodes", stream.radix_tree_nodes() as u64);
    id(reply, "last-generated-id", stream.last_id);
    id(reply, "max-deleted-entry-id", stream.max_deleted_id);
    number(reply, "entries-added", stream.entries_added);
    id(reply, "recorded-first-entry-id", stream.first_id());
    let (limits, memory) = (stream.idempotence_limits, stream.idempotence());
    number(reply, "idmp-duration", limits.duration_s.into());
    number(reply, "idmp-maxsize", limits.ids_max.into());
    number(reply, "pids-tracked", memory.map_or(0, |memory| memory.producer_count() as u64));
    number(reply, "iids-tracked", memory.map_or(0, |memory| memory.id_count() as u64));
    number(reply, "iids-added", memory.map_or(0, |memory| memory.added));
    number(reply, "iids-duplicates", memory.map_or(0, |memory| memory.duplicates));
}
