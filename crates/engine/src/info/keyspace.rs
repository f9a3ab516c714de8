//! INFO keyspace and keysizes.

use keyspace::{Database, SIZE_GROUPS, SizeGroup, SizeHistogram, bin_start};

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

/// The names of the histograms of sizes and of memory, in the order of INFO.
fn names(group: SizeGroup) -> (&'static str, &'static str) {
    match group {
        SizeGroup::Strings => ("strings_sizes", ""),
        SizeGroup::Lists => ("lists_items", "lists_sizes"),
        SizeGroup::Sets => ("sets_items", "sets_sizes"),
        SizeGroup::SortedSets => ("zsets_items", "zsets_sizes"),
        SizeGroup::Hashes => ("hashes_items", "hashes_sizes"),
    }
}

pub fn write_sizes(state: &mut State, lines: &mut Lines) {
    for (number, database) in state.databases.iter_mut().enumerate() {
        for group in SIZE_GROUPS {
            let histogram = database.size_histogram(group);
            write_histogram(lines, number, names(group).0, histogram);
        }
        for group in SIZE_GROUPS {
            let histogram = database.memory_histogram(group);
            write_histogram(lines, number, names(group).1, histogram);
        }
    }
}

fn write_histogram(lines: &mut Lines, db: usize, name: &str, histogram: Option<&SizeHistogram>) {
    let Some(histogram) = histogram else { return };
    let bins: Vec<String> = histogram
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(bin, count)| format!("{}={count}", human_size(bin_start(bin))))
        .collect();
    lines.field(&format!("db{db}_distrib_{name}"), bins.join(","));
}

impl State {
    /// DEBUG KEYSIZES-HIST-ASSERT: ends the server if a histogram is not what the keys say.
    #[cold]
    pub(crate) fn assert_histograms(&mut self) {
        if !self.databases.iter_mut().all(Database::histograms_are_right) {
            (self.host.port.crash)("assert");
        }
    }
}
