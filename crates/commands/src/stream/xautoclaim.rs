//! XAUTOCLAIM: become the owner of what has been pending for long, bit by bit.

use command_spec::*;
use engine::*;

pub const XAUTOCLAIM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xautoclaim",
        group: Group::Stream,
        summary: "Makes a consumer the owner of entries that have been pending for long and returns them.",
        since: "6.2.0",
        complexity: "O(1) if COUNT is small.",
        arity: -6,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::string("consumer"),
            Argument::string("min-idle-time"),
            Argument::string("start"),
            Argument::integer("count").token("COUNT").optional(),
            Argument::pure_token("justid", "JUSTID").optional(),
        ],
        history: &[("7.0.0", "Tells the entries that are gone.")],
        ..CommandSpec::DEFAULT
    },
    xautoclaim,
);

use keyspace::stream::{Group as ConsumerGroup, PendingEntry, Stream, StreamId};
use resp::reply::Reply;

use super::group::{
    Claim, Delivery, consumer_or_new, drop_deleted, idle_ms, min_idle_ms, no_key_or_group,
    propagate_deliveries,
};
use super::{RangeEnd, range_end, reply_entry, reply_id};
use crate::arguments;

const COUNT_NOT_POSITIVE: CommandError = CommandError::constant("ERR COUNT must be > 0");
const COUNT_TOO_HIGH: CommandError = CommandError::constant(
    "ERR Insufficient memory, failed allocating transient memory, COUNT too high.",
);

const COUNT_DEFAULT: usize = 100;
/// Entries looked at for each one asked for.
const ATTEMPTS_PER_ENTRY: usize = 10;
/// Redis takes no higher one, having room for as many IDs as are asked for.
const COUNT_MAX: i64 = (1 << 59) - 1;
/// There is no room for so many.
const COUNT_FITTING_MAX: i64 = 1 << 42;

fn parse(words: &[&[u8]]) -> Result<(usize, bool), CommandError> {
    let (mut count, mut just_id) = (COUNT_DEFAULT, false);
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        rest = behind;
        match rest.split_first() {
            _ if arguments::is(word, "JUSTID") => just_id = true,
            Some((number, behind)) if arguments::is(word, "COUNT") => {
                let number = arguments::integer_or(number, COUNT_NOT_POSITIVE)?;
                let number = usize::try_from(number)
                    .ok()
                    .filter(|it| (1..=COUNT_MAX).contains(&(*it as i64)));
                count = number.ok_or(COUNT_NOT_POSITIVE)?;
                rest = behind;
            }
            _ => return Err(error::SYNTAX),
        }
    }
    Ok((count, just_id))
}

/// What is done with a pending entry.
struct Chosen {
    id: StreamId,
    deliveries: u64,
    is_alive: bool,
}

fn xautoclaim(context: &mut Context<'_>) -> CommandResult {
    let [_, key, name, consumer_name, min_idle, start, words @ ..] = context.argv else {
        return Err(error::SYNTAX);
    };
    let (db, now_ms) = (context.db, context.now_ms());
    let found = context.state.stream_to_read(db, key);
    let found = found.map(|stream| stream.and_then(|stream| stream.groups.get(name)).is_some());
    let min_idle_ms = min_idle_ms(min_idle, "XAUTOCLAIM")?;
    let start = range_end(start, RangeEnd::Start)?;
    let (count, just_id) = parse(words)?;
    if !found? {
        return Err(no_key_or_group(key, name));
    }
    if count as i64 > COUNT_FITTING_MAX {
        return Err(COUNT_TOO_HIGH);
    }
    context.prevent_propagation();
    let (consumer, _) = consumer_or_new(context, key, name, consumer_name)?;
    let claim = Claim { group: name, consumer_name, consumer, min_idle_ms, just_id };
    let Some(stream) = context.state.stream_to_write(db, key)? else { return Ok(()) };
    let Some(group) = stream.groups.get(name) else { return Ok(()) };
    let last_id = group.last_id;
    let (chosen, next_id) =
        choose(stream, group, start, count, |entry| idle_ms(entry, now_ms) >= min_idle_ms);
    context.reply.array(3);
    reply_id(context.reply, next_id);
    let told = reply_and_take(context.reply, stream, &claim, &chosen, now_ms);
    context.dirty(told.len() as u64);
    propagate_deliveries(context, key, name, last_id, &told);
    Ok(())
}

/// What is claimed, or dropped since it is gone; and the ID of the first entry that was not looked at.
fn choose(
    stream: &Stream,
    group: &ConsumerGroup,
    start: StreamId,
    count: usize,
    is_idle: impl Fn(&PendingEntry<'_>) -> bool,
) -> (Vec<Chosen>, StreamId) {
    let mut chosen = Vec::new();
    let attempts_max = count.saturating_mul(ATTEMPTS_PER_ENTRY);
    for (attempt, entry) in group.pending_from(start).enumerate() {
        if attempt == attempts_max || chosen.len() == count {
            return (chosen, entry.id);
        }
        let is_alive = stream.contains(entry.id);
        if !is_alive || is_idle(&entry) {
            chosen.push(Chosen { id: entry.id, deliveries: entry.deliveries, is_alive });
        }
    }
    (chosen, StreamId::MIN)
}

/// Gives what was chosen to the consumer, and replies it and what is gone.
fn reply_and_take(
    reply: &mut Reply,
    stream: &mut Stream,
    claim: &Claim<'_>,
    chosen: &[Chosen],
    now_ms: i64,
) -> Vec<Delivery> {
    let mut told = Vec::new();
    reply.array(chosen.iter().filter(|it| it.is_alive).count());
    for Chosen { id, deliveries, is_alive } in chosen {
        if !is_alive {
            let group = stream.groups.get_mut(claim.group);
            told.extend(group.and_then(|group| drop_deleted(group, *id)));
            continue;
        }
        told.extend(claim.take(stream, *id, now_ms, claim.count(*deliveries), now_ms));
        match stream.get(*id) {
            Some(entry) if !claim.just_id => reply_entry(reply, &entry),
            _ => reply_id(reply, *id),
        }
    }
    let gone = chosen.iter().filter(|it| !it.is_alive);
    reply.array(gone.clone().count());
    gone.for_each(|it| reply_id(reply, it.id));
    told
}
