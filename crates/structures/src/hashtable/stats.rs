//! What the table costs and how well it is filled.

use super::bucket::{Bucket, SLOTS};
use super::{HashTable, Item};

/// Figures for DEBUG HTSTATS, of one of the two tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableStats {
    pub buckets: usize,
    pub slots: usize,
    pub items: usize,
    pub child_buckets: usize,
    /// How many buckets have this many items, in their chain.
    pub buckets_by_items: Vec<usize>,
}

impl TableStats {
    fn add<T>(&mut self, bucket: &Bucket<T>) {
        let items = bucket.chain_len();
        self.items += items;
        if self.buckets_by_items.len() <= items {
            self.buckets_by_items.resize(items + 1, 0);
        }
        self.buckets_by_items[items] += 1;
        let mut chain = bucket;
        while let Some(child) = chain.child() {
            self.child_buckets += 1;
            chain = child;
        }
    }
}

impl<T: Item> HashTable<T> {
    /// Buckets of the main table and of the one it is moving to.
    pub fn bucket_counts(&self) -> (usize, usize) {
        (self.current.len(), self.next.len())
    }

    /// Items the buckets hold without chains, both tables.
    pub fn slots(&self) -> usize {
        (self.current.len() + self.next.len()) * SLOTS
    }

    /// Memory of the table itself, without what the items own.
    pub fn memory_bytes(&self) -> usize {
        self.current.size_bytes()
            + self.next.size_bytes()
            + self.retired.as_ref().map_or(0, super::Retired::size_bytes)
            + self.child_buckets * size_of::<Bucket<T>>()
    }

    /// Counts chain lengths: walks the table. The second one only while it is being resized.
    pub fn stats(&self) -> (TableStats, Option<TableStats>) {
        let unmoved = self.current.len() - self.rehash_index;
        let mut current = TableStats {
            buckets: self.current.len(),
            slots: self.current.len() * SLOTS,
            buckets_by_items: vec![self.rehash_index],
            ..TableStats::default()
        };
        let mut next = TableStats {
            buckets: self.next.len(),
            slots: self.next.len() * SLOTS,
            ..TableStats::default()
        };
        for k in 0..self.live_buckets() {
            // SAFETY: a live bucket is initialised and borrowed with the table.
            let bucket = unsafe { self.live_bucket(k).as_ref() };
            if k < unmoved { current.add(bucket) } else { next.add(bucket) }
        }
        (current, self.is_rehashing().then_some(next))
    }
}
