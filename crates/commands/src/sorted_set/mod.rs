//! Commands of the group sorted-set, and what they share.

use engine::{Context, notify};
use keyspace::element::Element;
use keyspace::{NewPayload, SetExpiry, SortedSet, Value};
use resp::reply::Reply;

use crate::collection::reply_element;

mod bounds;
mod combine;
pub mod zadd;
pub mod zcard;
pub mod zcount;
pub mod zdiff;
pub mod zinter;
pub mod zmpop;
pub mod zmscore;
pub mod zpopmin;
pub mod zrandmember;
pub mod zrange;
pub mod zrank;
pub mod zrem;
pub mod zremrangebyrank;
pub mod zscan;
pub mod zscore;
pub mod zunion;

/// Opens an array of members; with scores they come in pairs in RESP3.
fn open_members(reply: &mut Reply, count: usize, with_scores: bool) {
    let flat = with_scores && !reply.resp3();
    reply.array(if flat { count.saturating_mul(2) } else { count });
}

/// Replies a member of an array that [`open_members`] opened.
fn reply_member(reply: &mut Reply, member: Element<'_>, score: f64, with_scores: bool) {
    if with_scores && reply.resp3() {
        reply.array(2);
    }
    reply_element(reply, member);
    if with_scores {
        reply.double(score);
    }
}

/// Sets the destination of a STORE command to what was computed, and replies its size.
fn store(context: &mut Context<'_>, set: SortedSet, event: &str) {
    store_at(context, context.argv[1], set, event, 1);
}

/// As [`store`], at a key, which counts as so many changes.
pub(crate) fn store_at(
    context: &mut Context<'_>,
    key: &[u8],
    set: SortedSet,
    event: &str,
    changes: u64,
) {
    let db = context.db;
    let len = set.len();
    if len > 0 {
        let value = NewPayload::Value(Value::SortedSet(set));
        context.state.set_key(db, key, value, SetExpiry::Clear);
        context.notify(notify::class::ZSET, event, key);
        context.dirty(changes);
    } else if context.state.delete_key(db, key, context.state.config.lazyfree_lazy_server_del) {
        context.notify(notify::class::GENERIC, "del", key);
        context.dirty(1);
    }
    context.reply.integer(len as i64);
}

/// What follows from taking members from a sorted set.
fn after_removal(context: &mut Context<'_>, key: &[u8], event: &str, removed: usize) {
    context.modified(key);
    context.notify(notify::class::ZSET, event, key);
    context.state.delete_if_empty(context.db, key);
    context.dirty(removed as u64);
}
