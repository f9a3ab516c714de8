//! XCLAIM: become the owner of pending entries.

use command_spec::*;
use engine::*;

pub const XCLAIM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xclaim",
        group: Group::Stream,
        summary: "Makes a consumer the owner of pending entries and returns them.",
        since: "5.0.0",
        complexity: "O(log N) for each ID; N is the number of pending entries of the group.",
        arity: -6,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::string("consumer"),
            Argument::string("min-idle-time"),
            Argument::string("id").multiple(),
            Argument::integer("ms").token("IDLE").optional(),
            Argument::unix_time("unix-time-milliseconds").token("TIME").optional(),
            Argument::integer("count").token("RETRYCOUNT").optional(),
            Argument::pure_token("force", "FORCE").optional(),
            Argument::pure_token("justid", "JUSTID").optional(),
            Argument::string("lastid").token("LASTID").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    xclaim,
);

use keyspace::stream::{Stream, StreamId};
use resp::reply::Reply;

use super::group::{
    Claim, Delivery, consumer_or_new, drop_deleted, group_mut, idle_ms, min_idle_ms,
    propagate_deliveries, propagate_last_id, require_group,
};
use super::{id, reply_entry, reply_id};
use crate::arguments;

#[derive(Default)]
struct Options {
    /// When the entries shall have been delivered; now if it is not told.
    delivered_ms: Option<i64>,
    retry_count: Option<u64>,
    force: bool,
    just_id: bool,
    last_id: Option<StreamId>,
}

fn number(text: &[u8], option: &str) -> Result<i64, CommandError> {
    stdx::number::parse_i64(text)
        .ok_or_else(|| CommandError::err(format!("Invalid {option} option argument for XCLAIM")))
}

fn parse(words: &[&[u8]], now_ms: i64) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        rest = behind;
        if arguments::is(word, "FORCE") {
            options.force = true;
        } else if arguments::is(word, "JUSTID") {
            options.just_id = true;
        } else if let Some((value, behind)) = rest.split_first() {
            rest = behind;
            if arguments::is(word, "IDLE") {
                options.delivered_ms = Some(now_ms.wrapping_sub(number(value, "IDLE")?));
            } else if arguments::is(word, "TIME") {
                options.delivered_ms = Some(number(value, "TIME")?);
            } else if arguments::is(word, "RETRYCOUNT") {
                options.retry_count = u64::try_from(number(value, "RETRYCOUNT")?).ok();
            } else if arguments::is(word, "LASTID") {
                options.last_id = Some(id(value, 0)?);
            } else {
                return Err(unrecognized(word));
            }
        } else {
            return Err(unrecognized(word));
        }
    }
    Ok(options)
}

fn unrecognized(word: &[u8]) -> CommandError {
    CommandError::err([b"Unrecognized XCLAIM option '", word, b"'"].concat())
}

fn xclaim(context: &mut Context<'_>) -> CommandResult {
    let [_, key, group, consumer_name, min_idle, words @ ..] = context.argv else {
        return Err(error::SYNTAX);
    };
    require_group(context, key, group)?;
    let (db, now_ms) = (context.db, context.now_ms());
    let min_idle_ms = min_idle_ms(min_idle, "XCLAIM")?;
    let ids: Vec<_> = words.iter().map_while(|text| id(text, 0).ok()).collect();
    let options = parse(&words[ids.len()..], now_ms)?;
    context.prevent_propagation();
    let found = group_mut(context, key, group)?;
    let mut last_id_changed = false;
    if let Some(last_id) = options.last_id
        && last_id > found.last_id
    {
        found.last_id = last_id;
        last_id_changed = true;
    }
    let last_id = found.last_id;
    let (consumer, _) = consumer_or_new(context, key, group, consumer_name)?;
    let just_id = options.just_id;
    let claim = Claim { group, consumer_name, consumer, min_idle_ms, just_id };
    let Some(stream) = context.state.stream_to_write(db, key)? else { return Ok(()) };
    let mark = context.reply.defer_array();
    let (mut deliveries, mut replied) = (Vec::new(), 0);
    for id in ids {
        let reply = &mut *context.reply;
        if let Some((delivery, is_alive)) = claim_one(&claim, &options, stream, id, now_ms, reply) {
            deliveries.push(delivery);
            replied += usize::from(is_alive);
        }
    }
    context.reply.finish_array(mark, replied);
    context.dirty(deliveries.len() as u64);
    propagate_deliveries(context, key, group, last_id, &deliveries);
    // Claims carry the last ID with them, acknowledgements do not.
    if last_id_changed && deliveries.iter().all(|delivery| delivery.consumer.is_none()) {
        context.dirty(1);
        propagate_last_id(context, key, group)?;
    }
    Ok(())
}

/// Claims one entry if it may be claimed; one that is gone is dropped from the pending ones.
fn claim_one(
    claim: &Claim<'_>,
    options: &Options,
    stream: &mut Stream,
    id: StreamId,
    now_ms: i64,
    reply: &mut Reply,
) -> Option<(Delivery, bool)> {
    let is_alive = stream.contains(id);
    let group = stream.groups.get_mut(claim.group)?;
    let deliveries = match group.pending(id) {
        None if options.force && is_alive => 1,
        None => return None,
        Some(_) if !is_alive => return drop_deleted(group, id).map(|dropped| (dropped, false)),
        Some(entry) if idle_ms(&entry, now_ms) < claim.min_idle_ms => {
            return None;
        }
        Some(entry) => entry.deliveries,
    };
    let asked_ms = options.delivered_ms.filter(|ms| (0..=now_ms).contains(ms));
    let count = options.retry_count.unwrap_or(claim.count(deliveries));
    let delivery = claim.take(stream, id, asked_ms.unwrap_or(now_ms), count, now_ms)?;
    match stream.get(id) {
        Some(entry) if !claim.just_id => reply_entry(reply, &entry),
        _ => reply_id(reply, id),
    }
    Some((delivery, true))
}
