//! Which keys are in which slot of a cluster; kept only by servers that are in cluster mode.

use std::collections::BTreeSet;

use stdx::crc16::{SLOTS, key_slot};

use super::Database;

/// The hashes of the keys of each slot.
///
/// One ordered set of all: a slot is a range of it, and a key costs some twenty bytes. Keys of one slot whose hashes
/// are equal share an item.
pub(super) struct SlotIndex {
    counts: Vec<u32>,
    items: BTreeSet<(u16, u64)>,
}

impl Default for SlotIndex {
    fn default() -> SlotIndex {
        SlotIndex { counts: vec![0; usize::from(SLOTS)], items: BTreeSet::new() }
    }
}

impl SlotIndex {
    fn add(&mut self, key: &[u8], hash: u64) {
        let slot = key_slot(key);
        self.counts[usize::from(slot)] += 1;
        self.items.insert((slot, hash));
    }

    /// A key is gone. `shared`: another one in its slot has the same hash.
    fn remove(&mut self, slot: u16, hash: u64, shared: bool) {
        self.counts[usize::from(slot)] -= 1;
        if !shared {
            self.items.remove(&(slot, hash));
        }
    }

    /// Keys of a slot.
    fn count(&self, slot: u16) -> usize {
        self.counts.get(usize::from(slot)).map_or(0, |count| *count as usize)
    }

    /// Hashes of the keys of a slot.
    fn hashes(&self, slot: u16) -> impl Iterator<Item = u64> {
        self.items.range((slot, 0)..=(slot, u64::MAX)).map(|(_, hash)| *hash)
    }
}

impl Database {
    /// Keeps the keys by their slots from now on, while there are none yet.
    pub fn index_slots(&mut self) {
        assert!(self.table.is_empty(), "keys would be missing in the index");
        self.slots = Some(Box::default());
    }

    /// Keys in a slot; 0 unless they are kept by slots.
    pub fn count_in_slot(&self, slot: u16) -> usize {
        self.slots.as_ref().map_or(0, |slots| slots.count(slot))
    }

    /// Up to `count` keys of a slot.
    pub fn keys_in_slot(&self, slot: u16, count: usize) -> Vec<Box<[u8]>> {
        let mut keys: Vec<Box<[u8]>> = Vec::new();
        let Some(slots) = &self.slots else { return keys };
        for hash in slots.hashes(slot) {
            if keys.len() >= count {
                break;
            }
            self.table.for_each_of_hash(hash, |record| {
                if keys.len() < count && key_slot(record.key()) == slot {
                    keys.push(record.key().into());
                }
            });
        }
        keys
    }

    #[inline]
    pub(super) fn count_slot_in(&mut self, hash: u64, key: &[u8]) {
        if let Some(slots) = &mut self.slots {
            slots.add(key, hash);
        }
    }

    /// A key has left the table.
    #[inline]
    pub(super) fn count_slot_out(&mut self, hash: u64, key: &[u8]) {
        let Some(slots) = &mut self.slots else { return };
        let slot = key_slot(key);
        let mut shared = false;
        self.table.for_each_of_hash(hash, |record| shared |= key_slot(record.key()) == slot);
        slots.remove(slot, hash, shared);
    }
}
