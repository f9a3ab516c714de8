//! INFO keyspace and keysizes.

use std::collections::BTreeMap;

use super::{Lines, human_size};
use crate::state::State;

pub fn write(state: &mut State, lines: &mut Lines) {
    for (number, database) in state.databases.iter().enumerate() {
        if database.is_empty() {
            continue;
        }
        lines.field(
            &format!("db{number}"),
            format!(
                "keys={},expires={},avg_ttl={},subexpiry={}",
                database.len(),
                database.expires_len(),
                database.avg_ttl_ms(),
                database.subexpiry_len()
            ),
        );
    }
}

/// Most keys walked for the size histograms; beyond it they are left out rather than hold up everybody.
const KEYS_WALKED_MAX: usize = 100_000;

pub fn write_sizes(state: &mut State, lines: &mut Lines) {
    let keys: usize = state.databases.iter().map(keyspace::Database::len).sum();
    if keys > KEYS_WALKED_MAX {
        return;
    }
    for (number, database) in state.databases.iter().enumerate() {
        let mut histograms: BTreeMap<&str, BTreeMap<u64, u64>> = BTreeMap::new();
        for record in database.iter() {
            let Some((name, size)) = crate::key_size::of(record) else { continue };
            let bucket = if size == 0 { 0 } else { 1 << size.ilog2() };
            *histograms.entry(name).or_default().entry(bucket).or_default() += 1;
        }
        for name in ["strings_sizes", "lists_items", "sets_items", "zsets_items", "hashes_items"] {
            let Some(histogram) = histograms.get(name) else { continue };
            let buckets: Vec<String> = histogram
                .iter()
                .map(|(bucket, count)| format!("{}={count}", human_size(*bucket)))
                .collect();
            lines.field(&format!("db{number}_distrib_{name}"), buckets.join(","));
        }
    }
}
