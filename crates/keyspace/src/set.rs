//! The set type: an intset while all members are integers, a listpack while there are few short ones, else a table.

#[cfg(test)]
mod tests;

use structures::hashtable::TableStats;
use structures::{
    Boxed, CompactBytes, Entry, HashSeed, HashTable, Intset, Listpack, OneOfThree, Three,
    class_size,
};

use crate::element::{Element, ElementText};
use crate::relocate::{Judge, RelocateCursor};

/// Intsets are never longer, whatever is configured.
const INTSET_ENTRIES_MAX: usize = 1 << 27;

/// When a set leaves which encoding, and with what seed its table hashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetLimits {
    /// `set-max-intset-entries`.
    pub intset_entries_max: usize,
    /// `set-max-listpack-entries`.
    pub listpack_entries_max: usize,
    /// `set-max-listpack-value`.
    pub listpack_value_bytes_max: usize,
    pub seed: HashSeed,
}

/// How a set is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetEncoding {
    Intset,
    Listpack,
    Hashtable,
}

impl SetEncoding {
    pub const fn name(self) -> &'static str {
        match self {
            SetEncoding::Intset => "intset",
            SetEncoding::Listpack => "listpack",
            SetEncoding::Hashtable => "hashtable",
        }
    }
}

type Repr = OneOfThree<Listpack, Boxed<HashTable<CompactBytes>>, Intset>;

/// See the module text. One word, so that a `Value` holds it without an allocation.
pub struct Set {
    repr: Repr,
}

impl Set {
    /// An empty set, stored so that `first` and `count` members in all are likely to fit.
    pub fn for_members(first: &[u8], count: usize, limits: &SetLimits) -> Self {
        let repr = if count <= limits.intset_entries_max && integer(first).is_some() {
            Three::Integers(Intset::new())
        } else if count <= limits.listpack_entries_max {
            Three::Small(Listpack::new())
        } else {
            Three::Large(Boxed::new(table(limits, count)))
        };
        Self { repr: Repr::new(repr) }
    }

    /// An empty set of integers.
    pub fn new_intset() -> Self {
        Self { repr: Repr::new(Three::Integers(Intset::new())) }
    }

    /// An empty set in a listpack.
    pub fn new_listpack() -> Self {
        Self { repr: Repr::new(Three::Small(Listpack::new())) }
    }

    /// Asks the processor for what a command reads first.
    #[inline]
    pub fn prefetch(&self) {
        match self.repr.get() {
            Three::Small(pack) => pack.prefetch(),
            Three::Large(large) => structures::prefetch::read(&raw const **large),
            Three::Integers(integers) => integers.prefetch(),
        }
    }

    pub fn encoding(&self) -> SetEncoding {
        match self.repr.get() {
            Three::Integers(_) => SetEncoding::Intset,
            Three::Small(_) => SetEncoding::Listpack,
            Three::Large(_) => SetEncoding::Hashtable,
        }
    }

    /// The bytes of a listpack.
    pub fn listpack_bytes(&self) -> Option<&[u8]> {
        match self.repr.get() {
            Three::Small(pack) => Some(pack.as_bytes()),
            _ => None,
        }
    }

    /// The bytes of an intset.
    pub fn intset_bytes(&self) -> Option<&[u8]> {
        match self.repr.get() {
            Three::Integers(integers) => Some(integers.as_bytes()),
            _ => None,
        }
    }

    /// How a table is filled.
    pub fn table_stats(&self) -> Option<(TableStats, Option<TableStats>)> {
        match self.repr.get() {
            Three::Large(members) => Some(members.stats()),
            _ => None,
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        match self.repr.get() {
            Three::Integers(integers) => integers.len(),
            Three::Small(pack) => pack.len(),
            Three::Large(members) => members.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn contains(&self, member: &[u8]) -> bool {
        match self.repr.get() {
            Three::Integers(integers) => {
                integer(member).is_some_and(|member| integers.contains(member))
            }
            Three::Small(pack) => {
                pack.first().is_some_and(|first| pack.find(first, member, 0).is_some())
            }
            Three::Large(members) => members.contains(member),
        }
    }

    /// Whether it has a member of another set.
    pub fn contains_element(&self, element: Element<'_>) -> bool {
        match (self.repr.get(), element) {
            (Three::Integers(integers), Element::Integer(integer)) => integers.contains(integer),
            _ => self.contains(ElementText::default().of(element)),
        }
    }

    /// Becomes a table at once if so many members that are about to come are too many for anything else.
    pub fn expect(&mut self, count: usize, limits: &SetLimits) {
        let most = match self.repr.get() {
            Three::Integers(_) => limits.intset_entries_max,
            Three::Small(_) => limits.listpack_entries_max,
            Three::Large(_) => return,
        };
        if count > most {
            self.become_table(limits, count);
        }
    }

    /// Adds a member; false if it was there.
    pub fn add(&mut self, member: &[u8], limits: &SetLimits) -> bool {
        match self.repr.get_mut() {
            Three::Large(members) => match members.find_or_slot(member) {
                Entry::Occupied(_) => false,
                Entry::Vacant(slot) => {
                    slot.insert(CompactBytes::new(member));
                    true
                }
            },
            Three::Integers(integers) => match integer(member) {
                Some(integer) => {
                    let added = integers.insert(integer);
                    let most = limits.intset_entries_max.min(INTSET_ENTRIES_MAX);
                    if added && integers.len() > most {
                        self.become_table(limits, 0);
                    }
                    added
                }
                None => {
                    self.leave_intset(member, limits);
                    self.add(member, limits)
                }
            },
            Three::Small(pack) => {
                if pack.first().is_some_and(|first| pack.find(first, member, 0).is_some()) {
                    return false;
                }
                let fits = pack.len() < limits.listpack_entries_max
                    && member.len() <= limits.listpack_value_bytes_max
                    && pack.has_room_for(member.len());
                if fits {
                    pack.push_back(member);
                    return true;
                }
                self.become_table(limits, 0);
                self.add(member, limits)
            }
        }
    }

    /// Adds a member of another set.
    pub fn add_element(&mut self, element: Element<'_>, limits: &SetLimits) -> bool {
        self.add(ElementText::default().of(element), limits)
    }

    /// Becomes what can hold `member`, which is no integer.
    fn leave_intset(&mut self, member: &[u8], limits: &SetLimits) {
        let Three::Integers(integers) = self.repr.get() else { return };
        let longest =
            [integers.get(0), integers.len().checked_sub(1).and_then(|last| integers.get(last))]
                .into_iter()
                .flatten()
                .map(|integer| itoa::Buffer::new().format(integer).len())
                .max()
                .unwrap_or(0);
        let fits = integers.len() < limits.listpack_entries_max
            && member.len().max(longest) <= limits.listpack_value_bytes_max;
        if !fits {
            return self.become_table(limits, 0);
        }
        let mut pack = Listpack::new();
        integers.iter().for_each(|integer| pack.push_back_integer(integer));
        self.repr = Repr::new(Three::Small(pack));
    }

    #[cold]
    fn become_table(&mut self, limits: &SetLimits, count: usize) {
        let mut members = table(limits, count.max(self.len() + 1));
        for element in self.iter() {
            members.insert_unique(CompactBytes::new(ElementText::default().of(element)));
        }
        self.repr = Repr::new(Three::Large(Boxed::new(members)));
    }

    /// A listpack whose members are all integers, and no more than an intset may have, becomes one.
    pub fn become_intset_if_possible(&mut self, limits: &SetLimits) {
        let Three::Small(pack) = self.repr.get() else { return };
        if pack.len() > limits.intset_entries_max {
            return;
        }
        let mut integers = Intset::new();
        for (_, element) in pack.iter() {
            let Element::Integer(integer) = element else { return };
            integers.insert(integer);
        }
        self.repr = Repr::new(Three::Integers(integers));
    }

    /// Removes a member; true if it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self.repr.get_mut() {
            Three::Integers(integers) => {
                integer(member).is_some_and(|member| integers.remove(member))
            }
            Three::Small(pack) => {
                let Some(found) = pack.first().and_then(|first| pack.find(first, member, 0)) else {
                    return false;
                };
                pack.remove(found, 1);
                true
            }
            Three::Large(members) => members.remove(member).is_some(),
        }
    }

    /// The members, in ascending order in an intset, in the order they came in a listpack.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Element<'_>> + '_> {
        match self.repr.get() {
            Three::Integers(integers) => Box::new(integers.iter().map(Element::Integer)),
            Three::Small(pack) => Box::new(pack.iter().map(|(_, element)| element)),
            Three::Large(members) => {
                Box::new(members.iter().map(|member| Element::Bytes(member.as_bytes())))
            }
        }
    }

    /// Visits the members in the order of `iter`.
    #[inline]
    pub fn for_each<'a>(&'a self, mut visit: impl FnMut(Element<'a>)) {
        match self.repr.get() {
            Three::Integers(integers) => integers.iter().for_each(|it| visit(Element::Integer(it))),
            Three::Small(pack) => pack.iter().for_each(|(_, element)| visit(element)),
            Three::Large(members) => {
                members.iter().for_each(|member| visit(Element::Bytes(member.as_bytes())));
            }
        }
    }

    /// Visits the members at a cursor and returns the next one, 0 at the end; all of a small set at once.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(Element<'_>)) -> u64 {
        match self.repr.get() {
            Three::Large(members) => {
                members.scan(cursor, |member| visit(Element::Bytes(member.as_bytes())))
            }
            _ => {
                self.for_each(visit);
                0
            }
        }
    }

    /// A random member, each with the same probability.
    pub fn random(&self, random: &mut impl FnMut() -> u64) -> Option<Element<'_>> {
        let mut below = |len: usize| ((u128::from(random()) * len as u128) >> 64) as usize;
        match self.repr.get() {
            Three::Integers(integers) => integers.get(below(integers.len())).map(Element::Integer),
            Three::Small(pack) => pack.nth(below(pack.len())).map(|at| pack.get(at)),
            Three::Large(members) => {
                members.random(random).map(|member| Element::Bytes(member.as_bytes()))
            }
        }
    }

    /// About how many allocations dropping the set frees.
    pub fn free_effort(&self) -> usize {
        match self.repr.get() {
            Three::Integers(_) | Three::Small(_) => 1,
            Three::Large(members) => members.len(),
        }
    }

    /// Bytes the set takes beside its value, inferred from up to `samples` members (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        match self.repr.get() {
            Three::Integers(integers) => integers.alloc_bytes(),
            Three::Small(pack) => pack.alloc_bytes(),
            Three::Large(members) => {
                let samples = if samples == 0 { members.len() } else { samples.min(members.len()) };
                let sampled: usize =
                    members.iter().take(samples).map(CompactBytes::alloc_bytes).sum();
                let contents = sampled.checked_div(samples).map_or(0, |mean| mean * members.len());
                class_size(size_of::<HashTable<CompactBytes>>()) + members.memory_bytes() + contents
            }
        }
    }

    /// Moves some members as `judge` says; true while there are more.
    pub(crate) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        match self.repr.get_mut() {
            Three::Integers(integers) => integers.relocate(judge),
            Three::Small(pack) => pack.relocate(judge),
            Three::Large(members) => {
                if cursor.at == 0 {
                    Boxed::relocate(members, judge);
                }
                cursor.at = members.relocate(cursor.at, judge, CompactBytes::relocate);
                return cursor.at != 0;
            }
        }
        false
    }

    /// Moves buckets of a table that is being resized; true while there are more.
    pub fn rehash_step(&mut self, budget: usize) -> bool {
        match self.repr.get_mut() {
            Three::Large(members) => members.rehash_step(budget),
            _ => false,
        }
    }
}

impl Clone for Set {
    fn clone(&self) -> Self {
        let repr = match self.repr.get() {
            Three::Integers(integers) => Three::Integers(integers.clone()),
            Three::Small(pack) => Three::Small(pack.clone()),
            Three::Large(members) => {
                let mut copy = HashTable::with_seed(*members.seed());
                copy.expand_to(members.len());
                for member in members.iter() {
                    copy.insert_unique(member.clone());
                }
                Three::Large(Boxed::new(copy))
            }
        };
        Self { repr: Repr::new(repr) }
    }
}

fn integer(member: &[u8]) -> Option<i64> {
    stdx::number::parse_i64(member)
}

fn table(limits: &SetLimits, count: usize) -> HashTable<CompactBytes> {
    let mut members = HashTable::with_seed(limits.seed);
    members.expand_to(count);
    members
}
