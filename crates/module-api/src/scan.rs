//! Scanning the elements of a value.

use keyspace::Value;

/// Adds the elements at a position as (element, value) and returns the next position; `None` for a value without elements.
pub fn elements(
    value: &Value,
    _position: u64,
    _pairs: &mut Vec<(Vec<u8>, Option<Vec<u8>>)>,
) -> Option<u64> {
    match value {
        Value::String(_)
        | Value::Hash(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::SortedSet(_)
        | Value::Module(_) => None,
    }
}
