//! Commands of the group string, and what they share.

use engine::{CommandError, CommandResult, error};
use keyspace::KeyRecord;
use keyspace::string::StringBuffer;
use resp::reply::Reply;

pub mod get;
pub mod set;

/// The bytes of a string value; of an integer its digits.
pub fn bytes<'a>(
    record: &'a KeyRecord,
    buffer: &'a mut StringBuffer,
) -> Result<&'a [u8], CommandError> {
    keyspace::string::bytes(record, buffer).ok_or(error::WRONGTYPE)
}

/// Replies with a string value.
pub fn reply_value(reply: &mut Reply, record: &KeyRecord) -> CommandResult {
    match record.view() {
        keyspace::View::Bytes { bytes, .. } => reply.bulk(bytes),
        keyspace::View::Integer(value) => reply.bulk_integer(value),
        keyspace::View::Value(keyspace::Value::String(bytes)) => reply.bulk(bytes),
        keyspace::View::Value(_) => return Err(error::WRONGTYPE),
    }
    Ok(())
}

/// The XXH3 digest of a value, as DIGEST prints it.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes))
}

/// Refuses what cannot be a digest.
pub fn check_digest(digest: &[u8]) -> CommandResult {
    if digest.len() == 16 && digest.iter().all(u8::is_ascii_hexdigit) {
        return Ok(());
    }
    Err(CommandError::constant("ERR digest must be exactly 16 hexadecimal characters"))
}
