//! Which keys are in which slot of a cluster; kept only by servers that are in cluster mode.

use stdx::crc16::{SLOTS, key_slot};
use structures::{HashSeed, HashTable};

use super::Database;
use crate::expiry_index::ExpiryItem;
use crate::relocate::Judge;

/// The keys of a slot that has some: how many, and their hashes. Keys whose hashes are equal share an item.
struct Slot {
    count: usize,
    hashes: HashTable<ExpiryItem>,
}

/// The slots. A key costs ten to twenty bytes, in small allocations that can be moved.
pub(super) struct SlotIndex {
    slots: Vec<Option<Box<Slot>>>,
}

impl Default for SlotIndex {
    fn default() -> SlotIndex {
        SlotIndex { slots: std::iter::repeat_with(|| None).take(usize::from(SLOTS)).collect() }
    }
}

impl SlotIndex {
    fn add(&mut self, key: &[u8], hash: u64) {
        // The items are hashes already; the table needs no seed.
        const SEED: HashSeed = HashSeed::new([0; 16]);
        let slot = self.slots[usize::from(key_slot(key))]
            .get_or_insert_with(|| Box::new(Slot { count: 0, hashes: HashTable::with_seed(SEED) }));
        slot.count += 1;
        if !slot.hashes.contains(&hash) {
            slot.hashes.insert_unique(ExpiryItem(hash));
        }
    }

    /// A key is gone. `shared`: another one in its slot has the same hash.
    fn remove(&mut self, slot: u16, hash: u64, shared: bool) {
        let place = &mut self.slots[usize::from(slot)];
        let Some(slot) = place else { return };
        slot.count -= 1;
        if slot.count == 0 {
            *place = None;
        } else if !shared {
            slot.hashes.remove(&hash);
        }
    }

    fn get(&self, slot: u16) -> Option<&Slot> {
        self.slots.get(usize::from(slot))?.as_deref()
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
        self.slots.as_ref().and_then(|slots| slots.get(slot)).map_or(0, |slot| slot.count)
    }

    /// Up to `count` keys of a slot.
    pub fn keys_in_slot(&self, slot: u16, count: usize) -> Vec<Box<[u8]>> {
        let mut keys: Vec<Box<[u8]>> = Vec::new();
        let Some(index) = self.slots.as_ref().and_then(|slots| slots.get(slot)) else {
            return keys;
        };
        for item in index.hashes.iter() {
            if keys.len() >= count {
                break;
            }
            self.table.for_each_of_hash(item.0, |record| {
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

    /// Moves what is known of a slot's keys, from a cursor on, as `judge` says; the next cursor, 0 at the end.
    /// `None` if there is no such slot, or keys are not kept by slots.
    pub fn relocate_slot(
        &mut self,
        slot: usize,
        cursor: u64,
        judge: &mut Judge<'_>,
    ) -> Option<u64> {
        let Some(slot) = self.slots.as_mut()?.slots.get_mut(slot)? else { return Some(0) };
        if cursor == 0 {
            structures::relocate::boxed(slot, judge);
        }
        Some(slot.hashes.relocate(cursor, judge, |_, _| {}))
    }
}
