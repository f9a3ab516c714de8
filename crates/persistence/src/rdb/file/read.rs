//! Reading a file, item by item.

use std::borrow::Cow;

use crc::{Digest, Table};

use super::{CHECKSUM_SINCE, MAGIC, opcode};
use crate::rdb::dump::CRC64;
use crate::rdb::error::{RdbError, RdbResult};
use crate::rdb::reader::Reader;
use crate::rdb::value::{self, FileTemplates, Limits, Loaded, Source};
use crate::rdb::{metadata, template};
use crate::version::RDB_VERSION;

/// What a file is made of.
pub enum Item<'a> {
    Remark {
        name: Cow<'a, [u8]>,
        value: Cow<'a, [u8]>,
    },
    /// What follows belongs to this database.
    Database(u64),
    /// How many keys, and keys with an expiry, the database will have.
    Sizes {
        keys: u64,
        volatile_keys: u64,
    },
    Key(KeyItem<'a>),
    /// A key without a value, which an old server left behind.
    EmptyKey(Cow<'a, [u8]>),
    /// A library of functions.
    Library(Cow<'a, [u8]>),
    /// Data of a module that belongs to no key; `when` it is read: 1 before the keys, 2 after them.
    ModuleAux {
        type_id: u64,
        when: u64,
        fields: &'a [u8],
    },
}

/// A key with all that is known of it.
pub struct KeyItem<'a> {
    pub key: Cow<'a, [u8]>,
    pub loaded: Loaded<'a>,
    pub expiry_ms: Option<i64>,
    pub idle_s: Option<i64>,
    pub frequency: Option<u8>,
    /// What modules have attached to it; see [`metadata::fields`].
    pub metadata: Option<&'a [u8]>,
}

/// What stands before a key.
#[derive(Default)]
struct Attributes<'a> {
    metadata: Option<&'a [u8]>,
    expiry_ms: Option<i64>,
    idle_s: Option<i64>,
    frequency: Option<u8>,
}

impl<'a> Attributes<'a> {
    fn of(&self, key: Cow<'a, [u8]>, loaded: Loaded<'a>) -> KeyItem<'a> {
        KeyItem {
            key,
            loaded,
            expiry_ms: self.expiry_ms,
            idle_s: self.idle_s,
            frequency: self.frequency,
            metadata: self.metadata,
        }
    }
}

/// See the module text.
pub struct FileReader<'a> {
    bytes: &'a [u8],
    reader: Reader<'a>,
    version: u16,
    templates: FileTemplates,
    /// The key whose value could not be read.
    damaged_key: Option<Cow<'a, [u8]>>,
    place: Place,
    /// The file was saved without a checksum.
    unchecked: bool,
    /// The checksum so far, and of how many bytes.
    sum: Digest<'static, u64, Table<16>>,
    summed: usize,
}

/// How far the reader has come, for those who tell of an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The byte that introduced what is read now.
    pub code: Option<u8>,
    /// Where the key stands that is read now.
    pub key_at: Option<usize>,
}

impl Place {
    /// What is read now, if it is no key.
    pub fn doing(&self) -> &'static str {
        match self.code {
            Some(opcode::EXPIRY_S | opcode::EXPIRY_MS) => "read-expire",
            Some(opcode::REMARK) => "read-aux",
            Some(opcode::DATABASE | opcode::SIZES | opcode::SLOT) => "read-len",
            Some(opcode::LIBRARY) => "read-functions",
            Some(opcode::MODULE_AUX) => "read-module-aux",
            Some(opcode::END) => "check-sum",
            _ => "read-type",
        }
    }
}

impl<'a> FileReader<'a> {
    /// Begins with the head of the file.
    pub fn new(bytes: &'a [u8]) -> RdbResult<FileReader<'a>> {
        let mut reader = Reader::new(bytes);
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(RdbError::Corrupt("Wrong signature trying to load DB from file"));
        }
        let digits = std::str::from_utf8(reader.take(4)?).ok();
        let version = digits.and_then(|digits| digits.parse().ok());
        let version: u16 =
            version.ok_or(RdbError::Corrupt("Can't handle the version of the RDB file"))?;
        if version == 0 || version > RDB_VERSION {
            return Err(RdbError::Version(version));
        }
        let templates = FileTemplates::new();
        Ok(FileReader {
            bytes,
            reader,
            version,
            templates,
            damaged_key: None,
            place: Place::default(),
            unchecked: false,
            sum: CRC64.digest(),
            summed: 0,
        })
    }

    /// Takes what was read so far into the checksum: done now and then, there is little left to do at the end.
    pub fn sum_up(&mut self) {
        let position = self.position();
        // A file without one is spared the work.
        if !self.bytes.ends_with(&[0; 8])
            && let Some(bytes) = self.bytes.get(self.summed..position)
        {
            self.sum.update(bytes);
            self.summed = position;
        }
    }

    /// After an error: the key that was being read, if it was one.
    pub fn damaged_key(&self) -> Option<&[u8]> {
        self.damaged_key.as_deref()
    }

    /// Bytes that were read.
    pub fn position(&self) -> usize {
        self.bytes.len() - self.reader.remaining()
    }

    /// What is read now, or was read last.
    pub fn place(&self) -> Place {
        self.place
    }

    /// At the end: what there is to say of the checksum.
    pub fn checksum_remark(&self) -> Option<&'static str> {
        if self.version < CHECKSUM_SINCE {
            return None;
        }
        Some(if self.unchecked {
            "RDB file was saved with checksum disabled: no check performed"
        } else {
            "Checksum OK"
        })
    }

    /// Bytes that are left.
    pub fn remaining(&self) -> usize {
        self.reader.remaining()
    }

    /// Whether there were templates so far.
    pub fn has_templates(&self) -> bool {
        !self.templates.is_empty()
    }

    /// The next item; `None` at the end, where the checksum is found right.
    pub fn next(&mut self, limits: &Limits) -> RdbResult<Option<Item<'a>>> {
        let mut attributes = Attributes::default();
        self.place = Place::default();
        loop {
            let reader = &mut self.reader;
            let code = reader.byte()?;
            self.place.code = Some(code);
            return Ok(Some(match code {
                opcode::EXPIRY_S => {
                    let seconds = i64::from(i32::from_le_bytes(reader.array()?));
                    attributes.expiry_ms = Some(seconds * 1000);
                    continue;
                }
                opcode::EXPIRY_MS => {
                    attributes.expiry_ms = Some(reader.i64_le()?);
                    continue;
                }
                opcode::IDLE => {
                    let idle_s = i64::try_from(reader.length()?).unwrap_or(i64::MAX);
                    attributes.idle_s = Some(idle_s);
                    continue;
                }
                opcode::FREQUENCY => {
                    attributes.frequency = Some(reader.byte()?);
                    continue;
                }
                opcode::KEY_METADATA => {
                    attributes.metadata = Some(metadata::read(reader)?);
                    continue;
                }
                opcode::SLOT => {
                    for _ in 0..3 {
                        reader.length()?;
                    }
                    continue;
                }
                opcode::HASH_TEMPLATE => {
                    let (number, template) = template::read_definition(reader, &limits.templates)?;
                    self.templates.insert(number, template);
                    continue;
                }
                opcode::REMARK => Item::Remark { name: reader.string()?, value: reader.string()? },
                opcode::DATABASE => Item::Database(reader.length()?),
                opcode::SIZES => {
                    Item::Sizes { keys: reader.length()?, volatile_keys: reader.length()? }
                }
                opcode::LIBRARY => Item::Library(reader.string()?),
                opcode::MODULE_AUX => {
                    let type_id = reader.length()?;
                    if reader.length()? != opcode::FIELD_UNSIGNED {
                        return Err(RdbError::Corrupt("Module data integrity check failed."));
                    }
                    let when = reader.length()?;
                    Item::ModuleAux { type_id, when, fields: value::module_fields(reader)? }
                }
                opcode::END => return self.end().map(|()| None),
                code => {
                    self.place.key_at = Some(self.bytes.len() - reader.remaining());
                    let key = reader.string()?;
                    let source = Source::File(&self.templates);
                    match value::read(reader, code, limits, source) {
                        Ok(loaded) => Item::Key(attributes.of(key, loaded)),
                        Err(RdbError::Empty) => Item::EmptyKey(key),
                        Err(error) => {
                            self.damaged_key = Some(key);
                            return Err(error);
                        }
                    }
                }
            }));
        }
    }

    fn end(&mut self) -> RdbResult<()> {
        if self.version < CHECKSUM_SINCE {
            return Ok(());
        }
        let end = self.position();
        let checksum = u64::from_le_bytes(self.reader.array()?);
        self.unchecked = checksum == 0;
        if self.unchecked {
            return Ok(());
        }
        let mut sum = self.sum.clone();
        sum.update(&self.bytes[self.summed..end]);
        if checksum != sum.finalize() {
            return Err(RdbError::Checksum);
        }
        Ok(())
    }
}
