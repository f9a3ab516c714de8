//! The consumers of a group, in the order of their names.

use crate::relocate::{Judge, boxed_bytes};
use structures::class_size;

use super::slab::Slab;
use crate::ordered_chunks::{OrderedIndex, Place};

/// Who reads for a group.
#[derive(Clone)]
pub struct Consumer {
    pub(super) name: Box<[u8]>,
    /// When it last asked for something, in unix milliseconds.
    pub seen_ms: i64,
    /// When it last got something; -1 if never.
    pub active_ms: i64,
    /// The slots of its entries, by ID.
    pub(super) pending: OrderedIndex,
}

impl Consumer {
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// How many entries it has not acknowledged.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }
}

/// See the module text.
#[derive(Clone)]
pub(super) struct Consumers {
    items: Slab<Consumer>,
    by_name: OrderedIndex,
}

impl Consumers {
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        self.by_name.relocate(judge);
        self.items.relocate(judge, |consumer, judge| {
            boxed_bytes(&mut consumer.name, judge);
            consumer.pending.relocate(judge);
        });
    }

    pub(super) const fn new() -> Self {
        Self { items: Slab::new(), by_name: OrderedIndex::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn get(&self, number: u32) -> Option<&Consumer> {
        self.items.get(number)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Consumer> {
        self.items.get_mut(number)
    }

    fn place(&self, name: &[u8]) -> (Place, Option<u32>) {
        let name_of = |number: u32| self.get(number).map_or(&[][..], Consumer::name);
        let place = self.by_name.find(|number| name_of(*number) < name);
        (place, self.by_name.at(place).copied().filter(|number| name_of(*number) == name))
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        self.place(name).1
    }

    /// Adds a consumer; `None` if there is one of this name.
    pub(super) fn add(&mut self, name: &[u8], seen_ms: i64, active_ms: i64) -> Option<u32> {
        let (place, found) = self.place(name);
        if found.is_some() {
            return None;
        }
        let pending = OrderedIndex::new();
        let consumer = Consumer { name: name.into(), seen_ms, active_ms, pending };
        let number = self.items.insert(consumer);
        self.by_name.insert(place, number);
        Some(number)
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<Consumer> {
        let (place, _) = self.place(self.get(number)?.name());
        self.by_name.remove(place);
        self.items.remove(number)
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_name.iter().copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Consumer> {
        self.numbers().filter_map(|number| self.get(number))
    }

    pub(super) fn free_effort(&self) -> usize {
        self.len() + self.iter().map(|consumer| consumer.pending.allocations()).sum::<usize>()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let own = |it: &Consumer| class_size(it.name.len()) + it.pending.memory_bytes();
        self.items.memory_bytes()
            + self.by_name.memory_bytes()
            + self.iter().map(own).sum::<usize>()
    }
}
