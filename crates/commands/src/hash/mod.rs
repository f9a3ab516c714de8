//! Commands of the group hash, and what they share.

use engine::{CommandError, State, error};
use keyspace::Hash;
use keyspace::hash::{Element, ElementText, FieldView, HashLimits};
use resp::reply::Reply;

pub mod hdel;
pub mod hexists;
pub mod hexpire;
pub mod hexpireat;
pub mod hexpiretime;
pub mod hget;
pub mod hgetall;
pub mod hgetdel;
pub mod hgetex;
pub mod himport;
pub mod hincrby;
pub mod hincrbyfloat;
pub mod hkeys;
pub mod hlen;
pub mod hmget;
pub mod hmset;
pub mod hpersist;
pub mod hpexpire;
pub mod hpexpireat;
pub mod hpexpiretime;
pub mod hpttl;
pub mod hrandfield;
pub mod hscan;
pub mod hset;
pub mod hsetex;
pub mod hsetnx;
pub mod hstrlen;
pub mod httl;
pub mod hvals;
mod options;

/// What a look at a field finds.
enum Found<'a> {
    Missing,
    /// There, but its time has passed.
    Expired,
    Living(FieldView<'a>),
}

/// Looks at a field; those that expire before a moment ([`State::expired_before_ms`]) are expired.
#[inline]
fn find<'a>(hash: &'a Hash, field: &[u8], before_ms: i64) -> Found<'a> {
    match hash.get(field) {
        None => Found::Missing,
        Some(view) if view.expiry_ms.is_some_and(|at_ms| at_ms < before_ms) => Found::Expired,
        Some(view) => Found::Living(view),
    }
}

#[inline]
fn reply_element(reply: &mut Reply, element: Element<'_>) {
    match element {
        Element::Bytes(bytes) => reply.bulk(bytes),
        Element::Integer(integer) => reply.bulk_integer(integer),
    }
}

/// Bytes of an element as a string.
fn element_len(element: Element<'_>) -> usize {
    ElementText::default().of(element).len()
}

/// Looks at one field of a key with `look`; a field whose time has passed is removed, and counts as missing.
fn read_field<R>(
    state: &mut State,
    db: usize,
    key: &[u8],
    field: &[u8],
    look: impl FnOnce(FieldView<'_>) -> R,
) -> Result<Option<R>, CommandError> {
    let before_ms = state.expired_before_ms();
    let Some(hash) = state.hash_to_read(db, key)? else { return Ok(None) };
    match find(hash, field, before_ms) {
        Found::Living(view) => return Ok(Some(look(view))),
        Found::Missing => return Ok(None),
        Found::Expired => {}
    }
    state.expire_field(db, key, field);
    Ok(None)
}

/// Sets one field whose expiry stays, and tells those who watch. The hash is there, or is made.
fn store_field(
    state: &mut State,
    db: usize,
    key: &[u8],
    field: &[u8],
    value: &[u8],
    limits: &HashLimits,
) -> Result<(), CommandError> {
    state.hash_or_new(db, key)?.set(field, value, true, limits);
    state.share_fields(db, key);
    state.signal_modified(db, key);
    Ok(())
}

/// Number of fields behind FIELDS, which must stand at `at` and be followed by exactly so many.
fn strict_fields<'a>(argv: &'a [&'a [u8]], at: usize) -> Result<&'a [&'a [u8]], CommandError> {
    const FIELDS_MISSING: CommandError = CommandError::constant(
        "ERR Mandatory argument FIELDS is missing or not at the right position",
    );
    const NOT_POSITIVE: CommandError =
        CommandError::constant("ERR Number of fields must be a positive integer");
    const NOT_MATCHING: CommandError =
        CommandError::constant("ERR The `numfields` parameter must match the number of arguments");
    let [keyword, count, fields @ ..] = &argv[at..] else { return Err(error::SYNTAX) };
    if !crate::arguments::is(keyword, "FIELDS") {
        return Err(FIELDS_MISSING);
    }
    let count = crate::arguments::integer_or(count, NOT_POSITIVE)?;
    let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(NOT_POSITIVE)?;
    if count == fields.len() { Ok(fields) } else { Err(NOT_MATCHING) }
}
