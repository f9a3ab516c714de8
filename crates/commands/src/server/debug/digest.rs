//! DEBUG DIGEST, DIGEST-VALUE: signatures of data that do not depend on the order it is stored in.

use engine::lookup::lookup_flag;
use engine::{CommandResult, Context};
use keyspace::array::CellText;
use keyspace::hash::ElementText;
use keyspace::module::{ModuleObject, Place};
use keyspace::stream::StreamId;
use keyspace::{Array, KeyRecord, Stream, Value, View};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Twenty bytes, shown as forty hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Digest([u64; 3]);

impl Digest {
    /// The signature of some bytes in a role.
    fn of(role: u64, parts: &[&[u8]]) -> Digest {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        let first = xxh3_128_with_seed(&bytes, role);
        let second = xxh3_128_with_seed(&bytes, role ^ 0x9e37_79b9_7f4a_7c15);
        Digest([first as u64, (first >> 64) as u64, second as u64])
    }

    /// Joins in any order.
    fn add(&mut self, other: Digest) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own ^= other;
        }
    }

    fn hex(self) -> String {
        let [first, second, third] = self.0;
        format!("{first:016x}{second:016x}{:08x}", third as u32)
    }

    fn bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

fn of_value(record: &KeyRecord, db: usize) -> Digest {
    match record.view() {
        View::Bytes { bytes, .. } => Digest::of(1, &[bytes]),
        View::Integer(integer) => Digest::of(1, &[integer.to_string().as_bytes()]),
        View::Value(Value::String(bytes)) => Digest::of(1, &[bytes]),
        View::Value(Value::Hash(hash)) => {
            let mut digest = Digest::of(2, &[]);
            hash.for_each(|view| {
                let (mut field, mut value) = (ElementText::default(), ElementText::default());
                let expiry = view.expiry_ms.unwrap_or(-1).to_le_bytes();
                let parts = [field.of(view.field), value.of(view.value), &expiry[..]];
                digest.add(Digest::of(3, &parts));
            });
            digest
        }
        View::Value(Value::List(list)) => {
            // The place of each element counts.
            let mut digest = Digest::of(6, &[]);
            let mut index = 0u64;
            list.visit_range(0, usize::MAX, |element| {
                let place = index.to_le_bytes();
                digest.add(Digest::of(6, &[&place, ElementText::default().of(element)]));
                index += 1;
            });
            digest
        }
        View::Value(Value::Set(set)) => {
            let mut digest = Digest::of(7, &[]);
            set.for_each(|element| {
                digest.add(Digest::of(7, &[ElementText::default().of(element)]));
            });
            digest
        }
        View::Value(Value::SortedSet(set)) => {
            let mut digest = Digest::of(8, &[]);
            for (element, score) in set.iter_from(0) {
                let score = (score + 0.0).to_le_bytes();
                digest.add(Digest::of(8, &[&score, ElementText::default().of(element)]));
            }
            digest
        }
        View::Value(Value::Stream(stream)) => of_stream(stream),
        View::Value(Value::Array(array)) => of_array(array),
        View::Value(Value::Module(module)) => {
            of_module(module, Place { db: Some(db), key: record.key() })
        }
    }
}

/// A stream's entries; as in Redis not what its groups know of them.
fn of_stream(stream: &Stream) -> Digest {
    let mut digest = Digest::of(10, &[]);
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        let mut content = Digest::of(10, &[&entry.id.to_bytes()]);
        for (field, value) in entry.fields() {
            let (mut field_text, mut value_text) = (ElementText::default(), ElementText::default());
            let parts = [field_text.of(field), value_text.of(value)];
            content = Digest::of(10, &[&content.bytes(), parts[0], parts[1]]);
        }
        digest.add(content);
    }
    digest
}

/// An array's elements with their indexes; as in Redis not its cursor.
fn of_array(array: &Array) -> Digest {
    let mut digest = Digest::of(11, &[]);
    let mut buffer = CellText::default();
    for (index, cell) in array.range(0, Array::INDEX_MAX) {
        digest.add(Digest::of(11, &[&index.to_le_bytes(), buffer.of(cell)]));
    }
    digest
}

/// What a module tells of its value: elements in sequences; the order counts inside a sequence only.
fn of_module(module: &ModuleObject, place: Place<'_>) -> Digest {
    let mut digest = Digest::of(9, &[module.0.type_name().as_bytes()]);
    let mut sequence = Digest::default();
    module.0.digest(place, &mut |element| match element {
        Some(element) => sequence = Digest::of(9, &[&sequence.bytes(), element]),
        None => {
            digest.add(sequence);
            sequence = Digest::default();
        }
    });
    digest.add(sequence);
    digest
}

pub fn digest(context: &mut Context<'_>) -> CommandResult {
    let mut digest = Digest::default();
    for (number, database) in context.state.databases.iter().enumerate() {
        for record in database.iter() {
            let value = of_value(record, number).bytes();
            let expiry = record.expiry_ms().unwrap_or(-1).to_le_bytes();
            let db = number.to_le_bytes();
            digest.add(Digest::of(5, &[&db, record.key(), &value, &expiry]));
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
        let record = context.state.lookup_read_with(db, key, flags);
        let digest = record.map(|record| of_value(record, db)).unwrap_or_default();
        context.reply.simple(digest.hex());
    }
    Ok(())
}
