//! A sparse array indexed by 64-bit numbers: slices of a fixed span in a directory, each a window of cells or a few sorted pairs.
//!
//! The shapes, and when one becomes another, are Redis's, since ARINFO tells of them. What a directory
//! beyond its flat form takes is ours: a tree of slices in place of blocks of pointers.

mod cell;
mod directory;
mod slice;
#[cfg(test)]
mod tests;

pub use cell::{Cell, CellText, CellView};

use crate::class_size;
use crate::relocate::Judge;
use directory::Directory;
use slice::Slice;

/// The greatest index.
pub const INDEX_MAX: u64 = u64::MAX - 1;

/// When a slice changes its shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ArrayLimits {
    /// Elements that a new array's slices span, a power of two.
    pub slice_size: u32,
    /// Most elements of a slice of pairs.
    pub sparse_max: u32,
    /// Elements at which a window becomes pairs again.
    pub sparse_min: u32,
}

/// How the slices are, as ARINFO FULL tells it.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct SliceStats {
    pub dense: u64,
    pub sparse: u64,
    pub dense_cells: u64,
    pub dense_used: u64,
    pub sparse_capacity: u64,
}

/// See the module text.
#[derive(Clone)]
pub struct SparseArray {
    directory: Directory,
    count: u64,
    /// The greatest index in use and one; 0 without elements.
    len: u64,
    slice_bits: u8,
}

impl SparseArray {
    pub fn new(limits: &ArrayLimits) -> Self {
        let slice_bits = limits.slice_size.max(1).trailing_zeros() as u8;
        Self { directory: Directory::new(), count: 0, len: 0, slice_bits }
    }

    /// Elements in use.
    #[inline]
    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The greatest index in use and one.
    #[inline]
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn slice_size(&self) -> u64 {
        1 << self.slice_bits
    }

    pub fn slices(&self) -> u64 {
        self.directory.slices()
    }

    /// Places for slices in the directory as Redis would have it, and how many of its blocks are in use.
    pub fn directory_size(&self) -> (u64, u64) {
        self.directory.size()
    }

    fn split(&self, index: u64) -> (u64, u32) {
        (index >> self.slice_bits, (index & (self.slice_size() - 1)) as u32)
    }

    #[inline]
    pub fn get(&self, index: u64) -> Option<&Cell> {
        let (id, offset) = self.split(index);
        self.directory.get(id)?.get(offset)
    }

    /// Makes room for the elements `first..=last` that are about to be set.
    pub fn expect(&mut self, first: u64, last: u64, limits: &ArrayLimits) {
        let ((first_id, from), (last_id, to)) = (self.split(first), self.split(last));
        for id in first_id..=last_id {
            let from = if id == first_id { from } else { 0 };
            let to = if id == last_id { to } else { (self.slice_size() - 1) as u32 };
            match self.directory.get_mut(id) {
                Some(slice) => slice.expect(from, to, self.slice_bits, limits),
                None if to - from + 1 > limits.sparse_max => {
                    self.directory.insert(id, Slice::window(from, to, self.slice_bits));
                }
                None => {}
            }
        }
    }

    /// Sets an element, at most [`INDEX_MAX`]; true if there was none.
    pub fn set(&mut self, index: u64, cell: Cell, limits: &ArrayLimits) -> bool {
        let (id, offset) = self.split(index);
        let is_new = match self.directory.get_mut(id) {
            Some(slice) => slice.set(offset, cell, self.slice_bits, limits),
            None => {
                let slice = Slice::with_one(offset, cell, self.slice_bits, limits);
                self.directory.insert(id, slice);
                true
            }
        };
        self.count += u64::from(is_new);
        self.len = self.len.max(index + 1);
        is_new
    }

    /// Removes an element; true if there was one.
    pub fn remove(&mut self, index: u64, limits: &ArrayLimits) -> bool {
        self.remove_range(index, index, limits) > 0
    }

    /// Removes the elements `first..=last`; how many there were.
    pub fn remove_range(&mut self, first: u64, last: u64, limits: &ArrayLimits) -> u64 {
        let ((first_id, from), (last_id, to)) = (self.split(first), self.split(last));
        let mut removed = 0;
        for id in self.directory.ids(first_id, last_id) {
            let from = if id == first_id { from } else { 0 };
            let to = if id == last_id { to } else { (self.slice_size() - 1) as u32 };
            let Some(slice) = self.directory.get_mut(id) else { continue };
            removed += u64::from(slice.remove_range(from, to, limits));
            if slice.used() == 0 {
                self.directory.remove(id);
            }
        }
        self.directory.shrink();
        self.count -= removed;
        if (first..=last).contains(&self.len.wrapping_sub(1)) {
            self.len = self.last_index().map_or(0, |index| index + 1);
        }
        removed
    }

    fn last_index(&self) -> Option<u64> {
        self.range(0, INDEX_MAX).next_back().map(|(index, _)| index)
    }

    /// Takes an element out without changing the shape or the counts of anything: for an array that is to be replaced.
    pub fn take(&mut self, index: u64) -> Option<Cell> {
        let (id, offset) = self.split(index);
        self.directory.get_mut(id)?.take(offset)
    }

    /// The elements `first..=last` in ascending order; read from the back, in descending order.
    pub fn range(&self, first: u64, last: u64) -> Elements<'_> {
        if first > last || self.count == 0 {
            return Box::new(std::iter::empty());
        }
        let (bits, span) = (self.slice_bits, (self.slice_size() - 1) as u32);
        let ((first_id, from), (last_id, to)) = (self.split(first), self.split(last));
        Box::new(self.directory.range(first_id, last_id).flat_map(move |(id, slice)| {
            let from = if id == first_id { from } else { 0 };
            let to = if id == last_id { to } else { span };
            slice.range(from, to).map(move |(offset, cell)| (id << bits | u64::from(offset), cell))
        }))
    }

    pub fn iter(&self) -> Elements<'_> {
        self.range(0, INDEX_MAX)
    }

    /// Moves the slice with this number, or the next there is, as `judge` says; the number to go on with.
    pub fn relocate(&mut self, slice: u64, judge: &mut Judge<'_>) -> Option<u64> {
        if slice == 0 {
            self.directory.relocate(judge);
        }
        let (id, slice) = self.directory.first_from(slice)?;
        slice.relocate(judge);
        id.checked_add(1)
    }

    pub fn slice_stats(&self) -> SliceStats {
        let mut stats = SliceStats::default();
        for (_, slice) in self.directory.range(0, u64::MAX) {
            let (capacity, used) = (u64::from(slice.capacity()), u64::from(slice.used()));
            if slice.is_dense() {
                stats.dense += 1;
                stats.dense_cells += capacity;
                stats.dense_used += used;
            } else {
                stats.sparse += 1;
                stats.sparse_capacity += capacity;
            }
        }
        stats
    }

    /// Bytes beside the structure itself, inferred from up to `samples` slices and elements (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        let most = if samples == 0 { usize::MAX } else { samples };
        let scaled = |(sum, seen): (usize, usize), all: u64| {
            sum.checked_div(seen).map_or(0, |mean| mean * all as usize + sum % seen)
        };
        let add = |(sum, seen): (usize, usize), bytes: usize| (sum + bytes, seen + 1);
        let slices = self.directory.range(0, u64::MAX).take(most);
        let slices = slices.map(|(_, slice)| slice.alloc_bytes()).fold((0, 0), add);
        let texts = self.iter().take(most).map(|(_, cell)| cell.alloc_bytes()).fold((0, 0), add);
        self.directory.memory_bytes() + scaled(slices, self.slices()) + scaled(texts, self.count)
    }
}

/// Elements with their indexes.
pub type Elements<'a> = Box<dyn DoubleEndedIterator<Item = (u64, &'a Cell)> + 'a>;

/// What an allocation for `len` items of a type takes.
fn vector_bytes<T>(len: usize) -> usize {
    if len == 0 { 0 } else { class_size(len * size_of::<T>()) }
}
