//! Which keys expire, and which hashes have fields that do, by the hash of the key alone.

use std::collections::BTreeSet;
use structures::{HashSeed, Item};

/// One key with an expiry: the hash of the key, as the main table computes it. Eight bytes a key
/// and no pointer to keep right; the key is found again through the main table.
pub(crate) struct ExpiryItem(pub(crate) u64);

impl Item for ExpiryItem {
    type Key = u64;

    fn key(&self) -> &u64 {
        &self.0
    }

    /// The hash is the item: the same seed made it.
    fn hash_key(_: &HashSeed, key: &u64) -> u64 {
        *key
    }

    fn matches(&self, key: &u64) -> bool {
        self.0 == *key
    }
}

/// Hashes with volatile fields, by the time of the next one. Empty, it owns no memory.
#[derive(Default)]
pub(crate) struct FieldExpiryIndex {
    by_time: BTreeSet<(i64, u64)>,
}

impl FieldExpiryIndex {
    pub(crate) fn len(&self) -> usize {
        self.by_time.len()
    }

    /// Moves a key from one time to another.
    pub(crate) fn update(&mut self, key_hash: u64, from_ms: Option<i64>, to_ms: Option<i64>) {
        if let Some(from_ms) = from_ms {
            self.by_time.remove(&(from_ms, key_hash));
        }
        if let Some(to_ms) = to_ms {
            self.by_time.insert((to_ms, key_hash));
        }
    }

    /// The next time and the hash of its key.
    pub(crate) fn first(&self) -> Option<(i64, u64)> {
        self.by_time.first().copied()
    }

    /// Keys with a field that expires before `now_ms`, the earliest first.
    pub(crate) fn before(&self, now_ms: i64) -> impl Iterator<Item = (i64, u64)> {
        self.by_time.range(..(now_ms, 0)).copied()
    }
}
