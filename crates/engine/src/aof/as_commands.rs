//! The dataset as the commands that make it: a base without RDB (`aof-use-rdb-preamble no`).

use keyspace::array::CellText;
use keyspace::element::ElementText;
use keyspace::hash::{Hash, HashEncoding};
use keyspace::module::Place;
use keyspace::{Array, KeyRecord, Value, View};
use persistence::aof::encode;

use super::stream_as_commands;
use crate::dataset::KeyDelay;
use crate::state::State;

/// Elements that one command adds.
const ITEMS_PER_COMMAND: usize = 64;
/// Elements of an array that one command sets.
const CELLS_PER_COMMAND: usize = 32;
/// Bytes that are gathered before they go to the file.
const CHUNK_BYTES: usize = 64 * 1024;

/// Commands with many items: as many per command as are wanted.
struct Batches<'a> {
    head: [&'a [u8]; 2],
    words: Vec<Vec<u8>>,
    words_max: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> Batches<'a> {
    fn new(name: &'a [u8], key: &'a [u8], words_max: usize, out: &'a mut Vec<u8>) -> Batches<'a> {
        Batches { head: [name, key], words: Vec::new(), words_max, out }
    }

    fn word(&mut self, word: &[u8]) {
        self.words.push(word.to_vec());
        if self.words.len() == self.words_max {
            self.end();
        }
    }

    fn end(&mut self) {
        if self.words.is_empty() {
            return;
        }
        let words: Vec<&[u8]> =
            self.head.into_iter().chain(self.words.iter().map(Vec::as_slice)).collect();
        encode(words.into_iter(), self.out);
        self.words.clear();
    }
}

impl State {
    /// Writes commands that make the dataset to `sink`, piece by piece; returns how many keys had to be left out.
    pub fn write_dataset_as_commands<E>(
        &self,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut out = Vec::new();
        let mut left_out = 0;
        let mut delay = KeyDelay::new(self.config.rdb_key_save_delay);
        let mut count = self.key_count();
        if self.config.aof_timestamp_enabled {
            out.extend_from_slice(format!("#TS:{}\r\n", self.clock.unix_s()).as_bytes());
        }
        for code in self.library_codes() {
            encode([b"FUNCTION".as_slice(), b"LOAD", &code].into_iter(), &mut out);
        }
        for (index, database) in self.databases.iter().enumerate() {
            if database.is_empty() {
                continue;
            }
            encode([b"SELECT".as_slice(), index.to_string().as_bytes()].into_iter(), &mut out);
            for record in database.iter() {
                left_out += u64::from(!self.write_key(record, index, &mut out));
                if record.has_metadata() {
                    self.write_metadata(record, index, &mut out);
                }
                if out.len() >= CHUNK_BYTES {
                    sink(&out)?;
                    out.clear();
                }
                delay.after_key(self.host.port.sleep_us);
                count.after_key();
            }
        }
        sink(&out)?;
        Ok(left_out)
    }

    fn write_key(&self, record: &KeyRecord, db: usize, out: &mut Vec<u8>) -> bool {
        let key = record.key();
        if let Some(parked) = self.parked_metadata(record, db) {
            return self.write_payload(record, Some(parked), db, out);
        }
        match record.view() {
            View::Bytes { bytes, .. } => encode([b"SET", key, bytes].into_iter(), out),
            View::Integer(integer) => {
                let text = integer.to_string();
                encode([b"SET", key, text.as_bytes()].into_iter(), out);
            }
            View::Value(Value::String(bytes)) => {
                encode([b"SET", key, bytes.as_slice()].into_iter(), out);
            }
            View::Value(Value::List(list)) => {
                let mut batches = Batches::new(b"RPUSH", key, ITEMS_PER_COMMAND, out);
                list.visit_range(0, usize::MAX, |element| {
                    batches.word(ElementText::default().of(element));
                });
                batches.end();
            }
            View::Value(Value::Set(set)) => {
                let mut batches = Batches::new(b"SADD", key, ITEMS_PER_COMMAND, out);
                set.for_each(|element| batches.word(ElementText::default().of(element)));
                batches.end();
            }
            View::Value(Value::SortedSet(set)) => {
                let mut batches = Batches::new(b"ZADD", key, 2 * ITEMS_PER_COMMAND, out);
                for (element, score) in set.iter_from(0) {
                    let mut text = Vec::new();
                    stdx::double::format(score, &mut text);
                    batches.word(&text);
                    batches.word(ElementText::default().of(element));
                }
                batches.end();
            }
            View::Value(Value::Hash(hash)) if !shares_fields(hash) => write_hash(key, hash, out),
            View::Value(Value::Stream(stream)) => {
                stream_as_commands::write(key, stream, self.idempotence_limits(), out);
            }
            View::Value(Value::Array(array)) => write_array(key, array, out),
            // What no plain commands make as it is comes back by its payload.
            View::Value(Value::Hash(_) | Value::Module(_)) => {
                return self.write_payload(record, None, db, out);
            }
        }
        write_expiry(record, out);
        true
    }

    /// What modules that are away have attached: only a payload can bring it back.
    fn parked_metadata(&self, record: &KeyRecord, db: usize) -> Option<Vec<u8>> {
        if !record.has_metadata() {
            return None;
        }
        self.databases[db].metadata(record.key())?.parked()
    }

    /// By commands of the modules: payloads are written without it.
    #[cold]
    fn write_metadata(&self, record: &KeyRecord, db: usize, out: &mut Vec<u8>) {
        let key = record.key();
        let Some(metadata) = self.databases[db].metadata(key) else { return };
        for words in metadata.commands(Place { db: Some(db), key }) {
            encode(words.iter().map(Vec::as_slice), out);
        }
    }

    fn write_payload(
        &self,
        record: &KeyRecord,
        metadata: Option<Vec<u8>>,
        db: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        let compress = self.config.rdbcompression;
        let Some(payload) = persistence::rdb::dump::dump_with(metadata, record, db, compress)
        else {
            return false;
        };
        let words: [&[u8]; 5] = [b"RESTORE", record.key(), b"0", &payload, b"REPLACE"];
        encode(words.into_iter(), out);
        write_expiry(record, out);
        true
    }
}

fn write_expiry(record: &KeyRecord, out: &mut Vec<u8>) {
    if let Some(expiry_ms) = record.expiry_ms() {
        let text = expiry_ms.to_string();
        encode([b"PEXPIREAT", record.key(), text.as_bytes()].into_iter(), out);
    }
}

fn write_array(key: &[u8], array: &Array, out: &mut Vec<u8>) {
    let mut batches = Batches::new(b"ARMSET", key, 2 * CELLS_PER_COMMAND, out);
    for (index, cell) in array.range(0, Array::INDEX_MAX) {
        batches.word(index.to_string().as_bytes());
        batches.word(CellText::default().of(cell));
    }
    batches.end();
    if let Some(cursor) = array.cursor() {
        // Behind the last index it is one more than any element has.
        let next = cursor.saturating_add(1).to_string();
        encode([b"ARSEEK", key, next.as_bytes()].into_iter(), out);
    }
}

/// HSET would make a hash with names of its own.
fn shares_fields(hash: &Hash) -> bool {
    matches!(hash.encoding(), HashEncoding::TemplateListpack | HashEncoding::TemplateArray)
}

fn write_hash(key: &[u8], hash: &Hash, out: &mut Vec<u8>) {
    let mut expiries = Vec::new();
    let mut batches = Batches::new(b"HMSET", key, 2 * ITEMS_PER_COMMAND, out);
    hash.for_each(|view| {
        let mut text = ElementText::default();
        let field = text.of(view.field);
        batches.word(field);
        if let Some(expiry_ms) = view.expiry_ms {
            expiries.push((field.to_vec(), expiry_ms));
        }
        batches.word(ElementText::default().of(view.value));
    });
    batches.end();
    for (field, expiry_ms) in expiries {
        let text = expiry_ms.to_string();
        let words = [b"HPEXPIREAT", key, text.as_bytes(), b"FIELDS", b"1", &field];
        encode(words.into_iter(), out);
    }
}
