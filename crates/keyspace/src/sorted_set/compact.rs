//! The listpack encoding of a sorted set: members and scores in turn, in ascending order.

use std::cmp::Ordering;

use structures::Listpack;
use structures::listpack::Position;

use super::Scored;
use crate::element::{Element, ElementText};

/// Passing from member to member.
const SCORE: usize = 1;
/// Whole numbers below this are stored as integers.
const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;
/// Bytes that a score takes at most.
const SCORE_BYTES_MAX: usize = 32;

fn score_of(element: Element<'_>) -> f64 {
    match element {
        Element::Integer(integer) => integer as f64,
        Element::Bytes(text) => stdx::number::parse_f64(text).unwrap_or(0.0),
    }
}

/// A score in the form it is stored in.
fn with_stored<R>(score: f64, store: impl FnOnce(Element<'_>) -> R) -> R {
    if score.fract() == 0.0 && score.abs() < INTEGER_MAX {
        return store(Element::Integer(score as i64));
    }
    let mut text = Vec::with_capacity(SCORE_BYTES_MAX);
    stdx::double::format(score, &mut text);
    store(Element::Bytes(&text))
}

pub(super) fn has_room_for(pack: &Listpack, member_bytes: usize) -> bool {
    pack.has_room_for(member_bytes.saturating_add(SCORE_BYTES_MAX))
}

#[inline]
pub(super) fn len(pack: &Listpack) -> usize {
    pack.len() / 2
}

fn find(pack: &Listpack, member: &[u8]) -> Option<Position> {
    pack.find(pack.first()?, member, SCORE)
}

fn scored(pack: &Listpack, position: Position) -> Option<Scored<'_>> {
    let score = pack.next(position)?;
    Some((pack.get(position), score_of(pack.get(score))))
}

#[inline]
pub(super) fn score(pack: &Listpack, member: &[u8]) -> Option<f64> {
    let score = pack.next(find(pack, member)?)?;
    Some(score_of(pack.get(score)))
}

fn positions_from(pack: &Listpack, first: Option<Position>) -> impl Iterator<Item = Position> {
    std::iter::successors(first, |at| pack.next(pack.next(*at)?))
}

/// Adds a member that is not there.
pub(super) fn add(pack: &mut Listpack, member: &[u8], score: f64) {
    let is_behind = |at: &Position| {
        let Some((held, held_score)) = scored(pack, *at) else { return false };
        match held_score.partial_cmp(&score) {
            Some(Ordering::Less) | None => false,
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => ElementText::default().of(held) > member,
        }
    };
    let behind = positions_from(pack, pack.first()).find(is_behind);
    match behind {
        None => add_last(pack, member, score),
        Some(behind) => {
            with_stored(score, |stored| match stored {
                Element::Integer(score) => pack.insert_integer_before(Some(behind), score),
                Element::Bytes(score) => pack.insert_before(Some(behind), score),
            });
            pack.insert_before(Some(behind), member);
        }
    }
}

/// Adds a member that comes behind all others.
pub(super) fn add_last(pack: &mut Listpack, member: &[u8], score: f64) {
    pack.push_back(member);
    with_stored(score, |stored| match stored {
        Element::Integer(score) => pack.push_back_integer(score),
        Element::Bytes(score) => pack.push_back(score),
    });
}

/// Gives a member another score.
pub(super) fn change(pack: &mut Listpack, member: &[u8], before: f64, score: f64) {
    if before != score {
        remove(pack, member);
        add(pack, member, score);
    }
}

pub(super) fn remove(pack: &mut Listpack, member: &[u8]) -> Option<f64> {
    let position = find(pack, member)?;
    let (_, score) = scored(pack, position)?;
    pack.remove(position, 2);
    Some(score)
}

pub(super) fn remove_ranks(pack: &mut Listpack, rank: usize, count: usize) -> usize {
    let removed = count.min(len(pack).saturating_sub(rank));
    if removed > 0
        && let Some(position) = position(pack, rank)
    {
        pack.remove(position, removed * 2);
    }
    removed
}

fn position(pack: &Listpack, rank: usize) -> Option<Position> {
    pack.nth(rank.checked_mul(2)?)
}

pub(super) fn rank(pack: &Listpack, member: &[u8]) -> Option<usize> {
    let found = find(pack, member)?;
    positions_from(pack, pack.first()).position(|at| at == found)
}

pub(super) fn count_leading(pack: &Listpack, is_before: impl Fn(f64, &[u8]) -> bool) -> usize {
    iter_from(pack, 0)
        .take_while(|(member, score)| is_before(*score, ElementText::default().of(*member)))
        .count()
}

pub(super) fn at(pack: &Listpack, rank: usize) -> Option<Scored<'_>> {
    scored(pack, position(pack, rank)?)
}

pub(super) fn iter_from(pack: &Listpack, rank: usize) -> impl Iterator<Item = Scored<'_>> {
    positions_from(pack, position(pack, rank)).filter_map(|at| scored(pack, at))
}

pub(super) fn iter_back_from(pack: &Listpack, count: usize) -> impl Iterator<Item = Scored<'_>> {
    let last = count.min(len(pack)).checked_sub(1).and_then(|last| position(pack, last));
    std::iter::successors(last, |at| pack.prev(pack.prev(*at)?)).filter_map(|at| scored(pack, at))
}
