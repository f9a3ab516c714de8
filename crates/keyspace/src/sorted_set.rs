//! The sorted set type: a listpack of members and scores while there are few short ones, else a [`ScoredSet`].
//!
//! Ranges are ranges of ranks: [`SortedSet::count_leading`] turns a bound by score or by name into a rank.

mod compact;
#[cfg(test)]
mod tests;

use structures::hashtable::TableStats;
use structures::{Boxed, HashSeed, Listpack, OneOfTwo, ScoredSet, Two, class_size};

use crate::element::{Element, ElementText};
use crate::relocate::{Judge, RelocateCursor};

/// When a sorted set leaves the compact encoding, and with what seed its table hashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SortedSetLimits {
    /// `zset-max-listpack-entries`.
    pub listpack_entries_max: usize,
    /// `zset-max-listpack-value`.
    pub listpack_value_bytes_max: usize,
    pub seed: HashSeed,
}

/// How a sorted set is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SortedSetEncoding {
    Listpack,
    Skiplist,
}

impl SortedSetEncoding {
    pub const fn name(self) -> &'static str {
        match self {
            SortedSetEncoding::Listpack => "listpack",
            SortedSetEncoding::Skiplist => "skiplist",
        }
    }
}

/// A member with its score.
pub type Scored<'a> = (Element<'a>, f64);

type Repr = OneOfTwo<Listpack, Boxed<ScoredSet>>;

/// See the module text. Scores are never not-a-number. One word, so that a `Value` holds it without an allocation.
#[derive(Clone)]
pub struct SortedSet {
    repr: Repr,
}

impl SortedSet {
    /// An empty set, stored so that `count` members of at most so many bytes are likely to fit.
    pub fn for_members(count: usize, longest: usize, limits: &SortedSetLimits) -> Self {
        let small =
            count <= limits.listpack_entries_max && longest <= limits.listpack_value_bytes_max;
        let repr = if small {
            Two::Small(Listpack::new())
        } else {
            Two::Large(Boxed::new(ScoredSet::new(limits.seed, count)))
        };
        Self { repr: Repr::new(repr) }
    }

    /// Asks the processor for what a command reads first.
    #[inline]
    pub fn prefetch(&self) {
        match self.repr.get() {
            Two::Small(pack) => pack.prefetch(),
            Two::Large(large) => structures::prefetch::read(&raw const **large),
        }
    }

    pub fn encoding(&self) -> SortedSetEncoding {
        match self.repr.get() {
            Two::Small(_) => SortedSetEncoding::Listpack,
            Two::Large(_) => SortedSetEncoding::Skiplist,
        }
    }

    /// The bytes of a small set: members and scores in turn.
    pub fn listpack_bytes(&self) -> Option<&[u8]> {
        match self.repr.get() {
            Two::Small(pack) => Some(pack.as_bytes()),
            Two::Large(_) => None,
        }
    }

    /// How the table of a large set is filled.
    pub fn table_stats(&self) -> Option<(TableStats, Option<TableStats>)> {
        match self.repr.get() {
            Two::Large(set) => Some(set.table_stats()),
            Two::Small(_) => None,
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        match self.repr.get() {
            Two::Small(pack) => compact::len(pack),
            Two::Large(set) => set.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match self.repr.get() {
            Two::Small(pack) => compact::score(pack, member),
            Two::Large(set) => set.score(member),
        }
    }

    /// Becomes large at once if so many members of at most so many bytes, which are about to come, do not fit into a
    /// listpack.
    pub fn expect(&mut self, count: usize, longest: usize, limits: &SortedSetLimits) {
        let too_big =
            count > limits.listpack_entries_max || longest > limits.listpack_value_bytes_max;
        if matches!(self.repr.get(), Two::Small(_)) && too_big {
            self.become_scored(limits, count);
        }
    }

    /// Adds a member or gives it another score; its score before.
    pub fn insert(&mut self, member: &[u8], score: f64, limits: &SortedSetLimits) -> Option<f64> {
        match self.repr.get_mut() {
            Two::Large(set) => set.insert(member, score),
            Two::Small(pack) => {
                if let Some(before) = compact::score(pack, member) {
                    compact::change(pack, member, before, score);
                    return Some(before);
                }
                let fits = compact::len(pack) < limits.listpack_entries_max
                    && member.len() <= limits.listpack_value_bytes_max
                    && compact::has_room_for(pack, member.len());
                if fits {
                    compact::add(pack, member, score);
                    return None;
                }
                self.become_scored(limits, 0);
                self.insert(member, score, limits)
            }
        }
    }

    #[cold]
    fn become_scored(&mut self, limits: &SortedSetLimits, count: usize) {
        let mut set = ScoredSet::new(limits.seed, count.max(self.len() + 1));
        for (element, score) in self.iter_from(0) {
            set.insert(ElementText::default().of(element), score);
        }
        self.repr = Repr::new(Two::Large(Boxed::new(set)));
    }

    /// Becomes a skiplist, however small it is.
    pub fn expand(&mut self, limits: &SortedSetLimits) {
        if matches!(self.repr.get(), Two::Small(_)) {
            self.become_scored(limits, 0);
        }
    }

    /// Becomes a listpack if it is small enough to be one.
    pub fn shrink(&mut self, limits: &SortedSetLimits) {
        let Two::Large(set) = self.repr.get() else { return };
        if set.len() > limits.listpack_entries_max {
            return;
        }
        let mut pack = Listpack::new();
        for (member, score) in set.iter_from(0) {
            if member.len() > limits.listpack_value_bytes_max
                || !compact::has_room_for(&pack, member.len())
            {
                return;
            }
            compact::add_last(&mut pack, member, score);
        }
        self.repr = Repr::new(Two::Small(pack));
    }

    /// Removes a member; its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match self.repr.get_mut() {
            Two::Small(pack) => compact::remove(pack, member),
            Two::Large(set) => set.remove(member),
        }
    }

    /// Removes up to `count` members from a rank on; how many there were.
    pub fn remove_ranks(&mut self, rank: usize, count: usize) -> usize {
        match self.repr.get_mut() {
            Two::Small(pack) => compact::remove_ranks(pack, rank, count),
            Two::Large(set) => {
                let doomed: Vec<Box<[u8]>> =
                    set.iter_from(rank).take(count).map(|(member, _)| Box::from(member)).collect();
                for member in &doomed {
                    set.remove(member);
                }
                doomed.len()
            }
        }
    }

    /// How many members come before one.
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        match self.repr.get() {
            Two::Small(pack) => compact::rank(pack, member),
            Two::Large(set) => set.rank(member),
        }
    }

    /// How many members at the low end satisfy `is_before`, which must hold for all before one for which it holds.
    pub fn count_leading(&self, is_before: impl Fn(f64, &[u8]) -> bool) -> usize {
        match self.repr.get() {
            Two::Small(pack) => compact::count_leading(pack, is_before),
            Two::Large(set) => set.count_leading(is_before),
        }
    }

    /// The member of a rank.
    pub fn at(&self, rank: usize) -> Option<Scored<'_>> {
        match self.repr.get() {
            Two::Small(pack) => compact::at(pack, rank),
            Two::Large(set) => set.at(rank).map(scored),
        }
    }

    /// The members from a rank on.
    pub fn iter_from(&self, rank: usize) -> Box<dyn Iterator<Item = Scored<'_>> + '_> {
        match self.repr.get() {
            Two::Small(pack) => Box::new(compact::iter_from(pack, rank)),
            Two::Large(set) => Box::new(set.iter_from(rank).map(scored)),
        }
    }

    /// The `count` members of the lowest ranks, from the highest of them down.
    pub fn iter_back_from(&self, count: usize) -> Box<dyn Iterator<Item = Scored<'_>> + '_> {
        match self.repr.get() {
            Two::Small(pack) => Box::new(compact::iter_back_from(pack, count)),
            Two::Large(set) => Box::new(set.iter_back_from(count).map(scored)),
        }
    }

    /// Visits the members at a cursor and returns the next one, 0 at the end; all of a small set at once.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(Scored<'_>)) -> u64 {
        match self.repr.get() {
            Two::Small(pack) => {
                compact::iter_from(pack, 0).for_each(visit);
                0
            }
            Two::Large(set) => {
                set.scan(cursor, |member, score| visit((Element::Bytes(member), score)))
            }
        }
    }

    /// A random member, each with the same probability.
    pub fn random(&self, random: &mut impl FnMut() -> u64) -> Option<Scored<'_>> {
        match self.repr.get() {
            Two::Small(pack) => compact::at(
                pack,
                ((u128::from(random()) * compact::len(pack) as u128) >> 64) as usize,
            ),
            Two::Large(set) => set.random(random).map(scored),
        }
    }

    /// About how many allocations dropping the set frees.
    pub fn free_effort(&self) -> usize {
        match self.repr.get() {
            Two::Small(_) => 1,
            Two::Large(set) => set.len(),
        }
    }

    /// Bytes the set takes beside its value, inferred from up to `samples` members (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        match self.repr.get() {
            Two::Small(pack) => pack.alloc_bytes(),
            Two::Large(set) => class_size(size_of::<ScoredSet>()) + set.memory_bytes(samples),
        }
    }

    /// Moves some members as `judge` says, then what keeps their order; true while there is more.
    pub(crate) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        match self.repr.get_mut() {
            Two::Small(pack) => {
                pack.relocate(judge);
                false
            }
            Two::Large(set) if cursor.step == 0 => {
                if cursor.at == 0 {
                    Boxed::relocate(set, judge);
                }
                let next = set.relocate_members(cursor.at, judge);
                cursor.advance(Some(next).filter(|next| *next != 0));
                true
            }
            Two::Large(set) => {
                let rank = usize::try_from(cursor.at).unwrap_or(usize::MAX);
                let next = set.relocate_order(rank, judge);
                cursor.advance(next.map(|next| next as u64));
                next.is_some()
            }
        }
    }

    /// Moves buckets of a table that is being resized; true while there are more.
    pub fn rehash_step(&mut self, budget: usize) -> bool {
        match self.repr.get_mut() {
            Two::Small(_) => false,
            Two::Large(set) => set.rehash_step(budget),
        }
    }
}

fn scored((member, score): (&[u8], f64)) -> Scored<'_> {
    (Element::Bytes(member), score)
}
