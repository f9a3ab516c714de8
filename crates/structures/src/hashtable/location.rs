//! Finding an item now and borrowing it later, without looking for it twice.

use super::bucket::Bucket;
use super::{HashTable, Item, matching_slot};

/// Where an item was found. After a change of the table it may name another item or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    index: usize,
    depth: u32,
    slot: u8,
    in_next: bool,
}

impl<T: Item> HashTable<T> {
    /// Finds an item as `find_hashed` does.
    #[inline]
    pub fn locate_hashed(&self, hash: u64, key: &T::Key) -> Option<Location> {
        let mut bucket = self.chain(hash)?;
        let mut depth = 0;
        loop {
            if let Some(slot) = matching_slot(bucket, hash, key) {
                let index = self.current.index_of(hash);
                let in_next = index < self.rehash_index;
                let index = if in_next { self.next.index_of(hash) } else { index };
                return Some(Location { index, depth, slot: slot as u8, in_next });
            }
            bucket = bucket.child()?;
            depth += 1;
        }
    }

    /// The item at a location.
    #[inline]
    pub fn at(&self, location: Location) -> Option<&T> {
        if !self.holds_bucket(location) {
            return None;
        }
        let array = if location.in_next { &self.next } else { &self.current };
        // SAFETY: the index was found to be that of an initialised bucket.
        let mut bucket = unsafe { array.get(location.index) };
        for _ in 0..location.depth {
            bucket = bucket.child()?;
        }
        holds_slot(bucket, location).then(|| bucket.item(location.slot.into()))
    }

    /// The item at a location, to change under its key.
    #[inline]
    pub fn at_mut(&mut self, location: Location) -> Option<&mut T> {
        if !self.holds_bucket(location) {
            return None;
        }
        let array = if location.in_next { &mut self.next } else { &mut self.current };
        // SAFETY: the index was found to be that of an initialised bucket.
        let mut bucket = unsafe { array.get_mut(location.index) };
        for _ in 0..location.depth {
            bucket = bucket.child_mut()?;
        }
        holds_slot(bucket, location).then(|| bucket.item_mut(location.slot.into()))
    }

    /// Whether the location names an initialised bucket.
    #[inline]
    fn holds_bucket(&self, location: Location) -> bool {
        if location.in_next {
            location.index < self.next.len() && self.next_is_initialised(location.index)
        } else {
            location.index < self.current.len()
        }
    }
}

#[inline]
fn holds_slot<T>(bucket: &Bucket<T>, location: Location) -> bool {
    bucket.presence() >> location.slot & 1 == 1
}
