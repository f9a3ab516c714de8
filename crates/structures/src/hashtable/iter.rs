//! Going through all items in table order.

use super::bucket::Bucket;
use super::{HashTable, Item};
use std::marker::PhantomData;
use std::ptr::NonNull;

impl<T: Item> HashTable<T> {
    /// Buckets that are initialised and may hold items, chains counted as one.
    pub(super) fn live_buckets(&self) -> usize {
        let next = if self.current.len() >= self.next.len() {
            self.rehash_index.min(self.next.len())
        } else {
            // Each moved bucket was split into this many.
            self.rehash_index * (self.next.len() / self.current.len())
        };
        self.current.len() - self.rehash_index + next
    }

    /// The place of the `k`th live bucket.
    pub(super) fn live_bucket(&self, k: usize) -> NonNull<Bucket<T>> {
        let unmoved = self.current.len() - self.rehash_index;
        let place = if k < unmoved {
            self.current.place(self.rehash_index + k)
        } else {
            let k = k - unmoved;
            let (split, base) = (k / self.rehash_index, k % self.rehash_index);
            let index = split * self.current.len() + base;
            debug_assert!(self.next_is_initialised(index));
            self.next.place(index)
        };
        NonNull::new(place).expect("buckets are not at address zero")
    }

    pub(super) fn for_each_live_bucket_mut(&mut self, mut visit: impl FnMut(&mut Bucket<T>)) {
        for k in 0..self.live_buckets() {
            // SAFETY: a live bucket is initialised, and the table is borrowed mutably.
            visit(unsafe { self.live_bucket(k).as_mut() });
        }
    }

    pub fn iter(&self) -> Iter<'_, T> {
        Iter { position: Position::start(), table: self }
    }

    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        IterMut {
            position: Position::start(),
            table: NonNull::from(&mut *self),
            borrow: PhantomData,
        }
    }

    /// Takes all items out; the table keeps its seed and policy, not its buckets.
    pub fn drain(&mut self) -> Drain<T> {
        self.take_all().into_iter()
    }
}

/// A place in a walk over all live chains.
struct Position<T> {
    next_bucket: usize,
    chain: Option<NonNull<Bucket<T>>>,
    slots_left: u32,
}

impl<T: Item> Position<T> {
    fn start() -> Self {
        Self { next_bucket: 0, chain: None, slots_left: 0 }
    }

    /// The next occupied slot.
    fn advance(&mut self, table: &HashTable<T>) -> Option<(NonNull<Bucket<T>>, usize)> {
        loop {
            if let (Some(bucket), true) = (self.chain, self.slots_left != 0) {
                let slot = self.slots_left.trailing_zeros() as usize;
                self.slots_left &= self.slots_left - 1;
                return Some((bucket, slot));
            }
            // Buckets are read in place: the caller may hold references to items of this one.
            // SAFETY: buckets of the walk are initialised and stay for as long as the iterator
            // borrows or owns the table.
            let child = self.chain.and_then(|bucket| unsafe { Bucket::child_at(bucket) });
            let bucket = match child {
                Some(child) => child,
                None if self.next_bucket == table.live_buckets() => return None,
                None => {
                    self.next_bucket += 1;
                    table.live_bucket(self.next_bucket - 1)
                }
            };
            self.chain = Some(bucket);
            // SAFETY: as above.
            self.slots_left = unsafe { Bucket::presence_at(bucket) };
        }
    }
}

/// Items of a table, shared.
pub struct Iter<'a, T: Item> {
    position: Position<T>,
    table: &'a HashTable<T>,
}

impl<'a, T: Item> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let (bucket, slot) = self.position.advance(self.table)?;
        // SAFETY: the bucket is alive and unchanged while the table is borrowed.
        Some(unsafe { bucket.as_ref() }.item(slot))
    }
}

/// Items of a table, each to change under its key.
pub struct IterMut<'a, T: Item> {
    position: Position<T>,
    table: NonNull<HashTable<T>>,
    borrow: PhantomData<&'a mut HashTable<T>>,
}

impl<'a, T: Item> Iterator for IterMut<'a, T> {
    type Item = &'a mut T;

    fn next(&mut self) -> Option<&'a mut T> {
        // SAFETY: the iterator holds the mutable borrow of the table.
        let (bucket, slot) = self.position.advance(unsafe { self.table.as_ref() })?;
        // SAFETY: each slot is visited once, so no two references to one item exist; only the
        // slot is borrowed, so earlier items of the same bucket stay valid.
        Some(unsafe { &mut *Bucket::item_place(bucket, slot) })
    }
}

/// Items of a table by value.
pub struct IntoIter<T: Item> {
    position: Position<T>,
    table: HashTable<T>,
}

/// What `HashTable::drain` returns.
pub type Drain<T> = IntoIter<T>;

// SAFETY: the iterator owns the table; its position only points into it.
unsafe impl<T: Item + Send> Send for IntoIter<T> {}

impl<T: Item> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (mut bucket, slot) = self.position.advance(&self.table)?;
        self.table.len -= 1;
        // SAFETY: the table is owned by the iterator and nothing else refers to the bucket.
        // What is taken is gone from the bucket, so the table's own drop does not see it again.
        Some(unsafe { bucket.as_mut() }.take(slot))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.table.len, Some(self.table.len))
    }
}

impl<T: Item> ExactSizeIterator for IntoIter<T> {}

impl<T: Item> IntoIterator for HashTable<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { position: Position::start(), table: self }
    }
}

impl<'a, T: Item> IntoIterator for &'a HashTable<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
