//! The hash type: fields with values, each field with an expiry of its own if wanted.
//!
//! Fields whose time has passed (`expiry_ms < now_ms`) stay until the engine removes them: every look
//! at a field returns its expiry, and the caller, who knows the time, decides.
//!
//! A hash begins as a listpack, becomes one with expiries when the first field gets one, and a table
//! when it outgrows its [`HashLimits`]. It never goes back. Where that is wanted, it has its names in a
//! [`Template`] that hashes share, until a field gets an expiry.

mod compact;
mod sharing;
mod table;
mod template;
mod templated;
#[cfg(test)]
mod tests;
mod volatile;

use crate::relocate::{Judge, RelocateCursor};
use compact::CompactHash;
use structures::hashtable::TableStats;
use structures::relocate::boxed;
use structures::{CompactBytes, HashSeed, Listpack};
use table::TableHash;
use template::KeyTemplate;
use templated::{TemplatedHash, ValueArray, Values};
use volatile::VolatileHash;

pub use crate::element::{Element, ElementText};
pub use template::{HeldTemplate, Template, Templates, order};

/// When a hash leaves the compact encodings, and with what seed its table hashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HashLimits {
    /// `hash-max-listpack-entries`.
    pub listpack_entries_max: usize,
    /// `hash-max-listpack-value`.
    pub listpack_value_bytes_max: usize,
    pub seed: HashSeed,
}

/// How a hash is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashEncoding {
    Listpack,
    ListpackEx,
    Hashtable,
    TemplateListpack,
    TemplateArray,
}

impl HashEncoding {
    pub const fn name(self) -> &'static str {
        match self {
            HashEncoding::Listpack => "listpack",
            HashEncoding::ListpackEx => "listpackex",
            HashEncoding::Hashtable => "hashtable",
            HashEncoding::TemplateListpack => "template-listpack",
            HashEncoding::TemplateArray => "template-array",
        }
    }
}

/// A field with its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldView<'a> {
    pub field: Element<'a>,
    pub value: Element<'a>,
    pub expiry_ms: Option<i64>,
}

#[derive(Clone)]
enum Repr {
    Compact(CompactHash),
    Volatile(Box<VolatileHash>),
    Table(Box<TableHash>),
    TemplateListpack {
        template: KeyTemplate,
        values: Listpack,
    },
    /// An array in one allocation.
    TemplatePacked {
        template: KeyTemplate,
        values: CompactBytes,
    },
    TemplateArray {
        template: KeyTemplate,
        values: Box<ValueArray>,
    },
}

const _: () = assert!(size_of::<Repr>() <= 16);

/// See the module text. Two words, so that a `Value` holds it without an allocation.
#[derive(Clone)]
pub struct Hash {
    repr: Repr,
}

impl Default for Hash {
    fn default() -> Self {
        Self::new()
    }
}

/// Does the same with whatever the hash is stored as.
macro_rules! each {
    ($hash:expr, $fields:ident => $body:expr) => {
        match $hash {
            Repr::Compact($fields) => $body,
            Repr::Volatile($fields) => $body,
            Repr::Table($fields) => $body,
            Repr::TemplateListpack { template, values } => {
                let $fields = TemplatedHash { template, values: Values::Listpack(values) };
                $body
            }
            Repr::TemplatePacked { template, values } => {
                let $fields = TemplatedHash { template, values: Values::Packed(values) };
                $body
            }
            Repr::TemplateArray { template, values } => {
                let $fields = TemplatedHash { template, values: Values::Array(values) };
                $body
            }
        }
    };
}

impl Hash {
    pub fn new() -> Self {
        Self { repr: Repr::Compact(CompactHash::new()) }
    }

    /// Makes a listpack the hash it stands for, whatever the length of its strings; gives it back if it is too long for
    /// one, a field stands in it twice or without a value, or an element is encoded otherwise than here.
    pub fn of_listpack(listpack: Listpack, limits: &HashLimits) -> Result<Self, Listpack> {
        if listpack.len() / 2 > limits.listpack_entries_max || !listpack.is_distinct_by(2) {
            return Err(listpack);
        }
        Ok(Self { repr: Repr::Compact(CompactHash::of_listpack(listpack)) })
    }

    /// Asks the processor for what a lookup of a field reads first.
    #[inline]
    pub fn prefetch(&self) {
        match &self.repr {
            Repr::Compact(compact) => compact.prefetch(),
            Repr::Volatile(volatile) => structures::prefetch::read(&raw const **volatile),
            Repr::Table(table) => structures::prefetch::read(&raw const **table),
            Repr::TemplateListpack { template, values } => {
                structures::prefetch::read(&raw const **template);
                values.prefetch();
            }
            Repr::TemplatePacked { template, .. } => {
                structures::prefetch::read(&raw const **template);
            }
            Repr::TemplateArray { template, values } => {
                structures::prefetch::read(&raw const **template);
                structures::prefetch::read(&raw const **values);
            }
        }
    }

    pub fn encoding(&self) -> HashEncoding {
        match self.repr {
            Repr::Compact(_) => HashEncoding::Listpack,
            Repr::Volatile(_) => HashEncoding::ListpackEx,
            Repr::Table(_) => HashEncoding::Hashtable,
            Repr::TemplateListpack { .. } => HashEncoding::TemplateListpack,
            Repr::TemplatePacked { .. } | Repr::TemplateArray { .. } => HashEncoding::TemplateArray,
        }
    }

    /// The bytes of a compact hash: fields and values in turn, each followed by its expiry (0: none) in a
    /// `listpackex`.
    pub fn listpack_bytes(&self) -> Option<&[u8]> {
        match &self.repr {
            Repr::Compact(fields) => Some(fields.as_bytes()),
            Repr::Volatile(fields) => Some(fields.as_bytes()),
            _ => None,
        }
    }

    /// How the table of a large hash is filled: for DEBUG HTSTATS-KEY.
    pub fn table_stats(&self) -> Option<(TableStats, Option<TableStats>)> {
        match &self.repr {
            Repr::Table(fields) => Some(fields.stats()),
            _ => None,
        }
    }

    /// Fields, those included whose time has passed.
    pub fn len(&self) -> usize {
        each!(&self.repr, fields => fields.len())
    }

    pub fn is_empty(&self) -> bool {
        each!(&self.repr, fields => fields.is_empty())
    }

    /// Fields whose time has passed.
    pub fn expired_len(&self, now_ms: i64) -> usize {
        match &self.repr {
            Repr::Volatile(fields) => fields.expired_len(now_ms),
            Repr::Table(fields) => fields.expired_len(now_ms),
            _ => 0,
        }
    }

    /// Fields with an expiry.
    pub fn volatile_len(&self) -> usize {
        match &self.repr {
            Repr::Volatile(fields) => fields.volatile_len(),
            Repr::Table(fields) => fields.volatile_len(),
            _ => 0,
        }
    }

    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<FieldView<'_>> {
        each!(&self.repr, fields => fields.get(field))
    }

    pub fn contains(&self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    /// Changes to a table at once if so many more fields cannot be compact.
    pub fn expect_fields(&mut self, count: usize, limits: &HashLimits) {
        if count > limits.listpack_entries_max && self.template().is_none() {
            self.become_table(limits);
        }
    }

    /// Sets a field; its expiry is kept or cleared. True if the field is new.
    #[inline]
    pub fn set(
        &mut self,
        field: &[u8],
        value: &[u8],
        keep_expiry: bool,
        limits: &HashLimits,
    ) -> bool {
        if self.template().is_some() {
            return self.set_shared(&[[field, value]], limits) == 1;
        }
        if !matches!(self.repr, Repr::Table(_)) {
            let longest = field.len().max(value.len());
            let has_room = match &self.repr {
                Repr::Compact(fields) => fields.has_room_for(field, value),
                Repr::Volatile(fields) => fields.has_room_for(field, value),
                _ => true,
            };
            if longest > limits.listpack_value_bytes_max || !has_room {
                self.become_table(limits);
            }
        }
        let is_new = match &mut self.repr {
            Repr::Compact(fields) => fields.set(field, value),
            Repr::Volatile(fields) => fields.set(field, value, keep_expiry),
            Repr::Table(fields) => return fields.set(field, value, keep_expiry),
            _ => false,
        };
        // The limit may have been lowered since the last field came.
        if self.len() > limits.listpack_entries_max {
            self.become_table(limits);
        }
        is_new
    }

    #[cold]
    fn become_table(&mut self, limits: &HashLimits) {
        let (count, indexed_ms) = (self.len(), self.indexed_expiry_ms());
        if matches!(self.repr, Repr::Table(_)) {
            return;
        }
        let mut table = TableHash::new(limits.seed, count);
        if matches!(self.repr, Repr::Volatile(_)) {
            table.expect_expiry();
        }
        for view in self.iter() {
            let (mut field, mut value) = (ElementText::default(), ElementText::default());
            let field = field.of(view.field);
            table.set(field, value.of(view.value), false);
            if view.expiry_ms.is_some() {
                table.set_expiry(field, view.expiry_ms);
            }
        }
        table.set_indexed_expiry_ms(indexed_ms);
        self.repr = Repr::Table(Box::new(table));
    }

    /// Removes a field; true if it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.repr {
            Repr::Compact(fields) => fields.remove(field),
            Repr::Volatile(fields) => fields.remove(field),
            Repr::Table(fields) => fields.remove(field),
            _ => self.remove_one_shared(field),
        }
    }

    /// Sets or clears the expiry of a field; false if there is no such field. A hash with a template must part from it
    /// before (`expect_expiry`).
    pub fn set_expiry(&mut self, field: &[u8], expiry_ms: Option<i64>) -> bool {
        if let Repr::Compact(fields) = &self.repr {
            if expiry_ms.is_none() || !self.contains(field) {
                return self.contains(field);
            }
            self.repr = Repr::Volatile(Box::new(VolatileHash::from_compact(fields)));
        }
        match &mut self.repr {
            Repr::Compact(_) => false,
            Repr::Volatile(fields) => fields.set_expiry(field, expiry_ms),
            Repr::Table(fields) => fields.set_expiry(field, expiry_ms),
            _ => {
                debug_assert!(expiry_ms.is_none(), "callers ask expect_expiry");
                expiry_ms.is_none() && self.contains(field)
            }
        }
    }

    /// When the next field expires.
    #[inline]
    pub fn next_expiry_ms(&self) -> Option<i64> {
        match &self.repr {
            Repr::Volatile(fields) => fields.next_expiry_ms(),
            Repr::Table(fields) => fields.next_expiry_ms(),
            _ => None,
        }
    }

    /// Whether the database must be told that the next expiry is another (`Database::hash_changed`).
    #[inline]
    pub fn is_index_stale(&self) -> bool {
        self.next_expiry_ms() != self.indexed_expiry_ms()
    }

    /// Removes up to `count` fields whose time has passed, the earliest first, and returns them.
    pub fn remove_expired(&mut self, now_ms: i64, count: usize) -> Vec<Box<[u8]>> {
        match &mut self.repr {
            Repr::Volatile(fields) => fields.remove_expired(now_ms, count),
            Repr::Table(fields) => fields.remove_expired(now_ms, count),
            _ => Vec::new(),
        }
    }

    /// The fields; those of a compact hash in their order, those that expire first in front.
    pub fn iter(&self) -> Box<dyn Iterator<Item = FieldView<'_>> + '_> {
        each!(&self.repr, fields => Box::new(fields.iter()))
    }

    /// Visits the fields in the order of `iter`.
    #[inline]
    pub fn for_each<'a>(&'a self, visit: impl FnMut(FieldView<'a>)) {
        each!(&self.repr, fields => fields.iter().for_each(visit));
    }

    /// Visits the fields at a cursor and returns the next one, 0 at the end; all of a compact hash at once.
    pub fn scan(&self, cursor: u64, visit: impl FnMut(FieldView<'_>)) -> u64 {
        if let Repr::Table(fields) = &self.repr {
            return fields.scan(cursor, visit);
        }
        self.for_each(visit);
        0
    }

    /// A random field, each with the same probability.
    pub fn random(&self, random: &mut impl FnMut() -> u64) -> Option<FieldView<'_>> {
        each!(&self.repr, fields => fields.random(random))
    }

    /// About how many allocations dropping the hash frees.
    pub fn free_effort(&self) -> usize {
        match &self.repr {
            Repr::Table(fields) => fields.len(),
            Repr::TemplateArray { values, .. } => values.len(),
            _ => 1,
        }
    }

    /// Bytes the hash takes beside its value, inferred from up to `samples` fields (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        match &self.repr {
            Repr::Compact(fields) => fields.memory_bytes(),
            Repr::Volatile(fields) => fields.memory_bytes(),
            Repr::Table(fields) => fields.memory_bytes(samples),
            Repr::TemplateListpack { values, .. } => values.alloc_bytes(),
            Repr::TemplatePacked { values, .. } => values.alloc_bytes(),
            Repr::TemplateArray { values, .. } => values.memory_bytes(samples),
        }
    }

    /// Moves some fields as `judge` says; true while there are more.
    pub(crate) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        match &mut self.repr {
            Repr::Compact(fields) => {
                fields.relocate(judge);
                false
            }
            Repr::Volatile(fields) => {
                boxed(fields, judge);
                fields.relocate(judge);
                false
            }
            Repr::Table(fields) => {
                if *cursor == RelocateCursor::default() {
                    boxed(fields, judge);
                }
                fields.relocate(cursor, judge)
            }
            Repr::TemplateListpack { values, .. } => {
                values.relocate(judge);
                false
            }
            Repr::TemplatePacked { values, .. } => {
                values.relocate(judge);
                false
            }
            Repr::TemplateArray { values, .. } => {
                if *cursor == RelocateCursor::default() {
                    boxed(values, judge);
                }
                values.relocate(cursor, judge)
            }
        }
    }

    /// Moves buckets of a table that is being resized; true while there are more.
    pub fn rehash_step(&mut self, budget: usize) -> bool {
        match &mut self.repr {
            Repr::Table(fields) => fields.rehash_step(budget),
            _ => false,
        }
    }

    /// The time under which the database has the hash in its index of field expiries.
    #[inline]
    pub(crate) fn indexed_expiry_ms(&self) -> Option<i64> {
        match &self.repr {
            Repr::Volatile(fields) => fields.indexed_expiry_ms(),
            Repr::Table(fields) => fields.indexed_expiry_ms(),
            _ => None,
        }
    }

    pub(crate) fn set_indexed_expiry_ms(&mut self, at_ms: Option<i64>) {
        match &mut self.repr {
            Repr::Volatile(fields) => fields.set_indexed_expiry_ms(at_ms),
            Repr::Table(fields) => fields.set_indexed_expiry_ms(at_ms),
            _ => {}
        }
    }
}
