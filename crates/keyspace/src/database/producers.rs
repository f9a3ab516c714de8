//! Streams that remember idempotent producers: an index, so that those can be forgotten in time.

use std::collections::BTreeSet;

use structures::View;

use super::{Database, KeyRecord};
use crate::value::Value;

/// Keeps the index of streams with producers in step with one key.
pub(super) fn note_producers(
    index: &mut BTreeSet<u64>,
    hash: u64,
    record: &mut KeyRecord,
    was_stream: bool,
) {
    match record.value_mut() {
        Some(Value::Stream(stream)) if stream.has_producers() => drop(index.insert(hash)),
        _ if was_stream => drop(index.remove(&hash)),
        _ => {}
    }
}

impl Database {
    /// Must be called after a stream may have come to remember producers, or to remember none.
    pub fn stream_changed(&mut self, key: &[u8]) {
        let hash = self.hash_of(key);
        if let Some(record) = self.table.find_mut_hashed(hash, key) {
            note_producers(&mut self.producers, hash, record, true);
        }
    }

    /// Keys of the streams that remember producers.
    pub fn streams_with_producers(&self) -> Vec<Box<[u8]>> {
        let mut keys = Vec::new();
        for hash in &self.producers {
            self.table.for_each_of_hash(*hash, |record| {
                if matches!(record.view(), View::Value(Value::Stream(stream)) if stream.has_producers()) {
                    keys.push(record.key().into());
                }
            });
        }
        keys
    }
}
