//! Commands of the group hyperloglog, and what they share.

use engine::{CommandError, error};
use keyspace::KeyRecord;
use keyspace::string::{self, StringBuffer};
use structures::hyperloglog::{self, Encoding};

pub mod pfadd;
pub mod pfcount;
pub mod pfdebug;
pub mod pfmerge;
pub mod pfselftest;

const NOT_A_HYPERLOGLOG: CommandError =
    CommandError::constant("WRONGTYPE Key is not a valid HyperLogLog string value.");
const CORRUPT: CommandError = CommandError::constant("INVALIDOBJ Corrupted HLL object detected");

/// The bytes of a HyperLogLog and their encoding.
fn bytes_of<'a>(
    record: &'a KeyRecord,
    buffer: &'a mut StringBuffer,
) -> Result<(&'a [u8], Encoding), CommandError> {
    let bytes = crate::string::bytes(record, buffer)?;
    let encoding = hyperloglog::encoding(bytes).ok_or(NOT_A_HYPERLOGLOG)?;
    Ok((bytes, encoding))
}

/// Makes a HyperLogLog raw, as all commands do that may change it, even where they do not.
fn make_raw(record: &mut KeyRecord) -> Result<(), CommandError> {
    edit(record, |_| Ok(()))
}

/// Changes a HyperLogLog.
fn edit<R>(
    record: &mut KeyRecord,
    change: impl FnOnce(&mut Vec<u8>) -> Result<R, hyperloglog::Corrupt>,
) -> Result<R, CommandError> {
    bytes_of(record, &mut StringBuffer::new())?;
    string::edit(record, change).ok_or(error::WRONGTYPE)?.map_err(|_| CORRUPT)
}
