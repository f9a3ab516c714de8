//! The hash type: fields with values, each field with an expiry of its own if wanted.
//!
//! Fields whose time has passed (`expiry_ms < now_ms`) stay until the engine removes them: every look at a field returns
//! its expiry, and the caller, who knows the time, decides.

mod table;

use structures::HashSeed;
use table::TableHash;

/// When a hash leaves the compact encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HashLimits {
    /// `hash-max-listpack-entries`.
    pub listpack_entries_max: usize,
    /// `hash-max-listpack-value`.
    pub listpack_value_bytes_max: usize,
}

/// How a hash is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashEncoding {
    Listpack,
    ListpackEx,
    Hashtable,
}

impl HashEncoding {
    pub const fn name(self) -> &'static str {
        match self {
            HashEncoding::Listpack => "listpack",
            HashEncoding::ListpackEx => "listpackex",
            HashEncoding::Hashtable => "hashtable",
        }
    }
}

/// A field or a value as it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element<'a> {
    Bytes(&'a [u8]),
    Integer(i64),
}

/// A field with its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldView<'a> {
    pub field: Element<'a>,
    pub value: Element<'a>,
    pub expiry_ms: Option<i64>,
}

/// See the module text.
#[derive(Clone)]
pub struct Hash {
    table: Box<TableHash>,
}

impl Hash {
    pub fn new(seed: HashSeed) -> Self {
        Self { table: Box::new(TableHash::new(seed)) }
    }

    pub fn encoding(&self) -> HashEncoding {
        HashEncoding::Hashtable
    }

    /// Fields, those included whose time has passed.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fields whose time has passed.
    pub fn expired_len(&self, now_ms: i64) -> usize {
        self.table.expired_len(now_ms)
    }

    /// Fields with an expiry.
    pub fn volatile_len(&self) -> usize {
        self.table.volatile_len()
    }

    pub fn get(&self, field: &[u8]) -> Option<FieldView<'_>> {
        self.table.get(field)
    }

    pub fn contains(&self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    /// Sets a field; its expiry is kept or cleared. True if the field is new.
    pub fn set(
        &mut self,
        field: &[u8],
        value: &[u8],
        keep_expiry: bool,
        limits: &HashLimits,
    ) -> bool {
        let _ = limits;
        self.table.set(field, value, keep_expiry)
    }

    /// Removes a field; true if it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        self.table.remove(field)
    }

    /// Sets or clears the expiry of a field; false if there is no such field.
    pub fn set_expiry(&mut self, field: &[u8], expiry_ms: Option<i64>) -> bool {
        self.table.set_expiry(field, expiry_ms)
    }

    /// When the next field expires.
    pub fn next_expiry_ms(&self) -> Option<i64> {
        self.table.next_expiry_ms()
    }

    /// Removes up to `count` fields whose time has passed, the earliest first, and returns them.
    pub fn remove_expired(&mut self, now_ms: i64, count: usize) -> Vec<Box<[u8]>> {
        self.table.remove_expired(now_ms, count)
    }

    pub fn iter(&self) -> impl Iterator<Item = FieldView<'_>> {
        self.table.iter()
    }

    /// Visits the fields at a cursor and returns the next one, 0 at the end.
    pub fn scan(&self, cursor: u64, visit: impl FnMut(FieldView<'_>)) -> u64 {
        self.table.scan(cursor, visit)
    }

    /// A random field, each with the same probability.
    pub fn random(&self, random: &mut impl FnMut() -> u64) -> Option<FieldView<'_>> {
        self.table.random(random)
    }

    /// About how many allocations dropping the hash frees.
    pub fn free_effort(&self) -> usize {
        self.table.len()
    }

    /// Bytes the hash takes, inferred from up to `samples` fields (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        structures::class_size(size_of::<Self>()) + self.table.memory_bytes(samples)
    }

    /// Moves buckets of a table that is being resized; true while there are more.
    pub fn rehash_step(&mut self, budget: usize) -> bool {
        self.table.rehash_step(budget)
    }

    /// The time under which the database has the hash in its index of field expiries.
    pub(crate) fn indexed_expiry_ms(&self) -> Option<i64> {
        self.table.indexed_expiry_ms()
    }

    pub(crate) fn set_indexed_expiry_ms(&mut self, at_ms: Option<i64>) {
        self.table.set_indexed_expiry_ms(at_ms);
    }
}
