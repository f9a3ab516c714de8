//! Which entries producers have added under which idempotent IDs, so that one is not added twice.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::id::StreamId;
use crate::relocate::Judge;
use structures::relocate::deque;

/// How many IDs are looked at in one go when they are moved.
const RELOCATED_AT_ONCE: usize = 256;

/// What a stream remembers, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdempotenceLimits {
    pub duration_s: u32,
    /// Idempotent IDs of each producer.
    pub ids_max: u32,
}

impl Default for IdempotenceLimits {
    fn default() -> Self {
        Self { duration_s: 100, ids_max: 100 }
    }
}

/// See the module text.
#[derive(Clone, Default, Debug)]
pub struct Idempotence {
    producers: BTreeMap<Box<[u8]>, Producer>,
    /// IDs ever recorded.
    pub added: u64,
    /// Additions refused as repeated.
    pub duplicates: u64,
}

/// Invariant: `order` holds the keys of `entries`, the one recorded first in front.
#[derive(Clone, Default, Debug)]
struct Producer {
    entries: BTreeMap<Arc<[u8]>, StreamId>,
    order: VecDeque<Arc<[u8]>>,
}

impl Producer {
    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.entries.remove(&oldest);
        }
    }

    /// Moves the ID recorded at a place as `judge` says; false beyond the last.
    fn relocate(&mut self, place: usize, judge: &mut Judge<'_>) -> bool {
        let Some(recorded) = self.order.get_mut(place) else { return false };
        if !recorded.is_empty() && judge(recorded.as_ptr() as usize) {
            let fresh: Arc<[u8]> = Arc::from(&**recorded);
            if let Some(id) = self.entries.remove(recorded) {
                self.entries.insert(fresh.clone(), id);
            }
            *recorded = fresh;
        }
        true
    }

    fn expire(&mut self, before_ms: u64) {
        while let Some(oldest) = self.order.front()
            && self.entries.get(oldest).is_some_and(|id| id.ms < before_ms)
        {
            self.forget_oldest();
        }
    }
}

/// Entries from before this moment are forgotten.
fn oldest_kept_ms(limits: &IdempotenceLimits, now_ms: i64) -> u64 {
    let duration_ms = i64::from(limits.duration_s) * 1000;
    u64::try_from(now_ms.saturating_sub(duration_ms)).unwrap_or(0)
}

impl Idempotence {
    /// The entry that a producer has added under an idempotent ID.
    pub fn find(&self, producer: &[u8], idempotent_id: &[u8]) -> Option<StreamId> {
        self.producers.get(producer)?.entries.get(idempotent_id).copied()
    }

    /// Remembers an entry, in place of the producer's oldest if there are too many.
    pub fn record(
        &mut self,
        producer: &[u8],
        idempotent_id: &[u8],
        id: StreamId,
        limits: &IdempotenceLimits,
    ) {
        self.added = self.added.wrapping_add(1);
        let producer = self.producers.entry(Box::from(producer)).or_default();
        if producer.entries.remove(idempotent_id).is_some() {
            producer.order.retain(|recorded| **recorded != *idempotent_id);
        }
        let recorded: Arc<[u8]> = Arc::from(idempotent_id);
        producer.entries.insert(recorded.clone(), id);
        producer.order.push_back(recorded);
        while producer.order.len() > limits.ids_max as usize {
            producer.forget_oldest();
        }
    }

    /// Moves some IDs as `judge` says, from a place of a producer on; where to go on.
    pub(super) fn relocate(
        &mut self,
        (first, mut place): (u64, u64),
        judge: &mut Judge<'_>,
    ) -> Option<(u64, u64)> {
        let mut left = RELOCATED_AT_ONCE;
        let skipped = usize::try_from(first).unwrap_or(usize::MAX);
        for (number, producer) in (first..).zip(self.producers.values_mut().skip(skipped)) {
            if place == 0 {
                deque(&mut producer.order, judge);
            }
            while left > 0 && producer.relocate(place as usize, judge) {
                place += 1;
                left -= 1;
            }
            if left == 0 {
                return Some((number, place));
            }
            place = 0;
        }
        None
    }

    /// Forgets what is too old.
    pub fn expire(&mut self, limits: &IdempotenceLimits, now_ms: i64) {
        let before_ms = oldest_kept_ms(limits, now_ms);
        self.producers.retain(|_, producer| {
            producer.expire(before_ms);
            !producer.order.is_empty()
        });
    }

    /// Forgets all entries; the counts stay.
    pub fn clear(&mut self) {
        self.producers.clear();
    }

    pub fn producer_count(&self) -> usize {
        self.producers.len()
    }

    /// Idempotent IDs of all producers.
    pub fn id_count(&self) -> usize {
        self.producers.values().map(|producer| producer.order.len()).sum()
    }

    /// The producers in the order of their names, each with its number of idempotent IDs and these in the order in which
    /// they were recorded.
    pub fn producers(
        &self,
    ) -> impl Iterator<Item = (&[u8], usize, impl Iterator<Item = (&[u8], StreamId)>)> {
        self.producers.iter().map(|(name, producer)| {
            let entries = producer.order.iter().map(|recorded| {
                (&**recorded, producer.entries.get(recorded).copied().unwrap_or_default())
            });
            (&**name, producer.order.len(), entries)
        })
    }

    /// About how many allocations dropping it frees.
    pub fn free_effort(&self) -> usize {
        self.producers.len() + self.id_count()
    }

    pub fn memory_bytes(&self) -> usize {
        let bytes: usize = self
            .producers
            .iter()
            .map(|(name, producer)| {
                let ids: usize = producer.order.iter().map(|id| id.len() + 16).sum();
                let per_id = size_of::<(Arc<[u8]>, StreamId)>() + size_of::<Arc<[u8]>>();
                name.len() + size_of::<Producer>() + ids + per_id * producer.order.len()
            })
            .sum();
        size_of::<Self>() + bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_newest_for_a_while() {
        let limits = IdempotenceLimits { duration_s: 1, ids_max: 2 };
        let mut memory = Idempotence::default();
        for (iid, ms) in [(b"a", 1000), (b"b", 1500), (b"c", 2000)] {
            memory.record(b"p", iid, StreamId::new(ms, 0), &limits);
        }
        assert_eq!(memory.find(b"p", b"a"), None);
        assert_eq!(memory.find(b"p", b"b"), Some(StreamId::new(1500, 0)));
        assert_eq!(memory.find(b"q", b"b"), None);
        memory.record(b"p", b"b", StreamId::new(1600, 0), &limits);
        let kept: Vec<_> = memory.producers().flat_map(|(_, _, entries)| entries).collect();
        assert_eq!(kept, [(&b"c"[..], StreamId::new(2000, 0)), (b"b", StreamId::new(1600, 0))]);
        memory.expire(&limits, 3100);
        assert_eq!((memory.producer_count(), memory.id_count(), memory.added), (0, 0, 4));
    }

    #[test]
    fn what_is_moved_stays_what_it_was() {
        let limits = IdempotenceLimits { duration_s: 1, ids_max: 1000 };
        let mut memory = Idempotence::default();
        for number in 0..1000_u64 {
            let (producer, iid) = ([b'a' + (number % 3) as u8], number.to_string());
            memory.record(&producer, iid.as_bytes(), StreamId::new(number, 0), &limits);
        }
        let before = memory.clone();
        let mut asked = 0;
        let mut judge = |_| {
            asked += 1;
            asked % 3 != 0
        };
        let mut place = Some((0, 0));
        while let Some(from) = place {
            place = memory.relocate(from, &mut judge);
        }
        assert!((1000..1010).contains(&asked));
        assert!(
            memory
                .producers()
                .zip(before.producers())
                .all(|(moved, old)| { (moved.0, moved.1) == (old.0, old.1) && moved.2.eq(old.2) })
        );
        assert_eq!(memory.find(b"a", b"999"), Some(StreamId::new(999, 0)));
    }
}
