//! The array type: a sparse array and the cursor at which values are inserted.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use crate::relocate::{Judge, RelocateCursor};
use structures::array::{Elements, INDEX_MAX, SparseArray};
use structures::class_size;

pub use structures::array::{ArrayLimits, Cell, CellText, CellView, SliceStats};

/// A cursor that stands before the first index.
const NO_CURSOR: u64 = u64::MAX;

/// See the module text.
#[derive(Clone)]
pub struct Array {
    elements: SparseArray,
    /// Where a value was inserted last, or [`NO_CURSOR`].
    cursor: u64,
}

impl Array {
    pub const INDEX_MAX: u64 = INDEX_MAX;

    pub fn new(limits: &ArrayLimits) -> Self {
        Self { elements: SparseArray::new(limits), cursor: NO_CURSOR }
    }

    pub fn elements(&self) -> &SparseArray {
        &self.elements
    }

    /// Elements in use.
    pub fn count(&self) -> u64 {
        self.elements.count()
    }

    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The greatest index in use and one.
    pub fn len(&self) -> u64 {
        self.elements.len()
    }

    pub fn get(&self, index: u64) -> Option<&Cell> {
        self.elements.get(index)
    }

    /// The elements of `first..=last` in ascending order.
    pub fn range(&self, first: u64, last: u64) -> Elements<'_> {
        self.elements.range(first, last)
    }

    /// Sets an element; true if there was none.
    pub fn set(&mut self, index: u64, text: &[u8], limits: &ArrayLimits) -> bool {
        self.elements.set(index, Cell::new(text), limits)
    }

    /// The same with a cell.
    pub fn set_cell(&mut self, index: u64, cell: Cell, limits: &ArrayLimits) -> bool {
        self.elements.set(index, cell, limits)
    }

    /// Sets the elements from `first` on, which end at [`Self::INDEX_MAX`] at the most; how many are new.
    pub fn set_run(&mut self, first: u64, texts: &[&[u8]], limits: &ArrayLimits) -> u64 {
        if texts.len() > 1 {
            self.elements.expect(first, first + (texts.len() as u64 - 1), limits);
        }
        let run = texts.iter().zip(first..);
        run.map(|(text, index)| u64::from(self.set(index, text, limits))).sum()
    }

    /// Removes the elements of `first..=last`; how many there were.
    pub fn remove_range(&mut self, first: u64, last: u64, limits: &ArrayLimits) -> u64 {
        self.elements.remove_range(first, last, limits)
    }

    /// Where a value was inserted last.
    pub fn cursor(&self) -> Option<u64> {
        (self.cursor != NO_CURSOR).then_some(self.cursor)
    }

    pub fn set_cursor(&mut self, cursor: Option<u64>) {
        self.cursor = cursor.unwrap_or(NO_CURSOR);
    }

    /// Where the next value is inserted; `None` behind the last index.
    pub fn next_index(&self) -> Option<u64> {
        let next = self.cursor.wrapping_add(1);
        (next <= INDEX_MAX).then_some(next)
    }

    /// Inserts values at the cursor; the last one's index, or `None`, and nothing done, if there is no room.
    pub fn insert(&mut self, texts: &[&[u8]], limits: &ArrayLimits) -> Option<u64> {
        let first = self.next_index()?;
        let last = first.checked_add(texts.len().checked_sub(1)? as u64)?;
        if last > INDEX_MAX {
            return None;
        }
        self.set_run(first, texts, limits);
        self.cursor = last;
        Some(last)
    }

    /// Inserts values at the cursor of a ring of so many elements; the last one's index.
    pub fn insert_ring(&mut self, size: u64, texts: &[&[u8]], limits: &ArrayLimits) -> u64 {
        let cursor = self.cursor();
        match self.len().cmp(&size) {
            // A ring whose newest element is the last one grows as it is.
            Ordering::Less if cursor.is_some_and(|cursor| cursor + 1 < self.len()) => {
                self.unroll(size, limits);
            }
            Ordering::Greater => self.unroll(size, limits),
            Ordering::Less | Ordering::Equal => {}
        }
        for text in texts {
            self.cursor = self.cursor.wrapping_add(1) % size;
            self.set(self.cursor, text, limits);
        }
        self.cursor
    }

    /// Keeps the newest elements of a ring up to the first hole, `size` at the most, and puts the oldest first.
    fn unroll(&mut self, size: u64, limits: &ArrayLimits) {
        let len = self.len();
        if len == 0 {
            return;
        }
        let mut index = self.cursor().map_or(len - 1, |cursor| cursor % len);
        let mut kept = Vec::new();
        while (kept.len() as u64) < size.min(len) {
            let Some(cell) = self.elements.take(index) else { break };
            kept.push(cell);
            index = index.checked_sub(1).unwrap_or(len - 1);
        }
        // A new one, with slices as they are asked for now.
        self.elements = SparseArray::new(limits);
        if let Some(last) = kept.len().checked_sub(1) {
            self.elements.expect(0, last as u64, limits);
        }
        self.set_cursor((kept.len() as u64).checked_sub(1));
        for (cell, index) in kept.into_iter().rev().zip(0..) {
            self.elements.set(index, cell, limits);
        }
    }

    /// The indexes of up to `count` newest elements, the newest first; there may be holes among them.
    pub fn newest(&self, count: u64) -> impl Iterator<Item = u64> + '_ {
        let last = self.len().wrapping_sub(1);
        let start = self.cursor().unwrap_or(last);
        let indexes = std::iter::successors(Some(start), move |index| {
            Some(index.checked_sub(1).unwrap_or(last))
        });
        indexes.take(count.min(self.count()) as usize)
    }

    /// Moves a slice as `judge` says; true while there is more.
    pub(crate) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        let next = self.elements.relocate(cursor.at, judge);
        cursor.advance(next);
        next.is_some()
    }

    /// About how many allocations dropping the array frees.
    pub fn free_effort(&self) -> usize {
        self.count() as usize
    }

    /// Bytes the array takes beside its value, inferred from up to `samples` elements (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        class_size(size_of::<Self>()) + self.elements.memory_bytes(samples)
    }
}
