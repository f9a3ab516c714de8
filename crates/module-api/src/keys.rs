//! Keys: what their values amount to.

use keyspace::Value;

/// Number of elements of a value; of a string its bytes, of a module's value 0.
pub fn length(value: &Value) -> usize {
    match value {
        Value::String(bytes) => bytes.len(),
        Value::Hash(hash) => hash.len(),
        Value::List(list) => list.len(),
        Value::Set(set) => set.len(),
        Value::SortedSet(set) => set.len(),
        Value::Stream(stream) => stream.len(),
        Value::Array(array) => array.count() as usize,
        Value::Module(_) => 0,
    }
}
