//! Commands of the group stream, and what they share.

use engine::{CommandError, error};
use keyspace::stream::{Entry, IdText, References, StreamId};
use resp::reply::Reply;

use crate::arguments;
use crate::collection::reply_element;

mod group;
mod read_options;
mod trim_options;
pub mod xack;
pub mod xackdel;
pub mod xadd;
pub mod xautoclaim;
pub mod xcfgset;
pub mod xclaim;
pub mod xdel;
pub mod xgroup;
pub mod xidmprecord;
pub mod xinfo;
pub mod xlen;
pub mod xnack;
pub mod xpending;
pub mod xrange;
pub mod xread;
pub mod xreadgroup;
pub mod xsetid;
pub mod xtrim;

pub const INVALID_ID: CommandError =
    CommandError::constant("ERR Invalid stream ID specified as stream command argument");

/// `ms-seq`, or `ms` with the given number behind it.
pub fn id(text: &[u8], missing_seq: u64) -> Result<StreamId, CommandError> {
    StreamId::parse(text, missing_seq).ok_or(INVALID_ID)
}

/// KEEPREF, DELREF or ACKED.
pub fn references(word: &[u8]) -> Option<References> {
    [
        ("KEEPREF", References::Keep),
        ("DELREF", References::Delete),
        ("ACKED", References::Acknowledged),
    ]
    .into_iter()
    .find(|(name, _)| arguments::is(word, name))
    .map(|(_, references)| references)
}

/// One end of a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RangeEnd {
    Start,
    End,
}

const INVALID_START: CommandError = CommandError::constant("ERR invalid start ID for the interval");
const INVALID_END: CommandError = CommandError::constant("ERR invalid end ID for the interval");

/// An end of a range: an ID, `-`, `+`, or an ID behind a parenthesis that excludes it.
pub fn range_end(text: &[u8], which: RangeEnd) -> Result<StreamId, CommandError> {
    let missing_seq = if which == RangeEnd::Start { 0 } else { u64::MAX };
    match text {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        [b'(', excluded @ ..] => {
            let excluded = id(excluded, missing_seq)?;
            match which {
                RangeEnd::Start => excluded.next().ok_or(INVALID_START),
                RangeEnd::End => excluded.prev().ok_or(INVALID_END),
            }
        }
        text => id(text, missing_seq),
    }
}

pub fn reply_id(reply: &mut Reply, id: StreamId) {
    reply.bulk(id.text(&mut IdText::default()));
}

/// Replies an entry: its ID, and its fields with their values.
#[inline]
pub fn reply_entry(reply: &mut Reply, entry: &Entry<'_>) {
    reply.array(2);
    reply_id(reply, entry.id);
    reply_fields(reply, entry);
}

/// Replies the fields of an entry with their values.
#[inline]
pub fn reply_fields(reply: &mut Reply, entry: &Entry<'_>) {
    reply.array(2 * entry.len());
    for (field, value) in entry.fields() {
        reply_element(reply, field);
        reply_element(reply, value);
    }
}

const IDS_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR Number of IDs must be a positive integer");
const IDS_MISMATCH: CommandError =
    CommandError::constant("ERR The `numids` parameter must match the number of arguments");

/// What becomes of references, and the IDs: `[KEEPREF | DELREF | ACKED] IDS numids id …`.
pub fn references_and_ids<'a>(
    words: &'a [&'a [u8]],
) -> Result<(References, &'a [&'a [u8]]), CommandError> {
    let (mut asked, mut ids): (Option<References>, &[&[u8]]) = (None, &[]);
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        rest = behind;
        if let Some(references) = references(word) {
            if asked.replace(references).is_some() {
                return Err(error::SYNTAX);
            }
        } else if arguments::is(word, "IDS") {
            let (count, behind) = rest.split_first().ok_or(error::SYNTAX)?;
            let count = arguments::integer_or(count, IDS_NOT_POSITIVE)?;
            let count =
                usize::try_from(count).ok().filter(|count| *count > 0).ok_or(IDS_NOT_POSITIVE)?;
            (ids, rest) = behind.split_at_checked(count).ok_or(IDS_MISMATCH)?;
        } else {
            return Err(error::SYNTAX);
        }
    }
    if ids.is_empty() { Err(error::SYNTAX) } else { Ok((asked.unwrap_or_default(), ids)) }
}
