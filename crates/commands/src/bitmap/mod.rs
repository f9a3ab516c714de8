//! Commands of the group bitmap, and what they share.

use engine::{CommandError, Context, State, error, notify};
use keyspace::string;

use crate::arguments;

pub mod bitcount;
pub mod bitfield;
pub mod bitfield_ro;
pub mod bitop;
pub mod bitpos;
pub mod getbit;
pub mod setbit;

const OFFSET_OUT_OF_RANGE: CommandError =
    CommandError::constant("ERR bit offset is not an integer or out of range");

/// Place of a bit: below eight times the longest string.
fn bit_offset(state: &State, argument: &[u8]) -> Result<u64, CommandError> {
    let offset = arguments::integer_or(argument, OFFSET_OUT_OF_RANGE)?;
    checked_offset(state, offset)
}

fn checked_offset(state: &State, offset: i64) -> Result<u64, CommandError> {
    let most = u64::try_from(state.config.proto_max_bulk_len).unwrap_or(u64::MAX);
    u64::try_from(offset).ok().filter(|offset| offset / 8 < most).ok_or(OFFSET_OUT_OF_RANGE)
}

/// The bytes of a key to write, grown to hold a bit; made if there is none. True if it has grown.
fn grown<'a>(
    context: &'a mut Context<'_>,
    key: &[u8],
    last_bit: u64,
) -> Result<(&'a mut [u8], bool), CommandError> {
    let needed = usize::try_from(last_bit / 8 + 1).map_err(|_| error::STRING_TOO_LONG)?;
    let old_len = match context.state.lookup_write(context.db, key) {
        Some(record) => Some(string::len(record).ok_or(error::WRONGTYPE)?),
        None => None,
    };
    let len = old_len.unwrap_or(0).max(needed);
    if old_len != Some(len) {
        arguments::check_memory(context.state, len)?;
    }
    if old_len.is_none() {
        context.state.add_key(context.db, key, string::raw_payload(b"", true), None);
    }
    let record = context.state.db_mut(context.db).find_mut(key).ok_or(error::NO_SUCH_KEY)?;
    let bytes = string::resize(record, len).ok_or(error::WRONGTYPE)?;
    Ok((bytes, old_len != Some(len)))
}

/// Follows a change of bits.
fn changed(context: &mut Context<'_>, key: &[u8], changes: u64) {
    context.modified(key);
    context.notify(notify::class::STRING, "setbit", key);
    context.dirty(changes);
}

/// What the start and the end of a range count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Byte,
    Bit,
}

impl Unit {
    fn of(word: &[u8]) -> Result<Unit, CommandError> {
        if arguments::is(word, "BIT") {
            Ok(Unit::Bit)
        } else if arguments::is(word, "BYTE") {
            Ok(Unit::Byte)
        } else {
            Err(error::SYNTAX)
        }
    }
}

/// The bits from `start` to `end` of a string, both included; negative numbers count from the end. `None`: no bit.
fn bit_range(len: usize, start: i64, end: i64, unit: Unit) -> Option<(u64, u64)> {
    let total = len as i64 * if unit == Unit::Bit { 8 } else { 1 };
    let from_begin = |at: i64| if at < 0 { at.saturating_add(total).max(0) } else { at };
    let (start, end) = (from_begin(start), from_begin(end).min(total - 1));
    if start > end {
        return None;
    }
    let (start, end) = (start as u64, end as u64);
    Some(if unit == Unit::Bit { (start, end) } else { (start * 8, end * 8 + 7) })
}
