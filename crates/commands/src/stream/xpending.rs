//! XPENDING: what a group has delivered and nobody has acknowledged.

use command_spec::*;
use engine::*;

pub const XPENDING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xpending",
        group: Group::Stream,
        summary: "Lists the pending entries of a consumer group, or sums them up.",
        since: "5.0.0",
        complexity: "O(N) with the extended form, N being the number of entries returned; O(M) without, M being the number of consumers.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STREAM,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::block(
                "filters",
                &[
                    Argument::integer("min-idle-time").token("IDLE").since("6.2.0").optional(),
                    Argument::string("start"),
                    Argument::string("end"),
                    Argument::integer("count"),
                    Argument::string("consumer").optional(),
                ],
            )
            .optional(),
        ],
        history: &[("6.2.0", "The option IDLE; the ends may be excluded.")],
        ..CommandSpec::DEFAULT
    },
    xpending,
);

use keyspace::stream::{Group as ConsumerGroup, PendingEntry, StreamId};
use resp::reply::Reply;

use super::group::{idle_ms, no_key_or_group};
use super::{RangeEnd, range_end, reply_id};
use crate::arguments;

/// The idle time of an entry that was given back.
const NOBODYS: i64 = -1;

/// The extended form.
struct Filter<'a> {
    min_idle_ms: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

fn parse<'a>(words: &[&'a [u8]]) -> Result<Option<Filter<'a>>, CommandError> {
    let (min_idle_ms, rest) = match words {
        [] => return Ok(None),
        [word, min_idle, rest @ ..]
            if (1..5).contains(&rest.len()) && arguments::is(word, "IDLE") =>
        {
            (arguments::integer(min_idle)?, rest)
        }
        words if words.len() <= 6 && !arguments::is(words[0], "IDLE") => (0, words),
        _ => return Err(error::SYNTAX),
    };
    let [start, end, count, rest @ ..] = rest else { return Err(error::SYNTAX) };
    let count = usize::try_from(arguments::integer(count)?).unwrap_or(0);
    let start = range_end(start, RangeEnd::Start)?;
    let end = range_end(end, RangeEnd::End)?;
    let consumer = rest.first().copied();
    Ok(Some(Filter { min_idle_ms, start, end, count, consumer }))
}

fn xpending(context: &mut Context<'_>) -> CommandResult {
    let [_, key, name, words @ ..] = context.argv else { return Err(error::SYNTAX) };
    let filter = parse(words)?;
    let now_ms = context.now_ms();
    let stream = context.state.stream_to_read(context.db, key)?;
    let group = stream.and_then(|stream| stream.groups.get(name));
    let group = group.ok_or_else(|| no_key_or_group(key, name))?;
    match filter {
        None => sum_up(context.reply, group),
        Some(filter) => list(context.reply, group, &filter, now_ms),
    }
    Ok(())
}

fn sum_up(reply: &mut Reply, group: &ConsumerGroup) {
    reply.array(4);
    reply.integer(group.pending_len() as i64);
    let (Some(first), Some(last)) = (group.first_pending_id(), group.last_pending_id()) else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    reply_id(reply, first);
    reply_id(reply, last);
    let busy = group.consumers().map(|(_, it)| it).filter(|it| it.pending_len() > 0);
    let mark = reply.defer_array();
    let mut count = 0;
    for consumer in busy {
        reply.array(2);
        reply.bulk(consumer.name());
        reply.bulk_integer(consumer.pending_len() as i64);
        count += 1;
    }
    reply.finish_array(mark, count);
}

fn list(reply: &mut Reply, group: &ConsumerGroup, filter: &Filter<'_>, now_ms: i64) {
    let Some(name) = filter.consumer else {
        return list_entries(reply, group.pending_from(filter.start), filter, now_ms);
    };
    match group.find_consumer(name) {
        Some(consumer) => {
            list_entries(reply, group.pending_of(consumer, filter.start), filter, now_ms);
        }
        None => reply.array(0),
    }
}

fn list_entries<'a>(
    reply: &mut Reply,
    entries: impl Iterator<Item = PendingEntry<'a>>,
    filter: &Filter<'_>,
    now_ms: i64,
) {
    let mark = reply.defer_array();
    let wanted = entries
        .take_while(|entry| entry.id <= filter.end)
        .filter(|entry| filter.min_idle_ms <= 0 || idle_ms(entry, now_ms) >= filter.min_idle_ms)
        .take(filter.count);
    let mut count = 0;
    for entry in wanted {
        reply.array(4);
        reply_id(reply, entry.id);
        reply.bulk(entry.consumer.map_or(b"", |consumer| consumer.name()));
        reply.integer(entry.consumer.map_or(NOBODYS, |_| idle_ms(&entry, now_ms).max(0)));
        reply.integer(entry.deliveries as i64);
        count += 1;
    }
    reply.finish_array(mark, count);
}
