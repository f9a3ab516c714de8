//! What a key can hold beside a short string: one variant per type.

use crate::array::Array;
use crate::database::KeyRecord;
use crate::hash::Hash;
use crate::list::List;
use crate::module::{ModuleObject, Place};
use crate::set::Set;
use crate::sorted_set::SortedSet;
use crate::stream::Stream;
use crate::string;
use structures::{NewPayload, View};

/// A value in an allocation of its own. Sixteen bytes, so that it fits into a small record.
pub enum Value {
    /// A string too long for its record, or one that grows. Boxed, since a `Vec` would double
    /// the size of `Value`.
    String(Box<Vec<u8>>),
    Hash(Hash),
    List(List),
    Set(Set),
    SortedSet(SortedSet),
    Stream(Box<Stream>),
    Array(Box<Array>),
    /// Of a module's type.
    Module(Box<ModuleObject>),
}

const _: () = assert!(size_of::<Value>() <= 16);

/// The type of a key as the TYPE command names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    String,
    Hash,
    List,
    Set,
    SortedSet,
    Stream,
    Array,
    /// A module's; [`type_name`] knows which.
    Module,
}

impl Type {
    pub const fn name(self) -> &'static str {
        match self {
            Type::String => "string",
            Type::Hash => "hash",
            Type::List => "list",
            Type::Set => "set",
            Type::SortedSet => "zset",
            Type::Stream => "stream",
            Type::Array => "array",
            Type::Module => "module",
        }
    }
}

impl Value {
    pub fn value_type(&self) -> Type {
        match self {
            Value::String(_) => Type::String,
            Value::Hash(_) => Type::Hash,
            Value::List(_) => Type::List,
            Value::Set(_) => Type::Set,
            Value::SortedSet(_) => Type::SortedSet,
            Value::Stream(_) => Type::Stream,
            Value::Array(_) => Type::Array,
            Value::Module(_) => Type::Module,
        }
    }

    /// Asks the processor for what a command on the value reads first.
    #[inline]
    pub fn prefetch(&self) {
        match self {
            Value::String(bytes) => structures::prefetch::read(&raw const **bytes),
            Value::Hash(hash) => hash.prefetch(),
            Value::List(list) => list.prefetch(),
            Value::Set(set) => set.prefetch(),
            Value::SortedSet(set) => set.prefetch(),
            Value::Stream(stream) => structures::prefetch::read(&raw const **stream),
            Value::Array(array) => structures::prefetch::read(&raw const **array),
            Value::Module(module) => structures::prefetch::read(&raw const **module),
        }
    }

    /// How the value is stored, as OBJECT ENCODING names it.
    pub fn encoding_name(&self) -> &'static str {
        match self {
            Value::String(_) => "raw",
            Value::Hash(hash) => hash.encoding().name(),
            Value::List(list) => list.encoding().name(),
            Value::Set(set) => set.encoding().name(),
            Value::SortedSet(set) => set.encoding().name(),
            Value::Stream(_) => "stream",
            Value::Array(_) => "sliced-array",
            Value::Module(module) => module.0.encoding_name(),
        }
    }

    /// About how many allocations dropping the value frees: above a limit that is done elsewhere.
    pub fn free_effort(&self) -> usize {
        match self {
            Value::String(_) => 1,
            Value::Hash(hash) => hash.free_effort(),
            Value::List(list) => list.free_effort(),
            Value::Set(set) => set.free_effort(),
            Value::SortedSet(set) => set.free_effort(),
            Value::Stream(stream) => stream.free_effort(),
            Value::Array(array) => array.free_effort(),
            Value::Module(module) => module.0.free_effort(Place::default()),
        }
    }

    /// Bytes the value takes beside its record. Collections look at up to `samples` elements
    /// (0: at all) and infer the rest.
    pub fn memory_bytes(&self, samples: usize) -> usize {
        self.memory_bytes_at(Place::default(), samples)
    }

    /// The same, telling a module's type where the value is.
    pub fn memory_bytes_at(&self, place: Place<'_>, samples: usize) -> usize {
        match self {
            Value::String(bytes) => {
                structures::class_size(size_of::<Vec<u8>>())
                    + structures::class_size(bytes.capacity())
            }
            Value::Hash(hash) => hash.memory_bytes(samples),
            Value::List(list) => list.memory_bytes(samples),
            Value::Set(set) => set.memory_bytes(samples),
            Value::SortedSet(set) => set.memory_bytes(samples),
            Value::Stream(stream) => stream.memory_bytes(samples),
            Value::Array(array) => array.memory_bytes(samples),
            Value::Module(module) => module.0.memory_bytes(place, samples),
        }
    }
}

/// A copy of a record under another key, with its expiry; `None` if it holds a value of a module's
/// type that cannot be copied.
pub fn duplicate(record: &KeyRecord, from_db: usize, to: Place<'_>) -> Option<KeyRecord> {
    let payload = match record.view() {
        View::Bytes { bytes, raw } => NewPayload::Bytes { bytes, raw },
        View::Integer(integer) => NewPayload::Integer(integer),
        View::Value(value) => NewPayload::Value(match value {
            Value::String(bytes) => Value::String(bytes.clone()),
            Value::Hash(hash) => Value::Hash(hash.clone()),
            Value::List(list) => Value::List(list.clone()),
            Value::Set(set) => Value::Set(set.clone()),
            Value::SortedSet(set) => Value::SortedSet(set.clone()),
            Value::Stream(stream) => Value::Stream(stream.clone()),
            Value::Array(array) => Value::Array(array.clone()),
            Value::Module(module) => {
                let from = Place { db: Some(from_db), key: record.key() };
                let copy = module.0.duplicate(from, to)?;
                Value::Module(Box::new(ModuleObject(copy)))
            }
        }),
    };
    Some(KeyRecord::new(to.key, payload, record.expiry_ms()))
}

/// The type of what a record holds.
pub fn type_of(record: &KeyRecord) -> Type {
    match record.view() {
        View::Bytes { .. } | View::Integer(_) => Type::String,
        View::Value(value) => value.value_type(),
    }
}

/// The name of a record's type as TYPE prints it.
pub fn type_name(record: &KeyRecord) -> &str {
    match record.view() {
        View::Value(Value::Module(module)) => module.0.type_name(),
        _ => type_of(record).name(),
    }
}

/// How a record's value is stored, as OBJECT ENCODING names it.
pub fn encoding_name(record: &KeyRecord) -> &'static str {
    match record.view() {
        View::Integer(_) => "int",
        View::Bytes { bytes, raw: false }
            if record.key().len() + bytes.len() <= string::EMBSTR_BYTES_MAX =>
        {
            "embstr"
        }
        View::Bytes { .. } => "raw",
        View::Value(value) => value.encoding_name(),
    }
}
