//! Commands of the group string, and what they share.

use engine::{CommandError, CommandResult, Context, error};
use keyspace::KeyRecord;
use keyspace::string::StringBuffer;
use resp::reply::Reply;

pub mod append;
mod condition;
pub mod delex;
pub mod digest;
pub mod get;
pub mod getdel;
pub mod getex;
pub mod getrange;
pub mod getset;
pub mod incr;
pub mod incrbyfloat;
pub mod increx;
pub mod lcs;
pub mod mget;
pub mod mset;
pub mod msetex;
pub mod set;
pub mod setex;
pub mod setnx;
pub mod setrange;
pub mod strlen;

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

/// Puts a text into a string's place, not read as an integer, or makes the key; an expiry stays.
fn store_text(context: &mut Context<'_>, key: &[u8], text: &[u8]) {
    let payload = keyspace::string::raw_payload(text, false);
    match context.state.lookup_write(context.db, key) {
        Some(record) => drop(record.replace_payload(payload, true)),
        None => {
            context.state.add_key(context.db, key, payload, None);
        }
    }
    context.modified(key);
}
