//! What a group has delivered and nobody has acknowledged: found by ID, and linked in the order of delivery.
//!
//! Those that a consumer gave back come first, in the order in which they were given back; then the others by the
//! moment of their last delivery.

use super::id::StreamId;
use super::slab::Slab;
use crate::ordered_chunks::{OrderedIndex, Place};
use crate::relocate::Judge;

/// No slot.
const NONE: u32 = u32::MAX;

/// Whose an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// A consumer gave it back, or it is being read from RDB.
    Nobody,
    /// Number of a consumer.
    Consumer(u32),
}

#[derive(Clone)]
pub(super) struct Pending {
    pub(super) id: StreamId,
    /// Unix milliseconds; 0 if given back.
    pub(super) delivered_ms: i64,
    pub(super) deliveries: u64,
    pub(super) owner: Owner,
    /// Neighbours in the order of delivery.
    before: u32,
    after: u32,
}

const _: () = assert!(size_of::<Option<Pending>>() == 48);

/// See the module text.
#[derive(Clone)]
pub(super) struct PendingList {
    slots: Slab<Pending>,
    by_id: OrderedIndex,
    first: u32,
    last: u32,
    /// The last of those given back.
    last_released: u32,
    released: usize,
}

impl PendingList {
    pub(super) const fn new() -> Self {
        Self {
            slots: Slab::new(),
            by_id: OrderedIndex::new(),
            first: NONE,
            last: NONE,
            last_released: NONE,
            released: 0,
        }
    }

    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        self.slots.relocate(judge, |_, _| {});
        self.by_id.relocate(judge);
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// How many were given back.
    pub(super) fn released(&self) -> usize {
        self.released
    }

    #[inline]
    pub(super) fn at(&self, slot: u32) -> Option<&Pending> {
        self.slots.get(slot)
    }

    fn id_of(&self, slot: u32) -> StreamId {
        self.at(slot).map_or(StreamId::MAX, |pending| pending.id)
    }

    /// Where an ID stands or would stand in an index of some of the slots.
    pub(super) fn place_in(&self, index: &OrderedIndex, id: StreamId) -> Place {
        // Most come behind all others.
        if index.last().is_some_and(|last| self.id_of(*last) < id) {
            return index.end();
        }
        index.find(|slot| self.id_of(*slot) < id)
    }

    /// The place and the slot of an entry.
    fn place(&self, id: StreamId) -> (Place, Option<u32>) {
        let place = self.place_in(&self.by_id, id);
        (place, self.by_id.at(place).copied().filter(|slot| self.id_of(*slot) == id))
    }

    pub(super) fn find(&self, id: StreamId) -> Option<u32> {
        self.place(id).1
    }

    pub(super) fn first_id(&self) -> Option<StreamId> {
        self.by_id.first().map(|slot| self.id_of(*slot))
    }

    pub(super) fn last_id(&self) -> Option<StreamId> {
        self.by_id.last().map(|slot| self.id_of(*slot))
    }

    /// Slots by ID, from one on.
    pub(super) fn iter_from(&self, start: StreamId) -> impl Iterator<Item = u32> + '_ {
        self.by_id.iter_from(self.place_in(&self.by_id, start)).copied()
    }

    /// Slots in the order of delivery.
    pub(super) fn iter_oldest(&self) -> impl Iterator<Item = u32> + '_ {
        let link = |slot: u32| (slot != NONE).then_some(slot);
        std::iter::successors(link(self.first), move |slot| link(self.at(*slot)?.after))
    }

    /// Adds an entry that is not there; in no order of delivery yet.
    fn add(&mut self, place: Place, id: StreamId, delivered_ms: i64, deliveries: u64) -> u32 {
        let slot = self.slots.insert(Pending {
            id,
            delivered_ms,
            deliveries,
            owner: Owner::Nobody,
            before: NONE,
            after: NONE,
        });
        self.by_id.insert(place, slot);
        slot
    }

    /// Adds an entry of a consumer, or gives it another owner, moment and count; its slot, and whose it was.
    pub(super) fn assign(
        &mut self,
        id: StreamId,
        consumer: u32,
        delivered_ms: i64,
        deliveries: u64,
    ) -> (u32, Option<Owner>) {
        let (place, found) = self.place(id);
        let (slot, before) = match found {
            None => (self.add(place, id, delivered_ms, deliveries), None),
            Some(slot) => {
                self.unlink(slot);
                (slot, self.at(slot).map(|pending| pending.owner))
            }
        };
        if let Some(pending) = self.slots.get_mut(slot) {
            pending.delivered_ms = delivered_ms;
            pending.deliveries = deliveries;
            pending.owner = Owner::Consumer(consumer);
        }
        let behind = self.last_delivered_until(delivered_ms);
        self.link_behind(slot, behind);
        (slot, before)
    }

    /// Gives an entry back, behind all that were before; one that is not there is added. Its slot, and whose it was.
    pub(super) fn release(&mut self, id: StreamId, deliveries: u64) -> (u32, Option<Owner>) {
        let (place, found) = self.place(id);
        let (slot, before) = match found {
            None => (self.add(place, id, 0, deliveries), None),
            Some(slot) => {
                self.unlink(slot);
                (slot, self.at(slot).map(|pending| pending.owner))
            }
        };
        if let Some(pending) = self.slots.get_mut(slot) {
            pending.delivered_ms = 0;
            pending.deliveries = deliveries;
            pending.owner = Owner::Nobody;
        }
        self.link_behind(slot, self.last_released);
        self.last_released = slot;
        self.released += 1;
        (slot, before)
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, id: StreamId) -> Option<Pending> {
        let (place, found) = self.place(id);
        let slot = found?;
        self.unlink(slot);
        self.by_id.remove(place);
        self.slots.remove(slot)
    }

    /// The slot behind which one of this moment belongs.
    fn last_delivered_until(&self, delivered_ms: i64) -> u32 {
        let mut slot = self.last;
        while slot != self.last_released
            && let Some(pending) = self.at(slot)
            && pending.delivered_ms > delivered_ms
        {
            slot = pending.before;
        }
        slot
    }

    fn link_behind(&mut self, slot: u32, before: u32) {
        let after = match self.slots.get_mut(before) {
            Some(pending) => std::mem::replace(&mut pending.after, slot),
            None => std::mem::replace(&mut self.first, slot),
        };
        match self.slots.get_mut(after) {
            Some(pending) => pending.before = slot,
            None => self.last = slot,
        }
        if let Some(pending) = self.slots.get_mut(slot) {
            (pending.before, pending.after) = (before, after);
        }
    }

    fn unlink(&mut self, slot: u32) {
        let Some(pending) = self.at(slot) else { return };
        let (before, after) = (pending.before, pending.after);
        if pending.owner == Owner::Nobody {
            self.released -= 1;
            if self.last_released == slot {
                self.last_released = before;
            }
        }
        match self.slots.get_mut(before) {
            Some(pending) => pending.after = after,
            None => self.first = after,
        }
        match self.slots.get_mut(after) {
            Some(pending) => pending.before = before,
            None => self.last = before,
        }
    }

    /// Adds an entry read from RDB, without owner and place in the order of delivery; false if it is there already.
    pub(super) fn load(&mut self, id: StreamId, delivered_ms: i64, deliveries: u64) -> bool {
        let (place, found) = self.place(id);
        if found.is_none() {
            self.add(place, id, delivered_ms, deliveries);
        }
        found.is_none()
    }

    /// Gives an entry read from RDB its owner; its slot, or `None` if there is no such entry or it has one.
    pub(super) fn load_owner(&mut self, id: StreamId, consumer: u32) -> Option<u32> {
        let slot = self.find(id)?;
        let pending = self.slots.get_mut(slot)?;
        if pending.owner != Owner::Nobody {
            return None;
        }
        pending.owner = Owner::Consumer(consumer);
        Some(slot)
    }

    /// Orders what was read from RDB: first `released`, then those with an owner. False if one is neither.
    pub(super) fn finish_loading(&mut self, released: &[StreamId]) -> bool {
        let mut owned: Vec<u32> = Vec::new();
        for slot in self.by_id.iter().copied() {
            if self.at(slot).is_some_and(|pending| pending.owner != Owner::Nobody) {
                owned.push(slot);
            }
        }
        if owned.len() + released.len() != self.len() {
            return false;
        }
        for id in released {
            let Some(slot) = self.find(*id) else { return false };
            let Some(pending) = self.slots.get_mut(slot) else { return false };
            let is_linked = pending.before != NONE || self.first == slot;
            if pending.owner != Owner::Nobody || is_linked {
                return false;
            }
            pending.delivered_ms = 0;
            self.link_behind(slot, self.last_released);
            self.last_released = slot;
            self.released += 1;
        }
        owned.sort_by_key(|slot| self.at(*slot).map_or(0, |pending| pending.delivered_ms));
        for slot in owned {
            self.link_behind(slot, self.last);
        }
        true
    }

    pub(super) fn free_effort(&self) -> usize {
        self.slots.allocations() + self.by_id.allocations()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.slots.memory_bytes() + self.by_id.memory_bytes()
    }
}
