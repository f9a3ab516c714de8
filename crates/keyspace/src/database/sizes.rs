//! How many keys there are of which size: the histograms of INFO keysizes, kept in step with the keys.
//!
//! No command reports what it does to a size. A record handed out to be changed is remembered as open, with the bin in
//! which it stands; before anything else happens to the table it is looked at again and moved to the bin it belongs to
//! now. That costs a few instructions on memory the command has just used, and cannot be forgotten.

use super::{Database, KeyRecord};
use crate::value::Value;
use structures::{Location, View};

/// Bins of a histogram: one for zero, and one for each power of two.
const BINS: usize = 65;
/// Elements of a collection that are looked at to tell its memory.
const SAMPLES: usize = 5;

/// What the keys are told apart by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SizeGroup {
    /// Bytes of strings.
    Strings,
    /// Elements of the other types.
    Lists,
    Sets,
    SortedSets,
    Hashes,
}

/// The groups in the order of INFO.
pub const SIZE_GROUPS: [SizeGroup; 5] = [
    SizeGroup::Strings,
    SizeGroup::Lists,
    SizeGroup::Sets,
    SizeGroup::SortedSets,
    SizeGroup::Hashes,
];

/// Keys by the power of two below their size; the first bin is zero.
pub type SizeHistogram = [u64; BINS];

type Histograms = Box<[SizeHistogram; SIZE_GROUPS.len()]>;

/// Where a key is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// Index of the group; beyond the last for types that are not counted.
    group: u8,
    bin: u8,
    /// Bin of the memory it takes, where that is counted.
    memory_bin: u8,
}

/// The histograms of one database.
#[derive(Default)]
pub(super) struct Sizes {
    /// Made for the first key.
    sizes: Option<Histograms>,
    /// Bytes of memory; only if wanted. Strings stay out.
    memory: Option<Histograms>,
    /// The record that may have changed since it was counted.
    open: Option<(Location, Place)>,
}

#[inline]
fn bin_of(size: usize) -> u8 {
    (usize::BITS - size.leading_zeros()) as u8
}

/// The smallest size of a bin.
pub fn bin_start(bin: usize) -> u64 {
    if bin == 0 { 0 } else { 1 << (bin - 1) }
}

/// Characters of an integer in decimal.
#[inline]
fn integer_len(integer: i64) -> usize {
    let digits = integer.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    digits as usize + usize::from(integer < 0)
}

/// The group of what a record holds and its size there.
#[inline]
fn measure(record: &KeyRecord) -> Option<(SizeGroup, usize)> {
    let measured = match record.view() {
        View::Bytes { bytes, .. } => (SizeGroup::Strings, bytes.len()),
        View::Integer(integer) => (SizeGroup::Strings, integer_len(integer)),
        View::Value(value) => match value {
            Value::String(bytes) => (SizeGroup::Strings, bytes.len()),
            Value::List(list) => (SizeGroup::Lists, list.len()),
            Value::Set(set) => (SizeGroup::Sets, set.len()),
            Value::SortedSet(set) => (SizeGroup::SortedSets, set.len()),
            Value::Hash(hash) => (SizeGroup::Hashes, hash.len()),
            _ => return None,
        },
    };
    Some(measured)
}

impl Sizes {
    #[inline]
    pub(super) fn place(&self, record: &KeyRecord) -> Place {
        let Some((group, size)) = measure(record) else {
            return Place { group: u8::MAX, bin: 0, memory_bin: 0 };
        };
        let mut place = Place { group: group as u8, bin: bin_of(size), memory_bin: 0 };
        if self.memory.is_some() {
            place.memory_bin = memory_bin(record);
        }
        place
    }

    /// Counts a record that is going to be in the table.
    #[inline]
    pub(super) fn count_in(&mut self, record: &KeyRecord) {
        self.count(self.place(record), 1);
    }

    /// A record that was in the table counts no more. The table must have been settled.
    #[inline]
    pub(super) fn count_out(&mut self, record: &KeyRecord) {
        self.count(self.place(record), -1);
    }

    /// A record stood at `before`.
    #[inline]
    pub(super) fn recount(&mut self, before: Place, record: &KeyRecord) {
        let now = self.place(record);
        if now != before {
            self.count(before, -1);
            self.count(now, 1);
        }
    }

    #[inline]
    fn count(&mut self, place: Place, difference: i64) {
        add(self.sizes.get_or_insert_with(empty), place.group, place.bin, difference);
        if let Some(memory) = &mut self.memory {
            add(memory, place.group, place.memory_bin, difference);
        }
    }

    /// Leaves histograms of no keys and returns the full ones.
    pub(super) fn emptied(&mut self) -> Sizes {
        let memory = self.memory.as_ref().map(|_| empty());
        std::mem::replace(self, Sizes { memory, ..Sizes::default() })
    }

    fn of(histograms: Option<&Histograms>, group: SizeGroup) -> Option<&SizeHistogram> {
        histograms?.get(group as usize).filter(|bins| bins.iter().any(|count| *count > 0))
    }
}

#[cold]
fn memory_bin(record: &KeyRecord) -> u8 {
    bin_of(record.value().map_or(0, |value| record.alloc_bytes() + value.memory_bytes(SAMPLES)))
}

fn empty() -> Histograms {
    Box::new([[0; BINS]; SIZE_GROUPS.len()])
}

#[inline]
fn add(histograms: &mut Histograms, group: u8, bin: u8, difference: i64) {
    let bins = histograms.get_mut(usize::from(group));
    if let Some(count) = bins.and_then(|bins| bins.get_mut(usize::from(bin))) {
        *count = count.wrapping_add_signed(difference);
    }
}

impl Database {
    /// Counts the record that was handed out to be changed as it is now. Before anything moves in the table.
    #[inline]
    pub(super) fn settle(&mut self) {
        if let Some((location, before)) = self.sizes.open.take()
            && let Some(record) = self.table.at(location)
        {
            self.sizes.recount(before, record);
        }
    }

    /// Notes that the record at a location is going to be changed.
    #[inline]
    pub(super) fn open(&mut self, location: Location) {
        if self.sizes.open.is_some_and(|(open, _)| open == location) {
            return;
        }
        self.settle();
        if let Some(record) = self.table.at(location) {
            self.sizes.open = Some((location, self.sizes.place(record)));
        }
    }

    /// Begins or ends to count the memory of keys.
    pub fn count_memory(&mut self, wanted: bool) {
        if wanted == self.sizes.memory.is_some() {
            return;
        }
        self.sizes.open = None;
        self.sizes.sizes = None;
        self.sizes.memory = wanted.then(empty);
        for record in self.table.iter() {
            self.sizes.count_in(record);
        }
    }

    /// Keys of a group by their size; `None` if there are none.
    pub fn size_histogram(&mut self, group: SizeGroup) -> Option<&SizeHistogram> {
        self.settle();
        Sizes::of(self.sizes.sizes.as_ref(), group)
    }

    /// Keys of a group by the bytes they take; `None` if there are none, or that is not counted.
    pub fn memory_histogram(&mut self, group: SizeGroup) -> Option<&SizeHistogram> {
        self.settle();
        let memory = self.sizes.memory.as_ref().filter(|_| group != SizeGroup::Strings);
        Sizes::of(memory, group)
    }

    /// Whether the histograms are those that a look at every key gives. For tests: it takes its time.
    pub fn histograms_are_right(&mut self) -> bool {
        self.settle();
        let memory = self.sizes.memory.as_ref().map(|_| empty());
        let mut counted = Sizes { sizes: Some(empty()), memory, open: None };
        for record in self.table.iter() {
            counted.count_in(record);
        }
        let same = match &self.sizes.sizes {
            Some(sizes) => counted.sizes.as_ref() == Some(sizes),
            None => self.table.is_empty(),
        };
        same && counted.memory == self.sizes.memory
    }
}

#[cfg(test)]
mod tests {
    use super::{bin_of, bin_start, integer_len};

    #[test]
    fn bins_begin_at_powers_of_two() {
        for (size, bin) in [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1023, 10), (1024, 11)] {
            assert_eq!(bin_of(size), bin);
            assert!(bin_start(usize::from(bin)) <= size as u64);
        }
    }

    #[test]
    fn integers_have_their_length() {
        for integer in [0, 1, -1, 9, 10, -10, 99, 100, i64::MAX, i64::MIN] {
            assert_eq!(integer_len(integer), integer.to_string().len());
        }
    }
}
