//! The payload of DUMP and RESTORE: a value with its type, the version and a checksum.

use crc::{CRC_64_REDIS, Crc, Table};
use keyspace::KeyRecord;

use std::borrow::Cow;

use super::error::{RdbError, RdbResult};
use super::file::opcode;
use super::metadata;
use super::reader::Reader;
use super::value::{self, Form, Limits, Loaded, Source};
use super::writer::Writer;
use crate::version::RDB_VERSION;

/// The checksum of RDB.
pub static CRC64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

const VERSION_SIZE: usize = 2;
const CHECKSUM_SIZE: usize = 8;

/// The payload for a record; `None` if it holds what cannot be written yet.
pub fn dump(record: &KeyRecord, db: usize, compress: bool) -> Option<Vec<u8>> {
    dump_with(None, record, db, compress)
}

/// The same with what modules have attached to the key ([`metadata::saved`]).
pub fn dump_with(
    metadata: Option<Vec<u8>>,
    record: &KeyRecord,
    db: usize,
    compress: bool,
) -> Option<Vec<u8>> {
    versioned(metadata, record, db, compress).map(with_checksum)
}

/// The same with zero in place of the checksum, which is not looked at then: for what is propagated.
pub fn dump_unchecked(record: &KeyRecord, db: usize, compress: bool) -> Option<Vec<u8>> {
    let mut payload = versioned(None, record, db, compress)?;
    payload.extend_from_slice(&[0; CHECKSUM_SIZE]);
    Some(payload)
}

fn with_checksum(mut payload: Vec<u8>) -> Vec<u8> {
    let checksum = CRC64.checksum(&payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}

fn versioned(
    metadata: Option<Vec<u8>>,
    record: &KeyRecord,
    db: usize,
    compress: bool,
) -> Option<Vec<u8>> {
    let mut writer = Writer::new(compress);
    if let Some(metadata) = metadata {
        metadata::write(&mut writer, &metadata);
    }
    writer.byte(value::type_code_of(record, Form::Payload)?);
    if !value::write(&mut writer, record, db, Form::Payload) {
        return None;
    }
    writer.raw(&RDB_VERSION.to_le_bytes());
    Some(writer.take())
}

/// Bytes of the value in a payload; `None` as of `dump`.
pub fn value_len(record: &KeyRecord, db: usize, compress: bool) -> Option<usize> {
    let payload = versioned(None, record, db, compress)?;
    Some(payload.len() - size_of::<u8>() - VERSION_SIZE)
}

/// The type and value of a payload, once version and checksum (unless it is not looked at) are found good.
pub fn verify(payload: &[u8], skip_checksum: bool) -> RdbResult<&[u8]> {
    let (checked, checksum) =
        payload.split_last_chunk::<CHECKSUM_SIZE>().ok_or(RdbError::Truncated)?;
    let (body, version) = checked.split_last_chunk::<VERSION_SIZE>().ok_or(RdbError::Truncated)?;
    let version = u16::from_le_bytes(*version);
    if version > RDB_VERSION {
        return Err(RdbError::Version(version));
    }
    let checksum = u64::from_le_bytes(*checksum);
    // Zero: written without one.
    if checksum != 0 && !skip_checksum && checksum != CRC64.checksum(checked) {
        return Err(RdbError::Checksum);
    }
    Ok(body)
}

/// The payload of FUNCTION DUMP: the code of libraries.
pub fn dump_libraries<'a>(codes: impl Iterator<Item = &'a [u8]>, compress: bool) -> Vec<u8> {
    let mut writer = Writer::new(compress);
    for code in codes {
        write_library(&mut writer, code);
    }
    writer.raw(&RDB_VERSION.to_le_bytes());
    with_checksum(writer.take())
}

/// One library, in a payload and in a file.
pub(super) fn write_library(writer: &mut Writer, code: &[u8]) {
    writer.byte(opcode::LIBRARY);
    writer.string(code);
}

/// The code of the libraries in the body of a verified payload.
pub fn load_libraries(body: &[u8]) -> RdbResult<Vec<Cow<'_, [u8]>>> {
    let mut reader = Reader::new(body);
    let mut codes = Vec::new();
    while !reader.is_at_end() {
        if reader.byte()? != opcode::LIBRARY {
            return Err(RdbError::Corrupt("given type is not a function"));
        }
        codes.push(reader.string()?);
    }
    Ok(codes)
}

/// What modules have attached to the key ([`metadata::fields`]), and the body without it.
pub fn split_metadata(body: &[u8]) -> RdbResult<(Option<&[u8]>, &[u8])> {
    let Some((&opcode::KEY_METADATA, rest)) = body.split_first() else { return Ok((None, body)) };
    let mut reader = Reader::new(rest);
    let saved = metadata::read(&mut reader)?;
    Ok((Some(saved), reader.take(reader.remaining())?))
}

/// Reads the body of a verified payload, without metadata.
pub fn load<'a>(body: &'a [u8], limits: &Limits) -> RdbResult<Loaded<'a>> {
    let mut reader = Reader::new(body);
    let code = reader.byte()?;
    let loaded = value::read(&mut reader, code, limits, Source::Payload)?;
    if reader.is_at_end() {
        Ok(loaded)
    } else {
        Err(RdbError::Corrupt("Bytes are left over behind the value."))
    }
}
