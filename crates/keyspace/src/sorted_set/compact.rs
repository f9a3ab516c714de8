//! The listpack encoding of a sorted set: members and scores in turn, in ascending order.

use crate::relocate::Judge;
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

#[derive(Clone)]
pub(super) struct CompactSortedSet {
    pack: Listpack,
}

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

impl CompactSortedSet {
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        self.pack.relocate(judge);
    }

    pub(super) fn new() -> Self {
        Self { pack: Listpack::new() }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.pack.as_bytes()
    }

    pub(super) fn alloc_bytes(&self) -> usize {
        self.pack.alloc_bytes()
    }

    pub(super) fn has_room_for(&self, member_bytes: usize) -> bool {
        self.pack.has_room_for(member_bytes.saturating_add(SCORE_BYTES_MAX))
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.pack.len() / 2
    }

    fn find(&self, member: &[u8]) -> Option<Position> {
        self.pack.find(self.pack.first()?, member, SCORE)
    }

    fn scored(&self, position: Position) -> Option<Scored<'_>> {
        let score = self.pack.next(position)?;
        Some((self.pack.get(position), score_of(self.pack.get(score))))
    }

    #[inline]
    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        let score = self.pack.next(self.find(member)?)?;
        Some(score_of(self.pack.get(score)))
    }

    fn positions_from(&self, first: Option<Position>) -> impl Iterator<Item = Position> {
        std::iter::successors(first, |at| self.pack.next(self.pack.next(*at)?))
    }

    /// Adds a member that is not there.
    pub(super) fn add(&mut self, member: &[u8], score: f64) {
        let is_behind = |at: &Position| {
            let Some((held, held_score)) = self.scored(*at) else { return false };
            match held_score.partial_cmp(&score) {
                Some(Ordering::Less) | None => false,
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => ElementText::default().of(held) > member,
            }
        };
        let behind = self.positions_from(self.pack.first()).find(is_behind);
        match behind {
            None => self.add_last(member, score),
            Some(behind) => {
                with_stored(score, |stored| match stored {
                    Element::Integer(score) => self.pack.insert_integer_before(Some(behind), score),
                    Element::Bytes(score) => self.pack.insert_before(Some(behind), score),
                });
                self.pack.insert_before(Some(behind), member);
            }
        }
    }

    /// Adds a member that comes behind all others.
    pub(super) fn add_last(&mut self, member: &[u8], score: f64) {
        self.pack.push_back(member);
        with_stored(score, |stored| match stored {
            Element::Integer(score) => self.pack.push_back_integer(score),
            Element::Bytes(score) => self.pack.push_back(score),
        });
    }

    /// Gives a member another score.
    pub(super) fn change(&mut self, member: &[u8], before: f64, score: f64) {
        if before != score {
            self.remove(member);
            self.add(member, score);
        }
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let position = self.find(member)?;
        let (_, score) = self.scored(position)?;
        self.pack.remove(position, 2);
        Some(score)
    }

    pub(super) fn remove_ranks(&mut self, rank: usize, count: usize) -> usize {
        let removed = count.min(self.len().saturating_sub(rank));
        if removed > 0
            && let Some(position) = self.position(rank)
        {
            self.pack.remove(position, removed * 2);
        }
        removed
    }

    fn position(&self, rank: usize) -> Option<Position> {
        self.pack.nth(rank.checked_mul(2)?)
    }

    pub(super) fn rank(&self, member: &[u8]) -> Option<usize> {
        let found = self.find(member)?;
        self.positions_from(self.pack.first()).position(|at| at == found)
    }

    pub(super) fn count_leading(&self, is_before: impl Fn(f64, &[u8]) -> bool) -> usize {
        self.iter_from(0)
            .take_while(|(member, score)| is_before(*score, ElementText::default().of(*member)))
            .count()
    }

    pub(super) fn at(&self, rank: usize) -> Option<Scored<'_>> {
        self.scored(self.position(rank)?)
    }

    pub(super) fn iter_from(&self, rank: usize) -> impl Iterator<Item = Scored<'_>> {
        self.positions_from(self.position(rank)).filter_map(|at| self.scored(at))
    }

    pub(super) fn iter_back_from(&self, count: usize) -> impl Iterator<Item = Scored<'_>> {
        let last = count.min(self.len()).checked_sub(1).and_then(|last| self.position(last));
        std::iter::successors(last, |at| self.pack.prev(self.pack.prev(*at)?))
            .filter_map(|at| self.scored(at))
    }
}
