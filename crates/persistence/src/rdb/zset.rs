//! Sorted sets.

use keyspace::SortedSet;
use keyspace::element::ElementText;
use keyspace::sorted_set::SortedSetLimits;
use structures::listpack::Element;

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::type_code;
use super::value::{element_text, listpack};
use super::writer::Writer;
use super::ziplist;

const REPEATED: RdbError = RdbError::Corrupt("Zset integrity check failed: a member stands twice.");
const DAMAGED_ZIPLIST: RdbError = RdbError::Corrupt("Zset ziplist integrity check failed.");
const BAD_SCORE: RdbError = RdbError::Corrupt("Zset integrity check failed: a score is no number.");
const ODD: RdbError = RdbError::Corrupt("Zset integrity check failed: a member without a score.");

/// Lengths that stand for a score of no digits.
const NAN: u8 = 253;
const INFINITY: u8 = 254;
const MINUS_INFINITY: u8 = 255;

pub(super) fn type_code_of(set: &SortedSet) -> u8 {
    if set.listpack_bytes().is_some() { type_code::ZSET_LISTPACK } else { type_code::ZSET_2 }
}

pub(super) fn write(writer: &mut Writer, set: &SortedSet) {
    if let Some(bytes) = set.listpack_bytes() {
        writer.string(bytes);
        return;
    }
    writer.length(set.len() as u64);
    // The greatest first, as Redis does, whose skiplist is quickest filled at its head.
    for (member, score) in set.iter_back_from(set.len()) {
        writer.string(ElementText::default().of(member));
        writer.raw(&score.to_le_bytes());
    }
}

/// Reads a sorted set of the given type.
pub(super) fn read(
    reader: &mut Reader<'_>,
    code: u8,
    limits: &SortedSetLimits,
) -> RdbResult<SortedSet> {
    let set = match code {
        type_code::ZSET | type_code::ZSET_2 => read_members(reader, code, limits)?,
        type_code::ZSET_ZIPLIST => {
            let bytes = reader.string()?;
            let elements = ziplist::elements(&bytes).map_err(|_| DAMAGED_ZIPLIST)?;
            from_elements(&elements, limits)?
        }
        _ => {
            let listpack = listpack(&reader.string()?)?;
            let elements: Vec<_> = listpack.iter().map(|(_, element)| element).collect();
            from_elements(&elements, limits)?
        }
    };
    if set.is_empty() { Err(RdbError::Empty) } else { Ok(set) }
}

fn read_members(
    reader: &mut Reader<'_>,
    code: u8,
    limits: &SortedSetLimits,
) -> RdbResult<SortedSet> {
    let count = reader.length()?;
    // A member with its score takes two bytes at least.
    let sure = usize::try_from(count).unwrap_or(usize::MAX).min(reader.remaining() / 2 + 1);
    let mut set = SortedSet::for_members(sure, 0, limits);
    for _ in 0..count {
        let member = reader.string()?;
        let score = if code == type_code::ZSET { text_score(reader)? } else { reader.f64_le()? };
        add(&mut set, &member, score, limits)?;
    }
    Ok(set)
}

/// A score as text behind a length of one byte.
fn text_score(reader: &mut Reader<'_>) -> RdbResult<f64> {
    match reader.byte()? {
        NAN => Err(BAD_SCORE),
        INFINITY => Ok(f64::INFINITY),
        MINUS_INFINITY => Ok(f64::NEG_INFINITY),
        len => parse_score(reader.take(usize::from(len))?),
    }
}

fn parse_score(text: &[u8]) -> RdbResult<f64> {
    stdx::number::parse_f64(text).ok_or(BAD_SCORE)
}

fn from_elements(elements: &[Element<'_>], limits: &SortedSetLimits) -> RdbResult<SortedSet> {
    // Long members do not matter in what was stored in this form.
    let limits = &SortedSetLimits { listpack_value_bytes_max: usize::MAX, ..*limits };
    let mut pairs = elements.chunks_exact(2);
    let mut set = SortedSet::for_members(pairs.len(), 0, limits);
    for pair in &mut pairs {
        let score = match pair[1] {
            Element::Integer(integer) => integer as f64,
            Element::Bytes(text) => parse_score(text)?,
        };
        add(&mut set, &element_text(pair[0]), score, limits)?;
    }
    if pairs.remainder().is_empty() { Ok(set) } else { Err(ODD) }
}

fn add(set: &mut SortedSet, member: &[u8], score: f64, limits: &SortedSetLimits) -> RdbResult<()> {
    if score.is_nan() {
        return Err(BAD_SCORE);
    }
    if set.insert(member, score, limits).is_some() { Err(REPEATED) } else { Ok(()) }
}
