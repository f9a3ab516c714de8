//! The hashtable encoding: one record a field, and the order of their expiries if there are any.

use super::FieldView;
use crate::ordered_chunks::{OrderedChunks, Place};
use crate::relocate::{Judge, RelocateCursor};
use structures::hashtable::TableStats;
use structures::listpack::Element;
use structures::relocate::boxed;
use structures::{Entry, FieldRecord, HashSeed, HashTable};

/// Chunks of the order of expiries that one step of defragmentation looks at.
const CHUNKS_PER_STEP: usize = 16;

pub(super) struct TableHash {
    fields: HashTable<FieldRecord>,
    volatile: Option<Box<VolatileFields>>,
}

/// What only a hash with volatile fields needs.
#[derive(Default)]
struct VolatileFields {
    /// Expiries with the table's hash of the field; the seed makes equal hashes of different
    /// fields improbable beyond concern, and such fields would merely expire when looked at.
    by_time: OrderedChunks<(i64, u64)>,
    indexed_ms: Option<i64>,
}

impl VolatileFields {
    /// Where an expiry is, or would be.
    fn find(&self, expiry: (i64, u64)) -> (Place, bool) {
        let place = self.by_time.find(|other| *other < expiry);
        (place, self.by_time.at(place) == Some(&expiry))
    }

    fn insert(&mut self, expiry: (i64, u64)) {
        let (place, is_there) = self.find(expiry);
        if !is_there {
            self.by_time.insert(place, expiry);
        }
    }

    fn remove(&mut self, expiry: (i64, u64)) {
        let (place, is_there) = self.find(expiry);
        if is_there {
            self.by_time.remove(place);
        }
    }

    /// The expiries before `now_ms`, the oldest first.
    fn expired(&self, now_ms: i64) -> impl Iterator<Item = &(i64, u64)> {
        self.by_time.iter().take_while(move |(at_ms, _)| *at_ms < now_ms)
    }
}

fn view(record: &FieldRecord) -> FieldView<'_> {
    FieldView {
        field: Element::Bytes(record.field()),
        value: Element::Bytes(record.value()),
        expiry_ms: record.expiry_ms(),
    }
}

impl Clone for TableHash {
    fn clone(&self) -> Self {
        let mut fields = HashTable::with_seed(*self.fields.seed());
        fields.expand_to(self.fields.len());
        for record in &self.fields {
            fields.insert_unique(record.clone());
        }
        let volatile = self.volatile.as_ref().map(|volatile| {
            // The copy is in no database's index yet.
            Box::new(VolatileFields { by_time: volatile.by_time.clone(), indexed_ms: None })
        });
        Self { fields, volatile }
    }
}

impl TableHash {
    pub fn stats(&self) -> (TableStats, Option<TableStats>) {
        self.fields.stats()
    }

    /// An empty hash with room for `count` fields.
    pub(super) fn new(seed: HashSeed, count: usize) -> Self {
        let mut fields = HashTable::with_seed(seed);
        fields.expand_to(count);
        Self { fields, volatile: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether expiries may come or have been there: such a hash shares no names.
    pub(super) fn expects_expiry(&self) -> bool {
        self.volatile.is_some()
    }

    pub(super) fn expect_expiry(&mut self) {
        self.volatile.get_or_insert_default();
    }

    pub(super) fn volatile_len(&self) -> usize {
        self.volatile.as_ref().map_or(0, |volatile| volatile.by_time.len())
    }

    pub(super) fn expired_len(&self, now_ms: i64) -> usize {
        let Some(volatile) = &self.volatile else { return 0 };
        volatile.expired(now_ms).count()
    }

    pub(super) fn get(&self, field: &[u8]) -> Option<FieldView<'_>> {
        self.fields.find(field).map(view)
    }

    pub(super) fn set(&mut self, field: &[u8], value: &[u8], keep_expiry: bool) -> bool {
        let hash = self.fields.hash_of(field);
        match self.fields.find_or_slot_hashed(hash, field) {
            Entry::Vacant(slot) => {
                slot.insert(FieldRecord::new(field, value, None));
                true
            }
            Entry::Occupied(record) => {
                let before = record.expiry_ms();
                let after = before.filter(|_| keep_expiry);
                record.replace(value, after);
                self.index_expiry(hash, before, after);
                false
            }
        }
    }

    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let hash = self.fields.hash_of(field);
        let Some(record) = self.fields.remove_hashed(hash, field) else { return false };
        self.fields.shrink_if_sparse();
        self.index_expiry(hash, record.expiry_ms(), None);
        true
    }

    pub(super) fn set_expiry(&mut self, field: &[u8], expiry_ms: Option<i64>) -> bool {
        let hash = self.fields.hash_of(field);
        let Some(record) = self.fields.find_mut_hashed(hash, field) else { return false };
        let before = record.expiry_ms();
        record.set_expiry(expiry_ms);
        self.index_expiry(hash, before, expiry_ms);
        true
    }

    fn index_expiry(&mut self, hash: u64, before: Option<i64>, after: Option<i64>) {
        if before == after {
            return;
        }
        let volatile = self.volatile.get_or_insert_default();
        if let Some(at_ms) = before {
            volatile.remove((at_ms, hash));
        }
        if let Some(at_ms) = after {
            volatile.insert((at_ms, hash));
        }
    }

    pub(super) fn next_expiry_ms(&self) -> Option<i64> {
        self.volatile.as_ref()?.by_time.first().map(|(at_ms, _)| *at_ms)
    }

    pub(super) fn remove_expired(&mut self, now_ms: i64, count: usize) -> Vec<Box<[u8]>> {
        let Some(volatile) = &self.volatile else { return Vec::new() };
        let mut expired: Vec<(i64, Box<[u8]>)> = Vec::new();
        for &(at_ms, hash) in volatile.expired(now_ms).take(count) {
            self.fields.for_each_of_hash(hash, |record| {
                if record.expiry_ms() == Some(at_ms) {
                    expired.push((at_ms, Box::from(record.field())));
                }
            });
        }
        // Fields of one moment in the order of their names, which is told to whoever listens.
        expired.sort_unstable();
        let expired: Vec<Box<[u8]>> = expired.into_iter().map(|(_, field)| field).collect();
        for field in &expired {
            self.remove(field);
        }
        expired
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = FieldView<'_>> {
        self.fields.iter().map(view)
    }

    pub(super) fn scan(&self, cursor: u64, mut visit: impl FnMut(FieldView<'_>)) -> u64 {
        self.fields.scan(cursor, |record| visit(view(record)))
    }

    pub(super) fn random(&self, random: &mut impl FnMut() -> u64) -> Option<FieldView<'_>> {
        self.fields.random(random).map(view)
    }

    pub(super) fn memory_bytes(&self, samples: usize) -> usize {
        let samples = if samples == 0 { self.len() } else { samples.min(self.len()) };
        let sampled: usize = self.fields.iter().take(samples).map(FieldRecord::alloc_bytes).sum();
        let records = sampled.checked_div(samples).map_or(0, |mean| mean * self.len());
        let volatile = self.volatile.as_ref().map_or(0, |volatile| {
            structures::class_size(size_of::<VolatileFields>()) + volatile.by_time.memory_bytes()
        });
        structures::class_size(size_of::<Self>()) + self.fields.memory_bytes() + records + volatile
    }

    pub(super) fn rehash_step(&mut self, budget: usize) -> bool {
        self.fields.rehash_step(budget)
    }

    pub(super) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        if cursor.step == 0
            && let Some(volatile) = &mut self.volatile
        {
            if cursor.at == 0 {
                boxed(volatile, judge);
            }
            let next = volatile.by_time.relocate_some(cursor.at as usize, CHUNKS_PER_STEP, judge);
            cursor.advance(next.map(|chunk| chunk as u64));
            return true;
        }
        // The fields are the second structure, whether the first is there or not.
        cursor.step = 1;
        cursor.at = self.fields.relocate(cursor.at, judge, FieldRecord::relocate);
        cursor.at != 0
    }

    pub(super) fn indexed_expiry_ms(&self) -> Option<i64> {
        self.volatile.as_ref()?.indexed_ms
    }

    pub(super) fn set_indexed_expiry_ms(&mut self, at_ms: Option<i64>) {
        if at_ms.is_some() || self.volatile.is_some() {
            self.volatile.get_or_insert_default().indexed_ms = at_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_expiries_moves_in_pieces() {
        const FIELDS: u64 = 8000;
        let mut hash = TableHash::new(HashSeed::new([3; 16]), 0);
        for number in 0..FIELDS {
            let field = format!("field {number}");
            hash.set(field.as_bytes(), b"value", false);
            // Scattered, and each for two fields.
            let at_ms = i64::try_from(number * 7919 % 4000).expect("small");
            hash.set_expiry(field.as_bytes(), Some(at_ms));
        }
        let (mut asked, mut asked_at_once) = (0, 0);
        let mut cursor = RelocateCursor::default();
        loop {
            let before = asked;
            let more = hash.relocate(&mut cursor, &mut |_| {
                asked += 1;
                asked % 3 != 0
            });
            asked_at_once = asked_at_once.max(asked - before);
            if !more {
                break;
            }
        }
        assert!(asked > FIELDS && asked_at_once < 1000, "{asked}, {asked_at_once} at once");
        assert_eq!(hash.volatile_len() as u64, FIELDS);
        assert_eq!(hash.next_expiry_ms(), Some(0));
        assert_eq!(hash.expired_len(2000), 4000);
        assert_eq!(hash.remove_expired(2000, usize::MAX).len(), 4000);
        assert_eq!(hash.next_expiry_ms(), Some(2000));
    }
}
