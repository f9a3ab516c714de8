//! Scanning with a cursor that survives growth and shrinking.
//!
//! The cursor counts through bucket indexes with its bits in reverse order (the highest bit of the
//! mask changes first). Buckets that differ only in high bits, which is what one bucket splits
//! into or many merge into, are then neighbours in the order, so a table of another size is
//! continued at the right place. Every item that is there from the first call to the last is
//! visited at least once.

use super::{HashTable, Item};

impl<T: Item> HashTable<T> {
    /// Visits the items at the cursor and returns the next cursor, 0 at the end.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(&T)) -> u64 {
        if self.current.len() == 0 {
            return 0;
        }
        if !self.is_rehashing() {
            let mask = self.current.len() as u64 - 1;
            self.scan_current((cursor & mask) as usize, &mut visit);
            return next_cursor(cursor, mask);
        }
        let (current_mask, next_mask) = (self.current.len() as u64 - 1, self.next.len() as u64 - 1);
        let (small, large) = (current_mask.min(next_mask), current_mask.max(next_mask));
        let growing = current_mask < next_mask;
        if growing {
            self.scan_current((cursor & small) as usize, &mut visit);
        } else {
            self.scan_next((cursor & small) as usize, &mut visit);
        }
        // All buckets of the larger table that belong to the one of the smaller table.
        let mut cursor = cursor;
        loop {
            let index = (cursor & large) as usize;
            if growing {
                self.scan_next(index, &mut visit);
            } else {
                self.scan_current(index, &mut visit);
            }
            cursor = next_cursor(cursor, large);
            if cursor & (small ^ large) == 0 {
                return cursor;
            }
        }
    }

    fn scan_current(&self, index: usize, visit: &mut impl FnMut(&T)) {
        // SAFETY: callers mask the index, and every bucket of `current` is initialised.
        unsafe { self.current.get(index) }.for_each(visit);
    }

    fn scan_next(&self, index: usize, visit: &mut impl FnMut(&T)) {
        if self.next_is_initialised(index) {
            // SAFETY: callers mask the index, and it was just found to be initialised.
            unsafe { self.next.get(index) }.for_each(visit);
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
