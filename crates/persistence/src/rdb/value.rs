//! Any value: from a record to bytes and back.

use std::borrow::Cow;

use keyspace::array::ArrayLimits;
use keyspace::hash::{HashLimits, Templates};
use keyspace::list::NodeLimit;
use keyspace::module::Place;
use keyspace::set::SetLimits;
use keyspace::sorted_set::SortedSetLimits;
use keyspace::{KeyRecord, Value, View};
use structures::listpack::{Element, Listpack};

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::type_code;
use super::writer::Writer;
use super::{array, hash, list, set, stream, template, zset};

pub use super::template::FileTemplates;

/// When collections leave their compact encodings.
pub struct Limits {
    pub hash: HashLimits,
    pub list: NodeLimit,
    pub set: SetLimits,
    pub sorted_set: SortedSetLimits,
    /// Where hashes that share the names of their fields find them.
    pub templates: Templates,
    pub array: ArrayLimits,
    /// The moment; what streams remember of producers for a while is forgotten by it.
    pub now_ms: i64,
}

/// For what a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// DUMP and its like: the value stands alone.
    Payload,
    File,
    /// A file of this version, which knows less.
    OlderFile(u16),
}

/// From what a value is read.
#[derive(Clone, Copy)]
pub enum Source<'f> {
    Payload,
    /// A file with these templates.
    File(&'f FileTemplates),
}

/// A value that was read.
pub enum Loaded<'a> {
    String(Cow<'a, [u8]>),
    Value(Value),
    /// A value of a module's type; its module makes it of the bytes.
    Module {
        type_id: u64,
        fields: &'a [u8],
    },
}

/// The type byte of what a record holds; `None` if it cannot be written yet.
pub fn type_code_of(record: &KeyRecord, form: Form) -> Option<u8> {
    Some(match record.view() {
        View::Bytes { .. } | View::Integer(_) | View::Value(Value::String(_)) => type_code::STRING,
        View::Value(Value::Hash(hash)) => hash::type_code_of(hash, form),
        View::Value(Value::List(_)) => type_code::LIST_QUICKLIST_2,
        View::Value(Value::Set(set)) => set::type_code_of(set, form),
        View::Value(Value::SortedSet(set)) => zset::type_code_of(set),
        View::Value(Value::Array(_)) => type_code::ARRAY,
        View::Value(Value::Stream(_)) => stream::type_code_of(form),
        View::Value(Value::Module(module)) => {
            return module.0.can_save().then_some(type_code::MODULE_2);
        }
    })
}

/// What a record holds that files of the older versions cannot tell of.
pub fn unknown_to_older(record: &KeyRecord) -> Option<&'static str> {
    match record.view() {
        _ if record.has_metadata() => Some("metadata that a module has attached"),
        View::Value(Value::Array(_)) => Some("an array"),
        View::Value(Value::Hash(hash)) if hash.next_expiry_ms().is_some() => {
            Some("a hash with fields that expire")
        }
        View::Value(Value::Stream(stream)) => stream::unknown_to_older(stream),
        _ => None,
    }
}

/// Writes what a record holds, without its type byte; false if it cannot be written yet.
pub fn write(writer: &mut Writer, record: &KeyRecord, db: usize, form: Form) -> bool {
    match record.view() {
        View::Bytes { bytes, .. } => writer.string(bytes),
        View::Integer(integer) => writer.integer(integer),
        View::Value(Value::String(bytes)) => writer.string(bytes),
        View::Value(Value::Hash(hash)) => hash::write(writer, hash, form),
        View::Value(Value::List(list)) => list::write(writer, list),
        View::Value(Value::Set(set)) => set::write(writer, set, form),
        View::Value(Value::SortedSet(set)) => zset::write(writer, set),
        View::Value(Value::Array(array)) => array::write(writer, array),
        View::Value(Value::Stream(stream)) => stream::write(writer, stream, form),
        View::Value(Value::Module(module)) => {
            let place = Place { db: Some(db), key: record.key() };
            let Some(fields) = module.0.save(place) else { return false };
            writer.length(keyspace::module::ModuleValue::type_id(&*module.0));
            writer.raw(&fields);
        }
    }
    true
}

/// Reads a value of the given type.
pub fn read<'a>(
    reader: &mut Reader<'a>,
    code: u8,
    limits: &Limits,
    source: Source<'_>,
) -> RdbResult<Loaded<'a>> {
    match code {
        type_code::STRING => reader.string().map(Loaded::String),
        type_code::HASH
        | type_code::HASH_ZIPMAP
        | type_code::HASH_ZIPLIST
        | type_code::HASH_LISTPACK
        | type_code::HASH_METADATA_EARLY
        | type_code::HASH_LISTPACK_EX_EARLY
        | type_code::HASH_METADATA
        | type_code::HASH_LISTPACK_EX => {
            hash::read(reader, code, &limits.hash).map(|hash| Loaded::Value(Value::Hash(hash)))
        }
        type_code::HASH_TEMPLATE_LISTPACK
        | type_code::HASH_TEMPLATE_LISTPACK_REF
        | type_code::HASH_TEMPLATE_ARRAY
        | type_code::HASH_TEMPLATE_ARRAY_REF => {
            let hash = template::read(reader, code, &limits.hash, &limits.templates, source)?;
            Ok(Loaded::Value(Value::Hash(hash)))
        }
        type_code::LIST
        | type_code::LIST_ZIPLIST
        | type_code::LIST_QUICKLIST
        | type_code::LIST_QUICKLIST_2 => {
            let list = list::read(reader, code, &limits.list)?;
            Ok(Loaded::Value(Value::List(list)))
        }
        type_code::SET | type_code::SET_INTSET | type_code::SET_LISTPACK => {
            let set = set::read(reader, code, &limits.set)?;
            Ok(Loaded::Value(Value::Set(set)))
        }
        type_code::ZSET
        | type_code::ZSET_2
        | type_code::ZSET_ZIPLIST
        | type_code::ZSET_LISTPACK => {
            let set = zset::read(reader, code, &limits.sorted_set)?;
            Ok(Loaded::Value(Value::SortedSet(set)))
        }
        type_code::ARRAY => {
            let array = array::read(reader, &limits.array)?;
            Ok(Loaded::Value(Value::Array(Box::new(array))))
        }
        type_code::MODULE_2 => {
            let type_id = reader.length()?;
            Ok(Loaded::Module { type_id, fields: module_fields(reader)? })
        }
        type_code::STREAM_LISTPACKS
        | type_code::STREAM_LISTPACKS_2
        | type_code::STREAM_LISTPACKS_3
        | type_code::STREAM_LISTPACKS_4
        | type_code::STREAM_LISTPACKS_5 => {
            let mut stream = stream::read(reader, code)?;
            stream.expire_producers(limits.now_ms);
            Ok(Loaded::Value(Value::Stream(Box::new(stream))))
        }
        _ => Err(RdbError::UnknownType(code)),
    }
}

/// Whether bytes are what a module may have written as a value, and nothing more.
pub fn is_module_value(fields: &[u8]) -> bool {
    let mut reader = Reader::new(fields);
    module_fields(&mut reader).is_ok() && reader.is_at_end()
}

/// What a module wrote: numbers and strings, each with a word before it that says which, and the word of the end.
pub(super) fn module_fields<'a>(reader: &mut Reader<'a>) -> RdbResult<&'a [u8]> {
    let mut begin = reader.clone();
    loop {
        match reader.length()? {
            0 => return begin.take(begin.remaining() - reader.remaining()),
            1 | 2 => drop(reader.length()?),
            3 => drop(reader.array::<4>()?),
            4 => drop(reader.array::<8>()?),
            5 => drop(reader.string()?),
            _ => return Err(RdbError::Corrupt("data of a module")),
        }
    }
}

/// The text of an element.
pub(super) fn element_text(element: Element<'_>) -> Cow<'_, [u8]> {
    match element {
        Element::Bytes(bytes) => Cow::Borrowed(bytes),
        Element::Integer(integer) => {
            Cow::Owned(itoa::Buffer::new().format(integer).as_bytes().to_vec())
        }
    }
}

/// Bytes that must be a listpack.
pub(super) fn listpack(bytes: &[u8]) -> RdbResult<Listpack> {
    Listpack::from_bytes(bytes).ok_or(RdbError::Corrupt("Listpack integrity check failed."))
}
