//! DEBUG DIGEST, DIGEST-VALUE: signatures of data that do not depend on the order it is stored in; the same as Redis's, so
//! that data can be compared across both.

use engine::lookup::lookup_flag;
use engine::{CommandResult, Context};
use keyspace::array::CellText;
use keyspace::hash::ElementText;
use keyspace::module::{ModuleObject, Place};
use keyspace::stream::StreamId;
use keyspace::{Array, KeyRecord, Stream, Type, Value, View, type_of};
use sha1::{Digest as _, Sha1};

const SIZE: usize = 20;
/// What is said of a key, or of a field, that has an expiry; not when it expires.
const KEY_EXPIRES: &[u8] = b"!!expire!!";
const FIELD_EXPIRES: &[u8] = b"!!hexpire!!";
/// What is said of an array's place that holds nothing.
const EMPTY_PLACE: &[u8] = b"(null)";
/// The longest run of empty places that is taken in one by one.
const GAP_MAX: u64 = 1 << 20;

/// A SHA-1 sum in the making.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Digest([u8; SIZE]);

impl Digest {
    /// Takes in something whose place does not count.
    fn add(&mut self, bytes: &[u8]) {
        let sum: [u8; SIZE] = Sha1::digest(bytes).into();
        self.0.iter_mut().zip(sum).for_each(|(own, other)| *own ^= other);
    }

    /// Takes in something whose place counts.
    fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    /// The digest of some parts in their order.
    fn of(parts: &[&[u8]]) -> Digest {
        let mut digest = Digest::default();
        parts.iter().for_each(|part| digest.mix(part));
        digest
    }

    fn hex(self) -> String {
        stdx::text::hex(&self.0)
    }
}

/// Takes a key's value, and whether it expires, into what was made of its name.
fn take_value(digest: &mut Digest, record: &KeyRecord, db: usize) {
    digest.mix(&(type_number(record)).to_be_bytes());
    match record.view() {
        View::Bytes { bytes, .. } => digest.mix(bytes),
        View::Integer(integer) => digest.mix(integer.to_string().as_bytes()),
        View::Value(Value::String(bytes)) => digest.mix(bytes),
        View::Value(Value::Hash(hash)) => hash.for_each(|view| {
            let (mut field, mut value) = (ElementText::default(), ElementText::default());
            let mut element = Digest::of(&[field.of(view.field), value.of(view.value)]);
            if view.expiry_ms.is_some() {
                element.add(FIELD_EXPIRES);
            }
            digest.add(&element.0);
        }),
        View::Value(Value::List(list)) => list.visit_range(0, usize::MAX, |element| {
            digest.mix(ElementText::default().of(element));
        }),
        View::Value(Value::Set(set)) => {
            set.for_each(|element| digest.add(ElementText::default().of(element)));
        }
        View::Value(Value::SortedSet(set)) => {
            for (element, score) in set.iter_from(0) {
                let mut text = ElementText::default();
                let score = score_text(score);
                digest.add(&Digest::of(&[text.of(element), &score]).0);
            }
        }
        View::Value(Value::Stream(stream)) => take_stream(digest, stream),
        View::Value(Value::Array(array)) => take_array(digest, array),
        View::Value(Value::Module(module)) => {
            take_module(digest, module, Place { db: Some(db), key: record.key() });
        }
    }
    if record.expiry_ms().is_some() {
        digest.add(KEY_EXPIRES);
    }
}

/// The number a type has in Redis.
fn type_number(record: &KeyRecord) -> u32 {
    match type_of(record) {
        Type::String => 0,
        Type::List => 1,
        Type::Set => 2,
        Type::SortedSet => 3,
        Type::Hash => 4,
        Type::Module => 5,
        Type::Stream => 6,
        Type::Array => 7,
    }
}

/// A score as Redis prints it here: not as in replies, where great whole numbers have all their digits.
fn score_text(score: f64) -> Vec<u8> {
    let mut text = Vec::new();
    stdx::double::format_shortest(score, &mut text);
    text
}

/// A stream's entries; as in Redis not what its groups know of them.
fn take_stream(digest: &mut Digest, stream: &Stream) {
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        digest.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
        for (field, value) in entry.fields() {
            digest.mix(ElementText::default().of(field));
            digest.mix(ElementText::default().of(value));
        }
    }
}

/// An array's elements and what it says of the places between them; as in Redis not its cursor.
fn take_array(digest: &mut Digest, array: &Array) {
    let mut buffer = CellText::default();
    let mut next = 0;
    for (index, cell) in array.range(0, Array::INDEX_MAX) {
        take_gap(digest, index - next);
        digest.mix(buffer.of(cell));
        next = index + 1;
    }
}

/// Empty places one by one, as Redis takes them; a gap for which it would need hours by its size.
fn take_gap(digest: &mut Digest, size: u64) {
    if size > GAP_MAX {
        digest.mix(size.to_string().as_bytes());
        return;
    }
    for _ in 0..size {
        digest.mix(EMPTY_PLACE);
    }
}

/// What a module tells of its value: elements in sequences; the order counts inside a sequence only.
fn take_module(digest: &mut Digest, module: &ModuleObject, place: Place<'_>) {
    let (mut all, mut sequence) = (Digest::default(), Digest::default());
    module.0.digest(place, &mut |element| match element {
        Some(element) => sequence.mix(element),
        None => {
            all.add(&sequence.0);
            sequence = Digest::default();
        }
    });
    digest.add(&all.0);
}

pub fn digest(context: &mut Context<'_>) -> CommandResult {
    let mut digest = Digest::default();
    for (number, database) in context.state.databases.iter().enumerate() {
        if database.is_empty() {
            continue;
        }
        digest.mix(&u32::try_from(number).unwrap_or_default().to_be_bytes());
        for record in database.iter() {
            let mut of_key = Digest::of(&[record.key()]);
            take_value(&mut of_key, record, number);
            digest.add(&of_key.0);
        }
    }
    context.reply.simple(digest.hex());
    Ok(())
}

pub fn digest_value(context: &mut Context<'_>) -> CommandResult {
    let keys = context.argv.get(2..).unwrap_or(&[]);
    context.reply.array(keys.len());
    for key in keys {
        let flags = lookup_flag::NO_TOUCH | lookup_flag::NO_NOTIFY;
        let db = context.db;
        let mut digest = Digest::default();
        if let Some(record) = context.state.lookup_read_with(db, key, flags) {
            take_value(&mut digest, record, db);
        }
        context.reply.simple(digest.hex());
    }
    Ok(())
}
