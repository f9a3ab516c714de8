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
const KEYS_WALKED_MAX: usize = 20_000;
/// Elements of a collection that are looked at to tell its memory.
const SAMPLES: usize = 5;

/// The histograms in their order; the second group is memory, and only shown where that is configured.
const HISTOGRAMS: [&str; 9] = [
    "strings_sizes",
    "lists_items",
    "sets_items",
    "zsets_items",
    "hashes_items",
    "lists_sizes",
    "sets_sizes",
    "zsets_sizes",
    "hashes_sizes",
];

/// Counts by the power of two below a size.
type Histogram = BTreeMap<u64, u64>;

fn count(histogram: &mut Histogram, size: u64) {
    let bucket = if size == 0 { 0 } else { 1 << size.ilog2() };
    *histogram.entry(bucket).or_default() += 1;
}

pub fn write_sizes(state: &mut State, lines: &mut Lines) {
    let keys: usize = state.databases.iter().map(keyspace::Database::len).sum();
    if keys > KEYS_WALKED_MAX {
        return;
    }
    let memory_wanted = state.config.key_memory_histograms;
    for (number, database) in state.databases.iter().enumerate() {
        let mut histograms: BTreeMap<&str, Histogram> = BTreeMap::new();
        for record in database.iter() {
            let Some((name, size)) = crate::key_size::of(record) else { continue };
            count(histograms.entry(name).or_default(), size);
            let memory_name = match name {
                "lists_items" => "lists_sizes",
                "sets_items" => "sets_sizes",
                "zsets_items" => "zsets_sizes",
                "hashes_items" => "hashes_sizes",
                _ => continue,
            };
            if memory_wanted {
                let value = record.value().map_or(0, |value| value.memory_bytes(SAMPLES));
                let bytes = record.alloc_bytes() + value;
                count(histograms.entry(memory_name).or_default(), bytes as u64);
            }
        }
        for name in HISTOGRAMS {
            let Some(histogram) = histograms.get(name) else { continue };
            let buckets: Vec<String> = histogram
                .iter()
                .map(|(bucket, count)| format!("{}={count}", human_size(*bucket)))
                .collect();
            lines.field(&format!("db{number}_distrib_{name}"), buckets.join(","));
        }
    }
}
