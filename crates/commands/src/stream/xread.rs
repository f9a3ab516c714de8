//! XREAD: the entries of streams beyond given IDs, now or when they come.

use command_spec::*;
use engine::*;

pub const XREAD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xread",
        group: Group::Stream,
        summary: "Returns the entries of one or more streams beyond given IDs; waits for some if asked to.",
        since: "5.0.0",
        complexity: "O(log(M)+N) for each stream; M is the number of its nodes, N the number of entries returned.",
        arity: -4,
        flags: flag::BLOCKING | flag::MOVABLEKEYS | flag::READONLY,
        categories: category::BLOCKING | category::READ | category::SLOW | category::STREAM,
        key_specs: &[KeySpec { flags: key_flag::RO | key_flag::ACCESS | key_flag::INCOMPLETE, begin: BeginSearch::Keyword { keyword: "STREAMS", start_from: 1 }, find: FindKeys::Range { last_key: -1, step: 1, limit: 2 }, notes: Some("A key called STREAMS, or an option before it, may stand where the keyword is looked for; the keys are found by the options then.") }],
        arguments: &[Argument::integer("count").token("COUNT").optional(), Argument::integer("maxcount").token("MAXCOUNT").since("8.10.0").optional(), Argument::integer("maxsize").token("MAXSIZE").since("8.10.0").optional(), Argument::integer("milliseconds").token("BLOCK").optional(), Argument::block("streams", &[Argument::key("key", 0).multiple(), Argument::string("id").multiple()]).token("STREAMS")],
        history: &[
            ("8.10.0", "The options MAXCOUNT and MAXSIZE."),
        ],
        ..CommandSpec::DEFAULT
    },
    xread,
)
.with_get_keys(get_keys);

use keyspace::Stream;
use keyspace::stream::{IdText, StreamId};
use resp::reply::{Mark, Reply};

use super::read_options::{self, Budget, ReadOptions};
use super::{id, reply_entry};
use crate::collection::wait_as;

const NEW_OF_GROUP: CommandError = CommandError::constant(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
);

fn get_keys(argv: &[&[u8]]) -> Option<keys::FoundKeys> {
    read_options::get_keys(argv, key_flag::RO | key_flag::ACCESS)
}

/// From where a stream is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// Behind an entry.
    After(StreamId),
    /// The last entry alone.
    Last,
}

fn xread(context: &mut Context<'_>) -> CommandResult {
    let options = read_options::parse(context)?;
    let db = context.db;
    let mut froms = Vec::with_capacity(options.keys.len());
    for (key, word) in options.keys.iter().zip(options.ids) {
        let stream = context.state.stream_to_read(db, key)?;
        let last_id = stream.map_or(StreamId::MIN, |stream| stream.last_id);
        froms.push(match *word {
            b"$" => From::After(last_id),
            b"+" => From::Last,
            b">" => return Err(NEW_OF_GROUP),
            text => From::After(id(text, 0)?),
        });
    }
    if reply_streams(context, &options, &froms) > 0 {
        return Ok(());
    }
    let Some(deadline_ms) = options.deadline_ms else {
        context.reply.null_array();
        return Ok(());
    };
    // The last ID of now is what counts when the command is executed again.
    let mut texts: Vec<IdText> = froms.iter().map(|_| IdText::default()).collect();
    let mut words = context.argv.to_vec();
    for (index, (from, text)) in froms.iter().zip(&mut texts).enumerate() {
        if let From::After(id) = from {
            words[options.ids_at + index] = id.text(text);
        }
    }
    wait_as(context, &words, options.keys, deadline_ms, Reply::null_array)
}

/// Replies what there is; of how many streams. Nothing is written if there is none.
fn reply_streams(context: &mut Context<'_>, options: &ReadOptions<'_>, froms: &[From]) -> usize {
    let db = context.db;
    let mut budget = options.budget;
    let reply = &mut *context.reply;
    let begin = reply.defer_map();
    let mut streams = 0;
    for (key, from) in options.keys.iter().zip(froms) {
        if budget.is_spent(reply, begin) {
            break;
        }
        let Ok(Some(stream)) = context.state.stream_to_read(db, key) else { continue };
        streams +=
            usize::from(reply_stream(reply, key, stream, *from, options.count, &mut budget, begin));
    }
    match (streams, reply.resp3()) {
        (0, _) => {}
        (_, true) => reply.finish_map(begin, streams),
        (_, false) => reply.finish_array(begin, streams),
    }
    streams
}

/// Replies what there is of one stream; false if there is nothing.
fn reply_stream(
    reply: &mut Reply,
    key: &[u8],
    stream: &Stream,
    from: From,
    count: Option<usize>,
    budget: &mut Budget,
    begin: Mark,
) -> bool {
    let (first, most) = match from {
        From::After(id) => (id.next(), count.unwrap_or(usize::MAX)),
        From::Last => (stream.last().map(|last| last.id), 1),
    };
    let Some(first) = first else { return false };
    let mut entries = stream.range(first, StreamId::MAX).take(most).peekable();
    if entries.peek().is_none() {
        return false;
    }
    if !reply.resp3() {
        reply.array(2);
    }
    reply.bulk(key);
    let mark = reply.defer_array();
    let mut replied = 0;
    for entry in entries {
        if budget.is_spent(reply, begin) {
            break;
        }
        reply_entry(reply, &entry);
        budget.spend();
        replied += 1;
    }
    reply.finish_array(mark, replied);
    true
}
