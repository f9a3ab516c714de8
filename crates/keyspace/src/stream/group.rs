//! One consumer group: how far it has read, its consumers, and what they have not acknowledged.

#[cfg(test)]
mod tests;

use crate::relocate::{Judge, boxed_bytes};
use structures::class_size;
use structures::relocate::boxed;

use super::consumers::{Consumer, Consumers};
use super::id::StreamId;
use super::pending::{Owner, Pending, PendingList};

/// A consumer of a group, until it is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsumerRef(u32);

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Copy)]
pub struct PendingEntry<'a> {
    pub id: StreamId,
    /// When it was delivered last, in unix milliseconds; 0 if it was given back.
    pub delivered_ms: i64,
    /// How often it was delivered.
    pub deliveries: u64,
    /// Whose it is; nobody's if it was given back.
    pub consumer: Option<&'a Consumer>,
    pub consumer_ref: Option<ConsumerRef>,
}

/// What few groups are without; most commands on those that are see the empty one.
#[derive(Clone)]
struct Work {
    pending: PendingList,
    consumers: Consumers,
}

static NO_WORK: Work = Work::new();

impl Work {
    const fn new() -> Self {
        Self { pending: PendingList::new(), consumers: Consumers::new() }
    }

    fn entry<'a>(&'a self, pending: &'a Pending) -> PendingEntry<'a> {
        let number = match pending.owner {
            Owner::Nobody => None,
            Owner::Consumer(number) => Some(number),
        };
        PendingEntry {
            id: pending.id,
            delivered_ms: pending.delivered_ms,
            deliveries: pending.deliveries,
            consumer: number.and_then(|number| self.consumers.get(number)),
            consumer_ref: number.map(ConsumerRef),
        }
    }

    fn at(&self, slot: u32) -> Option<PendingEntry<'_>> {
        Some(self.entry(self.pending.at(slot)?))
    }

    /// Adds a slot to what a consumer has.
    fn give(&mut self, number: u32, slot: u32, id: StreamId) {
        if let Some(consumer) = self.consumers.get_mut(number) {
            let place = self.pending.place_in(&consumer.pending, id);
            consumer.pending.insert(place, slot);
        }
    }

    /// Takes a slot from what its owner has.
    fn take(&mut self, owner: Owner, id: StreamId) {
        if let Owner::Consumer(number) = owner
            && let Some(consumer) = self.consumers.get_mut(number)
        {
            let place = self.pending.place_in(&consumer.pending, id);
            consumer.pending.remove(place);
        }
    }
}

/// See the module text.
#[derive(Clone)]
pub struct Group {
    name: Box<[u8]>,
    /// The ID up to which entries were delivered.
    pub last_id: StreamId,
    /// How many entries of all that ever were in the stream have been read; `None` if that cannot be told.
    pub entries_read: Option<u64>,
    work: Option<Box<Work>>,
}

impl Group {
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        boxed_bytes(&mut self.name, judge);
        if let Some(work) = &mut self.work {
            boxed(work, judge);
            work.pending.relocate(judge);
            work.consumers.relocate(judge);
        }
    }

    pub fn new(name: &[u8], last_id: StreamId, entries_read: Option<u64>) -> Self {
        Self { name: name.into(), last_id, entries_read, work: None }
    }

    fn work(&self) -> &Work {
        self.work.as_deref().unwrap_or(&NO_WORK)
    }

    fn work_mut(&mut self) -> &mut Work {
        self.work.get_or_insert_with(|| Box::new(Work::new()))
    }

    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// How many entries wait for an acknowledgement.
    pub fn pending_len(&self) -> usize {
        self.work().pending.len()
    }

    /// How many of them were given back.
    pub fn released_len(&self) -> usize {
        self.work().pending.released()
    }

    pub fn pending(&self, id: StreamId) -> Option<PendingEntry<'_>> {
        let work = self.work();
        work.at(work.pending.find(id)?)
    }

    pub fn first_pending_id(&self) -> Option<StreamId> {
        self.work().pending.first_id()
    }

    pub fn last_pending_id(&self) -> Option<StreamId> {
        self.work().pending.last_id()
    }

    /// What waits, by ID, from one on.
    pub fn pending_from(&self, start: StreamId) -> impl Iterator<Item = PendingEntry<'_>> {
        let work = self.work();
        work.pending.iter_from(start).filter_map(|slot| work.at(slot))
    }

    /// What waits in the order of delivery: first what was given back, then what was delivered longest ago.
    pub fn pending_by_age(&self) -> impl Iterator<Item = PendingEntry<'_>> {
        let work = self.work();
        work.pending.iter_oldest().filter_map(|slot| work.at(slot))
    }

    /// What a consumer has, by ID, from one on.
    pub fn pending_of(
        &self,
        consumer: ConsumerRef,
        start: StreamId,
    ) -> impl Iterator<Item = PendingEntry<'_>> {
        let work = self.work();
        let index = work.consumers.get(consumer.0).map(|consumer| &consumer.pending);
        let slots =
            index.map(|index| index.iter_from(work.pending.place_in(index, start)).copied());
        slots.into_iter().flatten().filter_map(|slot| work.at(slot))
    }

    /// Delivers an entry to a consumer, which has it from now on; whoever had it before has it no more.
    pub fn assign(
        &mut self,
        id: StreamId,
        consumer: ConsumerRef,
        delivered_ms: i64,
        deliveries: u64,
    ) {
        let work = self.work_mut();
        let (slot, before) = work.pending.assign(id, consumer.0, delivered_ms, deliveries);
        if before == Some(Owner::Consumer(consumer.0)) {
            return;
        }
        if let Some(owner) = before {
            work.take(owner, id);
        }
        work.give(consumer.0, slot, id);
    }

    /// Takes an entry from its consumer for whoever claims it; one that is not pending becomes so.
    pub fn release(&mut self, id: StreamId, deliveries: u64) {
        let work = self.work_mut();
        if let (_, Some(owner)) = work.pending.release(id, deliveries) {
            work.take(owner, id);
        }
    }

    /// Takes an entry out; false if it was not pending.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(work) = self.work.as_deref_mut() else { return false };
        let found = work.pending.find(id).and_then(|slot| work.pending.at(slot));
        let Some(owner) = found.map(|pending| pending.owner) else { return false };
        // While the slot still tells its ID.
        work.take(owner, id);
        work.pending.remove(id).is_some()
    }

    pub fn consumers_len(&self) -> usize {
        self.work().consumers.len()
    }

    /// The consumers in the order of their names.
    pub fn consumers(&self) -> impl Iterator<Item = (ConsumerRef, &Consumer)> {
        let consumers = &self.work().consumers;
        consumers.numbers().filter_map(|number| Some((ConsumerRef(number), consumers.get(number)?)))
    }

    pub fn find_consumer(&self, name: &[u8]) -> Option<ConsumerRef> {
        self.work().consumers.find(name).map(ConsumerRef)
    }

    pub fn consumer(&self, consumer: ConsumerRef) -> Option<&Consumer> {
        self.work().consumers.get(consumer.0)
    }

    pub fn consumer_mut(&mut self, consumer: ConsumerRef) -> Option<&mut Consumer> {
        self.work.as_deref_mut()?.consumers.get_mut(consumer.0)
    }

    /// Adds a consumer that was never active; `None` if there is one of this name.
    pub fn add_consumer(&mut self, name: &[u8], now_ms: i64) -> Option<ConsumerRef> {
        self.work_mut().consumers.add(name, now_ms, -1).map(ConsumerRef)
    }

    /// Removes a consumer with all it has; how many entries that was.
    pub fn remove_consumer(&mut self, consumer: ConsumerRef) -> usize {
        let Some(work) = self.work.as_deref_mut() else { return 0 };
        let Some(removed) = work.consumers.remove(consumer.0) else { return 0 };
        let ids: Vec<StreamId> =
            removed.pending.iter().filter_map(|slot| Some(work.pending.at(*slot)?.id)).collect();
        for id in ids {
            work.pending.remove(id);
        }
        removed.pending_len()
    }

    /// Adds a pending entry read from RDB; false if it is there already.
    pub fn load_pending(&mut self, id: StreamId, delivered_ms: i64, deliveries: u64) -> bool {
        self.work_mut().pending.load(id, delivered_ms, deliveries.min(i64::MAX as u64))
    }

    /// Adds a consumer read from RDB; `None` if it is there already.
    pub fn load_consumer(
        &mut self,
        name: &[u8],
        seen_ms: i64,
        active_ms: i64,
    ) -> Option<ConsumerRef> {
        self.work_mut().consumers.add(name, seen_ms, active_ms).map(ConsumerRef)
    }

    /// Gives a pending entry read from RDB its owner; false if there is no such entry, or it has one.
    pub fn load_owner(&mut self, id: StreamId, consumer: ConsumerRef) -> bool {
        let work = self.work_mut();
        let slot = work.pending.load_owner(id, consumer.0);
        if let Some(slot) = slot {
            work.give(consumer.0, slot, id);
        }
        slot.is_some()
    }

    /// Completes what was read from RDB with the entries that had been given back, in their order. False if one of
    /// these is not among the pending ones or has an owner, or another has none.
    pub fn finish_loading(&mut self, released: &[StreamId]) -> bool {
        self.work_mut().pending.finish_loading(released)
    }

    /// About how many allocations dropping the group frees.
    pub fn free_effort(&self) -> usize {
        1 + self.work().pending.free_effort() + self.work().consumers.free_effort()
    }

    /// Bytes the group takes.
    pub fn memory_bytes(&self) -> usize {
        let own = class_size(size_of::<Self>()) + class_size(self.name.len());
        let work = self.work.as_deref().map_or(0, |work| {
            class_size(size_of::<Work>())
                + work.pending.memory_bytes()
                + work.consumers.memory_bytes()
        });
        own + work
    }
}
