//! XINFO GROUPS: the consumer groups of a stream.

use command_spec::*;
use engine::*;

pub const XINFO_GROUPS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "groups",
        group: Group::Stream,
        summary: "Lists the consumer groups of a stream.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STREAM,
        key_specs: &[KeySpec::at(2, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        history: &[("7.0.0", "Tells entries-read and lag.")],
        ..CommandSpec::DEFAULT
    },
    groups,
);

use keyspace::stream::{Group as ConsumerGroup, Stream, StreamId};
use resp::reply::Reply;

use super::super::reply_id;

fn groups(context: &mut Context<'_>) -> CommandResult {
    let [_, _, key] = context.argv else { return Err(error::SYNTAX) };
    let stream = context.state.stream_to_read(context.db, key)?.ok_or(error::NO_SUCH_KEY)?;
    let reply = &mut *context.reply;
    reply.array(stream.groups.len());
    for group in stream.groups.iter() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(group.name());
        reply.bulk(b"consumers");
        reply.integer(group.consumers_len() as i64);
        reply.bulk(b"pending");
        reply.integer(group.pending_len() as i64);
        reply_progress(reply, stream, group);
    }
    Ok(())
}

/// Three pairs: how far a group has read, and how far it is behind.
fn reply_progress(reply: &mut Reply, stream: &Stream, group: &ConsumerGroup) {
    reply.bulk(b"last-delivered-id");
    reply_id(reply, group.last_id);
    for (name, number) in [("entries-read", group.entries_read), ("lag", stream.lag_of(group))] {
        reply.bulk(name.as_bytes());
        match number {
            Some(number) => reply.integer(number as i64),
            None => reply.null(),
        }
    }
}

/// For XINFO STREAM FULL: replies all of the groups, with up to `count` pending entries of each group and consumer.
pub fn reply_in_full(reply: &mut Reply, stream: &Stream, count: usize) {
    reply.array(stream.groups.len());
    for group in stream.groups.iter() {
        reply.map(8);
        reply.bulk(b"name");
        reply.bulk(group.name());
        reply_progress(reply, stream, group);
        reply.bulk(b"pel-count");
        reply.integer(group.pending_len() as i64);
        reply.bulk(b"nacked-count");
        reply.integer(group.released_len() as i64);
        reply.bulk(b"pending");
        reply.array(group.pending_len().min(count));
        for entry in group.pending_from(StreamId::MIN).take(count) {
            reply.array(4);
            reply_id(reply, entry.id);
            reply.bulk(entry.consumer.map_or(b"", |consumer| consumer.name()));
            reply.integer(entry.delivered_ms);
            reply.integer(entry.deliveries as i64);
        }
        reply.bulk(b"consumers");
        reply_consumers(reply, group, count);
    }
}

fn reply_consumers(reply: &mut Reply, group: &ConsumerGroup, count: usize) {
    reply.array(group.consumers_len());
    for (consumer_ref, consumer) in group.consumers() {
        reply.map(5);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        reply.bulk(b"seen-time");
        reply.integer(consumer.seen_ms);
        reply.bulk(b"active-time");
        reply.integer(consumer.active_ms);
        reply.bulk(b"pel-count");
        reply.integer(consumer.pending_len() as i64);
        reply.bulk(b"pending");
        reply.array(consumer.pending_len().min(count));
        for entry in group.pending_of(consumer_ref, StreamId::MIN).take(count) {
            reply.array(3);
            reply_id(reply, entry.id);
            reply.integer(entry.delivered_ms);
            reply.integer(entry.deliveries as i64);
        }
    }
}
