//! The slow log: calls that took longer than a threshold.

use std::collections::VecDeque;

/// One slow call.
#[derive(Clone, Debug)]
pub struct SlowlogEntry {
    pub id: i64,
    pub unix_s: i64,
    pub duration_us: u64,
    pub argv: Vec<Vec<u8>>,
    /// Number of arguments, kept or not.
    pub argc: usize,
    pub peer: String,
    pub client_name: Vec<u8>,
    /// The module whose command it was.
    pub module: Option<String>,
}

/// The slow log, newest first.
#[derive(Debug, Default)]
pub struct Slowlog {
    pub entries: VecDeque<SlowlogEntry>,
    /// Slow calls since the start or CONFIG RESETSTAT, kept or not, and their durations.
    pub total: u64,
    pub max_us: u64,
    pub sum_us: u64,
    next_id: i64,
}

impl Slowlog {
    /// Adds a call, keeping at most `len_max`.
    pub fn add(&mut self, mut entry: SlowlogEntry, len_max: usize) {
        self.total += 1;
        self.max_us = self.max_us.max(entry.duration_us);
        self.sum_us += entry.duration_us;
        if len_max == 0 {
            return;
        }
        entry.id = self.next_id;
        self.next_id += 1;
        self.entries.push_front(entry);
        self.entries.truncate(len_max);
    }

    /// CONFIG RESETSTAT.
    pub fn reset_totals(&mut self) {
        (self.total, self.max_us, self.sum_us) = (0, 0, 0);
    }

    /// The arguments as they are kept: cut in number and length, with a note of what is missing.
    pub fn shorten(argv: &[&[u8]], count_max: usize, bytes_max: usize) -> Vec<Vec<u8>> {
        let count_max = count_max.max(2);
        let kept = if argv.len() > count_max { count_max - 1 } else { argv.len() };
        let mut short: Vec<Vec<u8>> = argv
            .iter()
            .take(kept)
            .map(|argument| match argument.get(..bytes_max) {
                Some(start) if argument.len() > bytes_max => {
                    let more = argument.len() - bytes_max;
                    [start, format!("... ({more} more bytes)").as_bytes()].concat()
                }
                _ => argument.to_vec(),
            })
            .collect();
        if kept < argv.len() {
            short.push(format!("... ({} more arguments)", argv.len() - kept).into_bytes());
        }
        short
    }
}
