//! The hash table of the keyspace: cache-line buckets, incremental resize, cursor scans.
//!
//! Items are eight bytes (a thin pointer, usually), seven to a 64-byte [`bucket`]; an eighth
//! makes the bucket a chain. An item never leaves the bucket index its hash names, which is what
//! lets [`HashTable::scan`] give Redis's guarantees.
//!
//! While the table is being resized, buckets of `current` below `rehash_index` have moved to
//! `next` and an item is in exactly one of the two, known from its hash alone; so a lookup looks
//! at one chain, and the buckets of `next` need no initialisation before their turn: growing
//! touches no memory at once.
//!
//! Invariant: every bucket of `current` is initialised; of `next`, exactly those are whose hashes
//! belong to moved buckets.

mod bucket;
mod bucket_array;
mod iter;
mod location;
mod random;
mod resize;
mod scan;
mod seed;
mod stats;
#[cfg(test)]
mod tests;

use bucket::{Bucket, SLOTS, bits};
use bucket_array::BucketArray;
pub use iter::{Drain, IntoIter, Iter, IterMut};
pub use location::Location;
pub use resize::{ResizePolicy, Retired};
pub use seed::HashSeed;
pub use stats::TableStats;
use std::marker::PhantomData;

/// What a table needs to know of the eight-byte values it holds.
pub trait Item {
    type Key: ?Sized;
    fn key(&self) -> &Self::Key;
    fn hash_key(seed: &HashSeed, key: &Self::Key) -> u64;
    fn matches(&self, key: &Self::Key) -> bool;
    fn hash(&self, seed: &HashSeed) -> u64 {
        Self::hash_key(seed, self.key())
    }
    /// Asks the processor for the memory behind the item.
    fn prefetch(&self) {}
}

/// See the module text.
pub struct HashTable<T: Item> {
    current: BucketArray<T>,
    next: BucketArray<T>,
    /// Buckets of `current` below this have moved; 0 when the table is not being resized.
    rehash_index: usize,
    len: usize,
    child_buckets: usize,
    seed: HashSeed,
    policy: ResizePolicy,
    /// Whether a big array that a resize leaves behind waits for `take_retired`.
    retires: bool,
    retired: Option<Retired<T>>,
    owns_items: PhantomData<T>,
}

/// Where the item with a key is, or would be.
pub enum Entry<'a, T: Item> {
    Occupied(&'a mut T),
    Vacant(VacantSlot<'a, T>),
}

/// The right to insert an item under a hash that the table does not hold.
pub struct VacantSlot<'a, T: Item> {
    table: &'a mut HashTable<T>,
    hash: u64,
}

impl<'a, T: Item> VacantSlot<'a, T> {
    pub fn insert(self, item: T) -> &'a mut T {
        self.table.insert_unique_hashed(self.hash, item)
    }
}

/// The byte of the hash kept beside each item; index bits come from the other end.
#[inline]
fn tag_of(hash: u64) -> u8 {
    (hash >> 56) as u8
}

impl<T: Item> HashTable<T> {
    pub const fn with_seed(seed: HashSeed) -> Self {
        Self {
            current: BucketArray::none(),
            next: BucketArray::none(),
            rehash_index: 0,
            len: 0,
            child_buckets: 0,
            seed,
            policy: ResizePolicy::Allow,
            retires: false,
            retired: None,
            owns_items: PhantomData,
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn seed(&self) -> &HashSeed {
        &self.seed
    }

    #[inline]
    pub fn hash_of(&self, key: &T::Key) -> u64 {
        T::hash_key(&self.seed, key)
    }

    /// The place of the first bucket of the only chain that may hold `hash`.
    /// The table must have buckets; the bucket is then initialised, by the table's invariant.
    #[inline]
    fn chain_place(&self, hash: u64) -> *mut Bucket<T> {
        let index = self.current.index_of(hash);
        if index >= self.rehash_index {
            self.current.place(index)
        } else {
            self.next.place(self.next.index_of(hash))
        }
    }

    #[inline]
    fn chain(&self, hash: u64) -> Option<&Bucket<T>> {
        if self.len == 0 {
            return None;
        }
        // SAFETY: the table has items and so buckets; chain_place names an initialised one,
        // borrowed for as long as the table.
        Some(unsafe { &*self.chain_place(hash) })
    }

    #[inline]
    fn chain_mut(&mut self, hash: u64) -> Option<&mut Bucket<T>> {
        if self.len == 0 {
            return None;
        }
        // SAFETY: as in `chain`, borrowed mutably.
        Some(unsafe { &mut *self.chain_place(hash) })
    }

    pub fn find(&self, key: &T::Key) -> Option<&T> {
        self.find_hashed(self.hash_of(key), key)
    }

    #[inline]
    pub fn find_hashed(&self, hash: u64, key: &T::Key) -> Option<&T> {
        let mut bucket = self.chain(hash)?;
        loop {
            let mut candidates = bucket.match_tag(tag_of(hash));
            while candidates != 0 {
                let item = bucket.item(candidates.trailing_zeros() as usize);
                if item.matches(key) {
                    return Some(item);
                }
                candidates &= candidates - 1;
            }
            bucket = bucket.child()?;
        }
    }

    pub fn find_mut(&mut self, key: &T::Key) -> Option<&mut T> {
        self.find_mut_hashed(self.hash_of(key), key)
    }

    /// Like `find_hashed`; the caller may replace the item by another with the same key.
    #[inline]
    pub fn find_mut_hashed(&mut self, hash: u64, key: &T::Key) -> Option<&mut T> {
        let mut bucket = self.chain_mut(hash)?;
        loop {
            if let Some(slot) = matching_slot(bucket, hash, key) {
                return Some(bucket.item_mut(slot));
            }
            bucket = bucket.child_mut()?;
        }
    }

    pub fn contains(&self, key: &T::Key) -> bool {
        self.find(key).is_some()
    }

    /// Calls `visit` for each item of this hash: mostly one, for lack of collisions of all 64 bits.
    pub fn for_each_of_hash(&self, hash: u64, mut visit: impl FnMut(&T)) {
        self.for_each_candidate(hash, |item| {
            if item.hash(&self.seed) == hash {
                visit(item);
            }
        });
    }

    /// Calls `visit` for each item whose bucket and tag are those of `hash`: every item of that
    /// hash, and now and then another one. Computes no hash, so it is the one for prefetching.
    pub fn for_each_candidate(&self, hash: u64, mut visit: impl FnMut(&T)) {
        let mut chain = self.chain(hash);
        while let Some(bucket) = chain {
            for slot in bits(bucket.match_tag(tag_of(hash))) {
                visit(bucket.item(slot));
            }
            chain = bucket.child();
        }
    }

    pub fn find_or_slot(&mut self, key: &T::Key) -> Entry<'_, T> {
        self.find_or_slot_hashed(self.hash_of(key), key)
    }

    pub fn find_or_slot_hashed(&mut self, hash: u64, key: &T::Key) -> Entry<'_, T> {
        // The borrow checker does not yet see that the item is borrowed on one way out only.
        let found = self.find_mut_hashed(hash, key).map(std::ptr::from_mut);
        if let Some(item) = found {
            // SAFETY: it points to an item of this table, which is borrowed mutably.
            return Entry::Occupied(unsafe { &mut *item });
        }
        Entry::Vacant(VacantSlot { table: self, hash })
    }

    /// Inserts an item whose key the table does not hold.
    pub fn insert_unique(&mut self, item: T) -> &mut T {
        self.insert_unique_hashed(item.hash(&self.seed), item)
    }

    /// Inserts an item under its hash. Items of equal keys are all kept.
    pub fn insert_unique_hashed(&mut self, hash: u64, item: T) -> &mut T {
        self.before_insert();
        self.len += 1;
        let mut grown = 0;
        let place = {
            // SAFETY: before_insert made sure that there are buckets; chain_place names an
            // initialised one.
            let bucket = unsafe { &mut *self.chain_place(hash) };
            std::ptr::from_mut(add_to_chain(bucket, hash, item, &mut grown))
        };
        self.child_buckets += grown;
        // SAFETY: it points to the item just added, in a table borrowed mutably by the caller.
        unsafe { &mut *place }
    }

    pub fn remove(&mut self, key: &T::Key) -> Option<T> {
        self.remove_hashed(self.hash_of(key), key)
    }

    pub fn remove_hashed(&mut self, hash: u64, key: &T::Key) -> Option<T> {
        let mut freed = 0;
        let item = remove_from_chain(self.chain_mut(hash)?, hash, key, &mut freed)?;
        self.len -= 1;
        self.child_buckets -= freed;
        self.after_remove();
        Some(item)
    }

    /// Asks the processor for the bucket of a hash.
    #[inline]
    pub fn prefetch(&self, hash: u64) {
        if self.len != 0 {
            crate::prefetch::read(self.chain_place(hash));
        }
    }

    /// Asks the processor for the items that a lookup of the hash will look at.
    #[inline]
    pub fn prefetch_items(&self, hash: u64) {
        if let Some(bucket) = self.chain(hash) {
            for slot in bits(bucket.match_tag(tag_of(hash))) {
                bucket.item(slot).prefetch();
            }
        }
    }

    /// Drops all items and frees all buckets.
    pub fn clear(&mut self) {
        drop(self.take_all());
    }

    /// Leaves an empty table of the same seed and policy and returns the full one.
    pub fn take_all(&mut self) -> Self {
        let mut empty = Self::with_seed(self.seed);
        empty.policy = self.policy;
        empty.retires = self.retires;
        std::mem::replace(self, empty)
    }
}

impl<T: Item> Drop for HashTable<T> {
    fn drop(&mut self) {
        if self.len != 0 || self.child_buckets != 0 {
            self.for_each_live_bucket_mut(drop_chain);
        }
    }
}

/// Drops the items of a chain and frees its children.
fn drop_chain<T>(bucket: &mut Bucket<T>) {
    for slot in bits(bucket.presence()) {
        drop(bucket.take(slot));
    }
    let mut child = bucket.take_child();
    while let Some(mut bucket) = child {
        for slot in bits(bucket.presence()) {
            drop(bucket.take(slot));
        }
        child = bucket.take_child();
    }
}

#[inline]
fn matching_slot<T: Item>(bucket: &Bucket<T>, hash: u64, key: &T::Key) -> Option<usize> {
    let mut candidates = bucket.match_tag(tag_of(hash));
    while candidates != 0 {
        let slot = candidates.trailing_zeros() as usize;
        if bucket.item(slot).matches(key) {
            return Some(slot);
        }
        candidates &= candidates - 1;
    }
    None
}

fn add_to_chain<'a, T>(
    mut bucket: &'a mut Bucket<T>,
    hash: u64,
    item: T,
    grown: &mut usize,
) -> &'a mut T {
    loop {
        if let Some(slot) = bucket.free_slot() {
            bucket.put(slot, tag_of(hash), item);
            return bucket.item_mut(slot);
        }
        bucket = if bucket.is_chained() {
            bucket.child_mut().expect("a chained bucket has a child")
        } else {
            *grown += 1;
            bucket.grow_chain()
        };
    }
}

/// Removes an item and keeps the chain dense: the hole is filled from the end of the chain.
fn remove_from_chain<T: Item>(
    bucket: &mut Bucket<T>,
    hash: u64,
    key: &T::Key,
    freed: &mut usize,
) -> Option<T> {
    if let Some(slot) = matching_slot(bucket, hash, key) {
        let item = bucket.take(slot);
        if let Some((tag, last)) = pop_from_end(bucket, freed) {
            let slot = bucket.free_slot().expect("a slot was just emptied");
            bucket.put(slot, tag, last);
        }
        return Some(item);
    }
    let child = bucket.child_mut()?;
    let item = remove_from_chain(child, hash, key, freed)?;
    free_last_child(bucket, freed);
    Some(item)
}

/// Takes an item out of the last bucket of the chain behind `bucket`.
fn pop_from_end<T>(bucket: &mut Bucket<T>, freed: &mut usize) -> Option<(u8, T)> {
    let child = bucket.child_mut()?;
    let popped = if child.is_chained() {
        pop_from_end(child, freed)
    } else {
        bits(child.presence()).last().map(|slot| (child.tag(slot), child.take(slot)))
    };
    free_last_child(bucket, freed);
    popped
}

/// Frees the child if it is the last of the chain and its items fit into the parent.
fn free_last_child<T>(bucket: &mut Bucket<T>, freed: &mut usize) {
    let Some(child) = bucket.child() else { return };
    let room = SLOTS - bucket.presence().count_ones() as usize;
    if child.is_chained() || child.presence().count_ones() as usize > room.min(1) {
        return;
    }
    let mut child = bucket.take_child().expect("a child was just seen");
    *freed += 1;
    for slot in bits(child.presence()) {
        let tag = child.tag(slot);
        let free = bucket.free_slot().expect("the room was counted");
        bucket.put(free, tag, child.take(slot));
    }
}
