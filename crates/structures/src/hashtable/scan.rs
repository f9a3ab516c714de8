//! Scanning with a cursor that survives growth and shrinking.
//!
//! The cursor counts through bucket indexes with its bits in reverse order (the highest bit of the
//! mask changes first). Buckets that differ only in high bits, which is what one bucket splits
//! into or many merge into, are then neighbours in the order, so a table of another size is
//! continued at the right place. Every item that is there from the first call to the last is
//! visited at least once.

use super::{HashTable, Item};
use crate::relocate::Judge;

/// Buckets of one cursor that are visited to be moved: those that a doubling in six steps makes of one, and itself.
const PLACES_MAX: usize = 65;

impl<T: Item> HashTable<T> {
    /// Visits the items at the cursor and returns the next cursor, 0 at the end.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(&T)) -> u64 {
        self.scan_places(cursor, |in_next, index| {
            let array = if in_next { &self.next } else { &self.current };
            // SAFETY: a place that `scan_places` names is initialised.
            unsafe { array.get(index) }.for_each(&mut visit);
        })
    }

    /// Visits the items at the cursor, with their chains and small tables moved as `judge` says, and returns the next
    /// cursor, 0 at the end. `visit` may move an item, not change its key.
    pub fn relocate(
        &mut self,
        cursor: u64,
        judge: &mut Judge<'_>,
        mut visit: impl FnMut(&mut T, &mut Judge<'_>),
    ) -> u64 {
        if cursor == 0 {
            self.current.relocate(judge);
            self.next.relocate(judge);
        }
        let mut places = [(false, 0); PLACES_MAX];
        let mut found = 0;
        let next_cursor = self.scan_places(cursor, |in_next, index| {
            // A table that grows or shrinks by more than that at once has buckets left out, which does no harm.
            if let Some(place) = places.get_mut(found) {
                *place = (in_next, index);
                found += 1;
            }
        });
        for &(in_next, index) in places.iter().take(found) {
            let array = if in_next { &mut self.next } else { &mut self.current };
            // SAFETY: a place that `scan_places` names is initialised, and nothing was resized since.
            unsafe { array.get_mut(index) }.relocate(judge, &mut visit);
        }
        next_cursor
    }

    /// Calls `visit` for each bucket at the cursor, which is initialised, and returns the next cursor, 0 at the end.
    #[inline]
    fn scan_places(&self, cursor: u64, mut visit: impl FnMut(bool, usize)) -> u64 {
        if self.current.len() == 0 {
            return 0;
        }
        if !self.is_rehashing() {
            let mask = self.current.len() as u64 - 1;
            visit(false, (cursor & mask) as usize);
            return next_cursor(cursor, mask);
        }
        let (current_mask, next_mask) = (self.current.len() as u64 - 1, self.next.len() as u64 - 1);
        let (small, large) = (current_mask.min(next_mask), current_mask.max(next_mask));
        let growing = current_mask < next_mask;
        let mut place = |in_next: bool, index: usize| {
            if !in_next || self.next_is_initialised(index) {
                visit(in_next, index);
            }
        };
        place(!growing, (cursor & small) as usize);
        // All buckets of the larger table that belong to the one of the smaller table.
        let mut cursor = cursor;
        loop {
            let index = (cursor & large) as usize;
            place(growing, index);
            cursor = next_cursor(cursor, large);
            if cursor & (small ^ large) == 0 {
                return cursor;
            }
        }
    }

    /// Whether a bucket of `next` belongs to moved buckets of `current`.
    pub(super) fn next_is_initialised(&self, index: usize) -> bool {
        index & (self.current.len() - 1) < self.rehash_index
    }
}

/// Adds one to the cursor, bits in reverse order, within the mask.
fn next_cursor(cursor: u64, mask: u64) -> u64 {
    (cursor | !mask).reverse_bits().wrapping_add(1).reverse_bits()
}
