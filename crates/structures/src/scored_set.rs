//! The large form of a sorted set: members by name in a hash table, and in the order of their scores in a tree.
//!
//! A member with its score is one allocation, owned by the table; the tree's slots hold the score once more and
//! refer to that allocation. The tree counts what is below each branch, so ranks cost as much as lookups. OBJECT
//! ENCODING calls this `skiplist`, after what Redis keeps in its place.
//!
//! Invariant: the tree has one slot for each member of the table, with the same score, and no other.

mod member;
#[cfg(test)]
mod tests;
mod tree;

use crate::hashtable::{Entry, HashSeed, HashTable, TableStats};
use crate::relocate::Judge;
pub use member::ScoredMember;
use tree::{Slot, Tree};

/// See the module text. Scores are never not-a-number.
pub struct ScoredSet {
    members: HashTable<ScoredMember>,
    order: Tree,
}

// SAFETY: the tree refers to members that the table beside it owns; they move and are dropped together.
unsafe impl Send for ScoredSet {}

impl ScoredSet {
    /// An empty set with room for `count` members.
    pub fn new(seed: HashSeed, count: usize) -> Self {
        let mut members = HashTable::with_seed(seed);
        members.expand_to(count);
        Self { members, order: Tree::default() }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.members.find(member).map(ScoredMember::score)
    }

    /// Adds a member or gives it another score; its score before.
    pub fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        match self.members.find_or_slot(member) {
            Entry::Vacant(slot) => {
                let added = slot.insert(ScoredMember::new(member, score));
                self.order.insert(Slot::of(added));
                None
            }
            Entry::Occupied(found) => {
                let before = found.score();
                if before != score {
                    let old = Slot::of(found);
                    found.set_score(score);
                    self.order.change(old, Slot::of(found));
                }
                Some(before)
            }
        }
    }

    /// Removes a member; its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let removed = self.members.remove(member)?;
        // The member lives until the tree has let go of it.
        self.order.remove(Slot::of(&removed));
        Some(removed.score())
    }

    /// How many members come before one.
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        let found = self.members.find(member)?;
        Some(self.order.rank(Slot::of(found)))
    }

    /// How many members at the low end satisfy `is_before`, which must hold for all before one for which it holds.
    pub fn count_leading(&self, is_before: impl Fn(f64, &[u8]) -> bool) -> usize {
        self.order.count_leading(&|slot: Slot| is_before(slot.score, slot.member()))
    }

    /// The member of a rank and its score.
    pub fn at(&self, rank: usize) -> Option<(&[u8], f64)> {
        self.order.at(rank).map(|slot| (slot.member_of(self), slot.score))
    }

    /// The members from a rank on.
    pub fn iter_from(&self, rank: usize) -> impl Iterator<Item = (&[u8], f64)> {
        self.order.iter_from(rank).map(|slot| (slot.member_of(self), slot.score))
    }

    /// The `count` members of the lowest ranks, from the highest of them down.
    pub fn iter_back_from(&self, count: usize) -> impl Iterator<Item = (&[u8], f64)> {
        self.order.iter_back_from(count).map(|slot| (slot.member_of(self), slot.score))
    }

    /// Visits the members at a cursor and returns the next one, 0 at the end.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(&[u8], f64)) -> u64 {
        self.members.scan(cursor, |found| visit(found.member(), found.score()))
    }

    /// A random member, each with the same probability.
    pub fn random(&self, random: &mut impl FnMut() -> u64) -> Option<(&[u8], f64)> {
        self.members.random(random).map(|found| (found.member(), found.score()))
    }

    /// Bytes of the members beside the table and the tree, inferred from up to `samples` members (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        let samples = if samples == 0 { self.len() } else { samples.min(self.len()) };
        let sampled: usize = self.members.iter().take(samples).map(ScoredMember::alloc_bytes).sum();
        let members = sampled.checked_div(samples).map_or(0, |mean| mean * self.len());
        size_of::<Self>() + self.members.memory_bytes() + self.order.memory_bytes() + members
    }

    /// Moves the members at a cursor of the table if `judge` says so; the next cursor, 0 at the end.
    pub fn relocate_members(&mut self, cursor: u64, judge: &mut Judge<'_>) -> u64 {
        let order = &mut self.order;
        self.members.relocate(cursor, judge, |member, judge| {
            if let Some(copy) = member.copied(judge) {
                order.repoint(Slot::of(member), copy);
                member.adopt(copy);
            }
        })
    }

    /// Moves the tree's node of a rank if `judge` says so; the rank behind it, `None` at the end.
    pub fn relocate_order(&mut self, rank: usize, judge: &mut Judge<'_>) -> Option<usize> {
        self.order.relocate(rank, judge)
    }

    /// How the table is filled.
    pub fn table_stats(&self) -> (TableStats, Option<TableStats>) {
        self.members.stats()
    }

    /// Moves buckets of a table that is being resized; true while there are more.
    pub fn rehash_step(&mut self, budget: usize) -> bool {
        self.members.rehash_step(budget)
    }
}

impl Clone for ScoredSet {
    fn clone(&self) -> Self {
        let mut copy = Self::new(*self.members.seed(), self.len());
        for (member, score) in self.iter_from(0) {
            copy.insert(member, score);
        }
        copy
    }
}
