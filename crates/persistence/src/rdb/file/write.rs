//! Writing a file, piece by piece.

use crc::{Digest, Table};
use keyspace::KeyRecord;
use keyspace::hash::Template;

use super::{MAGIC, opcode};
use crate::rdb::dump::{CRC64, write_library};
use crate::rdb::value::{self, Form};
use crate::rdb::writer::Writer;
use crate::rdb::{metadata, template};
use crate::version::RDB_VERSION;

/// Data of a module's type that belongs to no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleAux {
    pub type_id: u64,
    /// 1: before the keys, 2: after them.
    pub when: u64,
    pub fields: Vec<u8>,
}

impl ModuleAux {
    /// The `when` of data that is read before the keys; there is no other but 2, after them.
    pub const BEFORE_KEYS: u64 = 1;
}

/// See the module text. The caller takes the bytes away as they gather.
pub struct FileWriter {
    writer: Writer,
    form: Form,
    /// The database of the keys that come.
    db: usize,
    /// Of all bytes that were taken away; `None` if no checksum is wanted.
    checksum: Option<Digest<'static, u64, Table<16>>>,
}

impl FileWriter {
    pub fn new(compress: bool, checksum: bool) -> FileWriter {
        FileWriter::of_version(RDB_VERSION, compress, checksum)
    }

    /// One of [`RDB_VERSION`] or of an older version, which has no place for what [`value::unknown_to_older`] names.
    pub fn of_version(version: u16, compress: bool, checksum: bool) -> FileWriter {
        let mut writer = Writer::new(compress);
        writer.raw(MAGIC);
        writer.raw(format!("{version:04}").as_bytes());
        let form = if version < RDB_VERSION { Form::OlderFile(version) } else { Form::File };
        FileWriter { writer, form, db: 0, checksum: checksum.then(|| CRC64.digest()) }
    }

    /// A remark on the file, such as who wrote it.
    pub fn remark(&mut self, name: &str, value: &[u8]) {
        self.writer.byte(opcode::REMARK);
        self.writer.string(name.as_bytes());
        self.writer.string(value);
    }

    /// The keys that follow belong to this database, which has so many.
    pub fn database(&mut self, index: usize, keys: usize, volatile_keys: usize) {
        self.db = index;
        self.writer.byte(opcode::DATABASE);
        self.writer.length(index as u64);
        self.writer.byte(opcode::SIZES);
        self.writer.length(keys as u64);
        self.writer.length(volatile_keys as u64);
    }

    /// A template, before the hashes that refer to it.
    pub fn template(&mut self, template: &Template) {
        // In an older file the hashes themselves name their fields.
        if self.form == Form::File {
            self.writer.byte(opcode::HASH_TEMPLATE);
            template::write_definition(&mut self.writer, template);
        }
    }

    /// A library of functions.
    pub fn library(&mut self, code: &[u8]) {
        write_library(&mut self.writer, code);
    }

    /// Data of a module's type that belongs to no key: the type's number, when to read it, and what the module wrote.
    pub fn module_aux(&mut self, aux: &ModuleAux) {
        self.writer.byte(opcode::MODULE_AUX);
        self.writer.length(aux.type_id);
        self.writer.length(opcode::FIELD_UNSIGNED);
        self.writer.length(aux.when);
        self.writer.raw(&aux.fields);
    }

    /// A key; false if its value cannot be written yet.
    pub fn key(&mut self, record: &KeyRecord, idle_s: Option<u64>, frequency: Option<u8>) -> bool {
        self.key_with(None, record, idle_s, frequency)
    }

    /// The same, with what modules have attached to it ([`metadata::saved`]).
    pub fn key_with(
        &mut self,
        metadata: Option<Vec<u8>>,
        record: &KeyRecord,
        idle_s: Option<u64>,
        frequency: Option<u8>,
    ) -> bool {
        let Some(code) = value::type_code_of(record, self.form) else { return false };
        if let Some(expiry_ms) = record.expiry_ms() {
            self.writer.byte(opcode::EXPIRY_MS);
            self.writer.raw(&expiry_ms.to_le_bytes());
        }
        if let Some(idle_s) = idle_s {
            self.writer.byte(opcode::IDLE);
            self.writer.length(idle_s);
        }
        if let Some(frequency) = frequency {
            self.writer.byte(opcode::FREQUENCY);
            self.writer.byte(frequency);
        }
        if let Some(metadata) = metadata {
            metadata::write(&mut self.writer, &metadata);
        }
        self.writer.byte(code);
        self.writer.string(record.key());
        value::write(&mut self.writer, record, self.db, self.form)
    }

    /// Bytes that wait to be taken away.
    pub fn buffered(&self) -> usize {
        self.writer.as_bytes().len()
    }

    /// Hands the bytes that wait to `sink`.
    pub fn flush<E>(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        if let Some(checksum) = &mut self.checksum {
            checksum.update(self.writer.as_bytes());
        }
        sink(self.writer.as_bytes())?;
        self.writer.clear();
        Ok(())
    }

    /// Ends the file.
    pub fn finish<E>(mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.writer.byte(opcode::END);
        self.flush(sink)?;
        let checksum: u64 = self.checksum.map_or(0, |checksum| checksum.finalize());
        sink(&checksum.to_le_bytes())
    }
}
