//! One database: the table of keys and the indexes kept in step with it.

mod metadata;
mod producers;
mod sizes;
mod slots;
#[cfg(test)]
mod tests;

use crate::expiry_index::{ExpiryItem, FieldExpiryIndex};
use crate::hash::Hash;
use crate::string;
use crate::value::Value;
use producers::note_producers;
pub use sizes::{SIZE_GROUPS, SizeGroup, SizeHistogram, bin_start};
use std::any::Any;
use std::collections::BTreeSet;
use structures::hashtable::TableStats;
use structures::{Entry, HashSeed, HashTable, Location, NewPayload, Record, ResizePolicy, View};

/// A key with what it holds.
///
/// Change its expiry through the database only, which keeps an index of it.
pub type KeyRecord = Record<Value>;

/// Bytes of a table that one of its keys takes on average: a bucket of 64 holds three keys after it has grown, and six
/// before it grows again.
const TABLE_SHARE_BYTES: usize = 15;

/// What becomes of the expiry of a key that is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetExpiry {
    Clear,
    Keep,
    At(i64),
}

/// What a look at some keys with an expiry found.
#[derive(Default, Debug)]
pub struct ExpirySample {
    /// Keys looked at.
    pub sampled: usize,
    /// Those whose time has passed: `expiry_ms < now_ms`, as Redis compares.
    pub expired: Vec<Box<[u8]>>,
    /// Whether the look came to the end of the index.
    pub wrapped: bool,
}

/// See the module text.
pub struct Database {
    pub(crate) table: HashTable<KeyRecord>,
    pub(crate) expires: HashTable<ExpiryItem>,
    field_expiries: FieldExpiryIndex,
    /// Hashes of the keys of streams that remember idempotent producers.
    producers: BTreeSet<u64>,
    expires_cursor: u64,
    avg_ttl_ms: f64,
    new_key_access: u32,
    touch_overwritten: bool,
    sizes: sizes::Sizes,
    /// Only in cluster mode.
    slots: Option<Box<slots::SlotIndex>>,
    /// Made for the first key that has some.
    metadata: Option<Box<metadata::MetadataTable>>,
}

impl Database {
    pub fn new(seed: HashSeed) -> Self {
        let mut table = HashTable::with_seed(seed);
        let mut expires = HashTable::with_seed(seed);
        table.keep_retired();
        expires.keep_retired();
        Self {
            table,
            expires,
            field_expiries: FieldExpiryIndex::default(),
            producers: BTreeSet::new(),
            expires_cursor: 0,
            avg_ttl_ms: 0.0,
            new_key_access: 0,
            touch_overwritten: false,
            sizes: sizes::Sizes::default(),
            slots: None,
            metadata: None,
        }
    }

    /// The access word that keys get when they are set from now on; whether one that is overwritten
    /// gets it too (a time) or keeps its own (a frequency).
    pub fn set_new_key_access(&mut self, access: u32, touch_overwritten: bool) {
        self.new_key_access = access;
        self.touch_overwritten = touch_overwritten;
    }

    /// The seed with which keys, and the fields of big hashes, are hashed.
    #[inline]
    pub fn seed(&self) -> HashSeed {
        *self.table.seed()
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Keys with an expiry.
    pub fn expires_len(&self) -> usize {
        self.expires.len()
    }

    /// Hashes with volatile fields.
    pub fn subexpiry_len(&self) -> usize {
        self.field_expiries.len()
    }

    /// The hash of a key, for the `_hashed` functions: one command need compute it only once.
    #[inline]
    pub fn hash_of(&self, key: &[u8]) -> u64 {
        self.table.hash_of(key)
    }

    /// Asks the processor for what a lookup of the hash reads first.
    #[inline]
    pub fn prefetch(&self, hash: u64) {
        self.table.prefetch(hash);
    }

    /// Asks for what a lookup reads next, once `prefetch` has had its time.
    #[inline]
    pub fn prefetch_record(&self, hash: u64) {
        self.table.prefetch_items(hash);
    }

    /// Asks for what lies behind the record, once `prefetch_record` has had its time.
    #[inline]
    pub fn prefetch_value(&self, hash: u64) {
        self.table.for_each_candidate(hash, |record| {
            if let View::Value(value) = record.view() {
                value.prefetch();
            }
        });
    }

    pub fn find(&self, key: &[u8]) -> Option<&KeyRecord> {
        self.table.find(key)
    }

    #[inline]
    pub fn find_hashed(&self, hash: u64, key: &[u8]) -> Option<&KeyRecord> {
        self.table.find_hashed(hash, key)
    }

    pub fn find_mut(&mut self, key: &[u8]) -> Option<&mut KeyRecord> {
        self.find_mut_hashed(self.hash_of(key), key)
    }

    #[inline]
    pub fn find_mut_hashed(&mut self, hash: u64, key: &[u8]) -> Option<&mut KeyRecord> {
        let location = self.table.locate_hashed(hash, key)?;
        self.at_mut(location)
    }

    /// Finds a key, to be borrowed with `at` or `at_mut` as long as the database has not changed.
    #[inline]
    pub fn locate_hashed(&self, hash: u64, key: &[u8]) -> Option<Location> {
        self.table.locate_hashed(hash, key)
    }

    #[inline]
    pub fn at(&self, location: Location) -> Option<&KeyRecord> {
        self.table.at(location)
    }

    #[inline]
    pub fn at_mut(&mut self, location: Location) -> Option<&mut KeyRecord> {
        self.open(location);
        self.table.at_mut(location)
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.find(key).is_some()
    }

    /// Sets a key to a string, in the encoding Redis would choose. See `set_hashed`.
    pub fn set_string(&mut self, key: &[u8], bytes: &[u8], expiry: SetExpiry) -> Option<Value> {
        self.set_hashed(self.hash_of(key), key, string::payload(bytes), expiry)
    }

    /// Sets a key, new or not. See `set_hashed`.
    pub fn set(
        &mut self,
        key: &[u8],
        payload: NewPayload<'_, Value>,
        expiry: SetExpiry,
    ) -> Option<Value> {
        self.set_hashed(self.hash_of(key), key, payload, expiry)
    }

    /// Sets a key, new or not. Returns the value that it replaced if that had an allocation of its
    /// own: it may be too big to be freed at once.
    pub fn set_hashed(
        &mut self,
        hash: u64,
        key: &[u8],
        payload: NewPayload<'_, Value>,
        expiry: SetExpiry,
    ) -> Option<Value> {
        let at_ms = match expiry {
            SetExpiry::At(at_ms) => Some(at_ms),
            SetExpiry::Clear | SetExpiry::Keep => None,
        };
        self.settle();
        match self.table.find_or_slot_hashed(hash, key) {
            Entry::Occupied(record) => {
                let place = self.sizes.place(record);
                let before = record.expiry_ms();
                let after = if expiry == SetExpiry::Keep { before } else { at_ms };
                let old_fields = indexed_field_expiry(record);
                let replaced = record.replace(payload, after);
                self.sizes.recount(place, record);
                let new_fields = note_next_field_expiry(record);
                index_expiry(&mut self.expires, hash, before.is_some(), after.is_some());
                self.field_expiries.update(hash, old_fields, new_fields);
                let had_producers = matches!(&replaced, Some(Value::Stream(_)));
                note_producers(&mut self.producers, hash, record, had_producers);
                if self.touch_overwritten {
                    record.set_access(self.new_key_access);
                }
                if record.has_metadata() {
                    record.set_has_metadata(false);
                    self.end_metadata(hash, key);
                }
                replaced
            }
            Entry::Vacant(slot) => {
                let mut record = Record::new(key, payload, at_ms);
                index_expiry(&mut self.expires, hash, false, at_ms.is_some());
                self.field_expiries.update(hash, None, note_next_field_expiry(&mut record));
                note_producers(&mut self.producers, hash, &mut record, false);
                record.set_access(self.new_key_access);
                self.sizes.count_in(&record);
                slot.insert(record);
                self.count_slot_in(hash, key);
                None
            }
        }
    }

    /// Adds a key that the database does not hold.
    pub fn insert_new(
        &mut self,
        key: &[u8],
        payload: NewPayload<'_, Value>,
        expiry_ms: Option<i64>,
    ) -> &KeyRecord {
        self.insert_new_hashed(self.hash_of(key), key, payload, expiry_ms)
    }

    /// Adds a key that the database does not hold.
    pub fn insert_new_hashed(
        &mut self,
        hash: u64,
        key: &[u8],
        payload: NewPayload<'_, Value>,
        expiry_ms: Option<i64>,
    ) -> &KeyRecord {
        let record = Record::new(key, payload, expiry_ms);
        record.set_access(self.new_key_access);
        self.insert_record_hashed(hash, record)
    }

    /// Adds a whole record, of another database perhaps; the database must not hold its key.
    pub fn insert_record(&mut self, record: KeyRecord) -> &KeyRecord {
        self.insert_record_hashed(self.hash_of(record.key()), record)
    }

    fn insert_record_hashed(&mut self, hash: u64, mut record: KeyRecord) -> &KeyRecord {
        self.settle();
        self.sizes.count_in(&record);
        index_expiry(&mut self.expires, hash, false, record.expiry_ms().is_some());
        self.field_expiries.update(hash, None, note_next_field_expiry(&mut record));
        note_producers(&mut self.producers, hash, &mut record, false);
        self.count_slot_in(hash, record.key());
        self.table.insert_unique_hashed(hash, record)
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &[u8]) -> Option<KeyRecord> {
        self.remove_hashed(self.hash_of(key), key)
    }

    /// Takes a key out.
    pub fn remove_hashed(&mut self, hash: u64, key: &[u8]) -> Option<KeyRecord> {
        self.settle();
        let record = self.table.remove_hashed(hash, key)?;
        self.count_slot_out(hash, key);
        self.sizes.count_out(&record);
        index_expiry(&mut self.expires, hash, record.expiry_ms().is_some(), false);
        if !self.producers.is_empty() && matches!(record.view(), View::Value(Value::Stream(_))) {
            self.producers.remove(&hash);
        }
        if let Some(at_ms) = indexed_field_expiry(&record) {
            self.field_expiries.update(hash, Some(at_ms), None);
        }
        if record.has_metadata() {
            self.end_metadata(hash, key);
        }
        Some(record)
    }

    /// Sets or clears the expiry of a key; false if there is no such key.
    pub fn set_expiry(&mut self, key: &[u8], expiry_ms: Option<i64>) -> bool {
        self.set_expiry_hashed(self.hash_of(key), key, expiry_ms)
    }

    /// Sets or clears the expiry of a key; false if there is no such key.
    pub fn set_expiry_hashed(&mut self, hash: u64, key: &[u8], expiry_ms: Option<i64>) -> bool {
        let Some(record) = self.find_mut_hashed(hash, key) else { return false };
        let before = record.expiry_ms().is_some();
        record.set_expiry(expiry_ms);
        index_expiry(&mut self.expires, hash, before, expiry_ms.is_some());
        true
    }

    /// Clears the expiry of a key; false if there is no such key or it had none.
    pub fn persist(&mut self, key: &[u8]) -> bool {
        let hash = self.hash_of(key);
        let volatile = self.find_hashed(hash, key).is_some_and(|r| r.expiry_ms().is_some());
        volatile && self.set_expiry_hashed(hash, key, None)
    }

    /// Gives a key another name; its expiry and access word go along. `None` if there is no such
    /// key, else the record that had the new name.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> Option<Option<KeyRecord>> {
        if from == to {
            return self.contains(from).then_some(None);
        }
        let record = self.remove(from)?;
        let displaced = self.remove(to);
        self.insert_record(record.with_key(to));
        Some(displaced)
    }

    /// Must be called after the fields of a hash may have changed their expiries.
    pub fn hash_changed(&mut self, key: &[u8]) {
        self.hash_changed_hashed(self.hash_of(key), key);
    }

    /// Must be called after the fields of a hash may have changed their expiries.
    pub fn hash_changed_hashed(&mut self, hash: u64, key: &[u8]) {
        let record = self.find_mut_hashed(hash, key);
        let Some(fields) = record.and_then(hash_in_mut) else { return };
        let (before, after) = (fields.indexed_expiry_ms(), fields.next_expiry_ms());
        if before != after {
            fields.set_indexed_expiry_ms(after);
            self.field_expiries.update(hash, before, after);
        }
    }

    /// Keys of up to `count` hashes with a field whose time has passed, the earliest first.
    pub fn hashes_with_expired_fields(&self, now_ms: i64, count: usize) -> Vec<Box<[u8]>> {
        let mut keys = Vec::new();
        for (at_ms, hash) in self.field_expiries.before(now_ms).take(count) {
            self.table.for_each_of_hash(hash, |record| {
                if indexed_field_expiry(record) == Some(at_ms) {
                    keys.push(record.key().into());
                }
            });
        }
        keys
    }

    /// When the next field of any hash expires.
    pub fn next_field_expiry_ms(&self) -> Option<i64> {
        self.field_expiries.first().map(|(at_ms, _)| at_ms)
    }

    /// Looks at about `count` keys with an expiry, going on where the last call ended, and notes
    /// their average time to live.
    pub fn sample_expired(&mut self, now_ms: i64, count: usize) -> ExpirySample {
        let mut sample = ExpirySample::default();
        let (mut ttl_sum_ms, mut ttl_count) = (0.0, 0u32);
        // A sparse index must not be walked for ever.
        let mut buckets_left = count.saturating_mul(20);
        while sample.sampled < count && buckets_left > 0 {
            let (table, found) = (&self.table, &mut sample);
            let cursor = self.expires.scan(self.expires_cursor, |item| {
                found.sampled += 1;
                table.for_each_of_hash(item.0, |record| {
                    let Some(at_ms) = record.expiry_ms() else { return };
                    if at_ms < now_ms {
                        found.expired.push(record.key().into());
                    } else {
                        ttl_sum_ms += at_ms.saturating_sub(now_ms) as f64;
                        ttl_count += 1;
                    }
                });
            });
            buckets_left -= 1;
            self.expires_cursor = cursor;
            if cursor == 0 {
                sample.wrapped = true;
                break;
            }
        }
        if ttl_count > 0 {
            self.note_ttl(ttl_sum_ms / f64::from(ttl_count));
        }
        sample
    }

    /// Mixes a sample's average into the running one.
    fn note_ttl(&mut self, sample_ms: f64) {
        const WEIGHT: f64 = 0.02;
        if self.avg_ttl_ms == 0.0 {
            self.avg_ttl_ms = sample_ms;
        } else {
            self.avg_ttl_ms += (sample_ms - self.avg_ttl_ms) * WEIGHT;
        }
    }

    /// Average time to live of keys with an expiry, as sampled.
    pub fn avg_ttl_ms(&self) -> i64 {
        if self.expires.is_empty() { 0 } else { self.avg_ttl_ms as i64 }
    }

    /// A random key, each with the same probability.
    pub fn random(&self, random: &mut impl FnMut() -> u64) -> Option<&KeyRecord> {
        self.table.random(random)
    }

    /// Visits about `count` keys at a random place, for choosing what to evict.
    pub fn sample(
        &self,
        count: usize,
        random: &mut impl FnMut() -> u64,
        visit: impl FnMut(&KeyRecord),
    ) -> usize {
        self.table.sample(count, random, visit)
    }

    /// Visits about `count` keys with an expiry at a random place.
    pub fn sample_volatile(
        &self,
        count: usize,
        random: &mut impl FnMut() -> u64,
        mut visit: impl FnMut(&KeyRecord),
    ) -> usize {
        self.expires.sample(count, random, |item| {
            self.table.for_each_of_hash(item.0, |record| {
                if record.expiry_ms().is_some() {
                    visit(record);
                }
            });
        })
    }

    /// Visits the keys at a cursor and returns the next one, 0 at the end; see `HashTable::scan`.
    pub fn scan(&self, cursor: u64, visit: impl FnMut(&KeyRecord)) -> u64 {
        self.table.scan(cursor, visit)
    }

    pub fn iter(&self) -> impl Iterator<Item = &KeyRecord> {
        self.table.iter()
    }

    /// Empties the database and returns what was in it, to be freed in the background perhaps.
    #[must_use = "freeing a big database takes its time"]
    pub fn take(&mut self) -> Database {
        let sizes = self.sizes.emptied();
        let slots = self.slots.is_some().then(Box::default);
        Database {
            slots: std::mem::replace(&mut self.slots, slots),
            table: self.table.take_all(),
            expires: self.expires.take_all(),
            field_expiries: std::mem::take(&mut self.field_expiries),
            producers: std::mem::take(&mut self.producers),
            metadata: self.metadata.take(),
            expires_cursor: std::mem::take(&mut self.expires_cursor),
            avg_ttl_ms: std::mem::take(&mut self.avg_ttl_ms),
            new_key_access: self.new_key_access,
            touch_overwritten: self.touch_overwritten,
            sizes,
        }
    }

    /// Moves up to `budget` buckets of the tables that are being resized, after starting to
    /// resize those that are sparse or full; true while there is more to do. For cron.
    pub fn rehash_step(&mut self, budget: usize) -> bool {
        self.settle();
        self.table.resize_if_needed();
        self.expires.resize_if_needed();
        let keys = self.table.rehash_step(budget);
        let expires = self.expires.rehash_step(budget);
        keys || expires
    }

    /// Memory that resizes have left behind, to be dropped on another thread.
    pub fn take_garbage(&mut self) -> Option<Box<dyn Any + Send>> {
        let garbage = (self.table.take_retired(), self.expires.take_retired());
        if garbage.0.is_none() && garbage.1.is_none() {
            return None;
        }
        Some(Box::new(garbage))
    }

    pub fn is_rehashing(&self) -> bool {
        self.table.is_rehashing() || self.expires.is_rehashing()
    }

    pub fn set_resize_policy(&mut self, policy: ResizePolicy) {
        self.settle();
        self.table.set_resize_policy(policy);
        self.expires.set_resize_policy(policy);
    }

    pub fn resize_policy(&self) -> ResizePolicy {
        self.table.resize_policy()
    }

    /// What the next growth takes, where it is near.
    pub fn growth_bytes(&self) -> Option<usize> {
        self.table.growth_bytes().max(self.expires.growth_bytes())
    }

    /// Makes room for so many keys, so many of them with an expiry.
    pub fn expand_to(&mut self, keys: usize, expires: usize) {
        self.settle();
        self.table.expand_to(keys);
        self.expires.expand_to(expires);
    }

    /// Bytes that a key takes without what its value owns: its record, and its share of the tables it stands in.
    pub fn key_bytes(record: &KeyRecord) -> usize {
        let tables = 1 + usize::from(record.expiry_ms().is_some());
        record.alloc_bytes() + tables * TABLE_SHARE_BYTES
    }

    /// Bytes of the key table without the records.
    pub fn overhead_main_bytes(&self) -> usize {
        self.table.memory_bytes()
    }

    /// Bytes of the expiry index.
    pub fn overhead_expires_bytes(&self) -> usize {
        self.expires.memory_bytes()
    }

    /// Chain lengths of the key table, and of the one it is moving to.
    pub fn table_stats(&self) -> (TableStats, Option<TableStats>) {
        self.table.stats()
    }

    /// Chain lengths of the expiry index, and of the table it is moving to.
    pub fn expires_stats(&self) -> (TableStats, Option<TableStats>) {
        self.expires.stats()
    }
}

/// Keeps the expiry index in step with one key.
#[inline]
fn index_expiry(index: &mut HashTable<ExpiryItem>, hash: u64, before: bool, after: bool) {
    if before == after {
        return;
    }
    if after {
        // Keys of equal hash have an item each; which is whose does not matter.
        index.insert_unique_hashed(hash, ExpiryItem(hash));
    } else {
        let item = index.remove_hashed(hash, &hash);
        debug_assert!(item.is_some(), "a key with an expiry is in the index");
    }
}

/// When the next field of the record's hash expires; the hash notes it as indexed.
fn note_next_field_expiry(record: &mut KeyRecord) -> Option<i64> {
    let hash = hash_in_mut(record)?;
    let next = hash.next_expiry_ms();
    hash.set_indexed_expiry_ms(next);
    next
}

/// The time under which the record's hash stands in the index.
fn indexed_field_expiry(record: &KeyRecord) -> Option<i64> {
    hash_in(record)?.indexed_expiry_ms()
}

fn hash_in(record: &KeyRecord) -> Option<&Hash> {
    match record.view() {
        View::Value(Value::Hash(hash)) => Some(hash),
        _ => None,
    }
}

fn hash_in_mut(record: &mut KeyRecord) -> Option<&mut Hash> {
    // A view would do, but most records hold a string and are asked this on each SET.
    match record.value_mut()? {
        Value::Hash(hash) => Some(hash),
        _ => None,
    }
}
