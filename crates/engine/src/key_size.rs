//! How large a value is, as the size histograms of INFO count it.

use keyspace::{KeyRecord, Value, View};

/// The histogram a value belongs to and its size there: bytes of a string, elements of a collection.
pub fn of(record: &KeyRecord) -> Option<(&'static str, u64)> {
    match record.view() {
        View::Bytes { bytes, .. } => Some(("strings_sizes", bytes.len() as u64)),
        View::Integer(integer) => Some(("strings_sizes", integer.to_string().len() as u64)),
        View::Value(Value::String(bytes)) => Some(("strings_sizes", bytes.len() as u64)),
        View::Value(Value::Hash(hash)) => Some(("hashes_items", hash.len() as u64)),
        View::Value(Value::List(list)) => Some(("lists_items", list.len() as u64)),
        View::Value(Value::Set(set)) => Some(("sets_items", set.len() as u64)),
        View::Value(Value::SortedSet(set)) => Some(("zsets_items", set.len() as u64)),
        View::Value(_) => None,
    }
}
