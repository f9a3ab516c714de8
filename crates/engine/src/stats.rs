//! What the server counts of itself, for INFO stats and errorstats.

use std::collections::BTreeMap;

use crate::effect::LogLevel;

/// Different error codes counted; beyond it the counts are dropped, as a sign of generated codes.
pub const ERROR_CODES_MAX: usize = 128;

/// Turns of the event loop.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventLoopStats {
    pub cycles: u64,
    pub duration_us: u64,
    pub duration_max_us: u64,
    /// Of the duration, what commands took.
    pub commands_us: u64,
    pub cron_us: u64,
    pub cycles_with_commands: u64,
    pub commands_per_cycle_max: u64,
    pub cycles_per_sec: f64,
    pub duration_us_per_cycle: f64,
    turn_started_us: u64,
    turn_commands: u64,
}

/// Counters since the start or CONFIG RESETSTAT.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub connections_received: u64,
    pub rejected_connections: u64,
    pub commands_processed: u64,
    pub net_input_bytes: u64,
    pub net_output_bytes: u64,
    pub keyspace_hits: u64,
    pub keyspace_misses: u64,
    pub expired_keys: u64,
    pub expired_keys_active: u64,
    pub expired_subkeys: u64,
    pub expired_subkeys_active: u64,
    pub expired_stale_percent: f64,
    pub expired_time_cap_reached_count: u64,
    pub expire_cycle_cpu_us: u64,
    pub evicted_keys: u64,
    pub evicted_clients: u64,
    pub evicted_scripts: u64,
    /// Operations that a cluster would have refused.
    pub cluster_incompatible_ops: u64,
    pub total_error_replies: u64,
    pub unexpected_error_replies: u64,
    pub sync_full: u64,
    pub sync_partial_ok: u64,
    pub sync_partial_err: u64,
    pub client_query_buffer_limit_disconnections: u64,
    pub client_output_buffer_limit_disconnections: u64,
    pub reads_processed: u64,
    /// Batches of requests whose keys were fetched together, and the keys in them.
    pub prefetch_batches: u64,
    pub prefetch_entries: u64,
    pub writes_processed: u64,
    pub reply_buffer_shrinks: u64,
    pub reply_buffer_expands: u64,
    pub acl_access_denied_auth: u64,
    pub acl_access_denied_cmd: u64,
    pub acl_access_denied_key: u64,
    pub acl_access_denied_channel: u64,
    pub acl_access_denied_tls_cert: u64,
    pub peak_memory_bytes: u64,
    pub errors: BTreeMap<Vec<u8>, u64>,
    pub errors_disabled: bool,
    /// The counts that were dropped, until they have been told to the log.
    pub(crate) dropped_errors: Option<BTreeMap<Vec<u8>, u64>>,
    pub event_loop: EventLoopStats,
    pub ops_per_sec: u64,
    pub input_kbps: f64,
    pub output_kbps: f64,
}

impl Stats {
    /// Counts an error reply by its code word.
    pub fn count_error(&mut self, code: &[u8]) {
        self.total_error_replies += 1;
        if self.errors_disabled {
            return;
        }
        if let Some(count) = self.errors.get_mut(code) {
            *count += 1;
            return;
        }
        if self.errors.len() >= ERROR_CODES_MAX {
            self.dropped_errors = Some(std::mem::take(&mut self.errors));
            self.errors.insert(b"ERRORSTATS_DISABLED".to_vec(), 1);
            self.errors_disabled = true;
            return;
        }
        self.errors.insert(code.to_vec(), 1);
    }

    /// What was counted last by this code word was nobody's error.
    pub(crate) fn take_back_error(&mut self, code: &[u8]) {
        self.total_error_replies = self.total_error_replies.saturating_sub(1);
        if let Some(count) = self.errors.get_mut(code) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.errors.retain(|known, _| known.as_slice() != code);
            }
        }
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&mut self) {
        let peak_memory_bytes = self.peak_memory_bytes;
        let event_loop = EventLoopStats {
            turn_started_us: self.event_loop.turn_started_us,
            ..EventLoopStats::default()
        };
        *self = Stats { peak_memory_bytes, event_loop, ..Stats::default() };
    }
}

/// Values at the last sample, from which rates are made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    at_us: u64,
    commands: u64,
    input_bytes: u64,
    output_bytes: u64,
    cycles: u64,
    duration_us: u64,
}

/// Milliseconds between two samples of the rates.
const SAMPLE_PERIOD_US: u64 = 100_000;
/// How slowly a rate follows: each sample moves it by one part in so many.
const SMOOTHING: f64 = 4.0;

impl crate::State {
    /// Renews the rates of INFO (`instantaneous_…`), smoothed over the last samples.
    pub(crate) fn stats_sample(&mut self) {
        let now_us = self.clock.monotonic_us();
        let last = self.rate_sample;
        let passed_us = now_us.saturating_sub(last.at_us);
        if passed_us < SAMPLE_PERIOD_US {
            return;
        }
        let stats = &mut self.stats;
        let seconds = passed_us as f64 / 1e6;
        let smooth = |old: f64, new: f64| old + (new - old) / SMOOTHING;
        let commands = stats.commands_processed.saturating_sub(last.commands) as f64 / seconds;
        let input =
            stats.net_input_bytes.saturating_sub(last.input_bytes) as f64 / 1024.0 / seconds;
        let output =
            stats.net_output_bytes.saturating_sub(last.output_bytes) as f64 / 1024.0 / seconds;
        stats.ops_per_sec = smooth(stats.ops_per_sec as f64, commands).round() as u64;
        stats.input_kbps = smooth(stats.input_kbps, input);
        stats.output_kbps = smooth(stats.output_kbps, output);
        let event_loop = &mut stats.event_loop;
        let cycles = event_loop.cycles.saturating_sub(last.cycles);
        let duration = event_loop.duration_us.saturating_sub(last.duration_us);
        event_loop.cycles_per_sec = smooth(event_loop.cycles_per_sec, cycles as f64 / seconds);
        if cycles > 0 {
            let per_cycle = duration as f64 / cycles as f64;
            event_loop.duration_us_per_cycle = smooth(event_loop.duration_us_per_cycle, per_cycle);
        }
        self.rate_sample = Sample {
            at_us: now_us,
            commands: stats.commands_processed,
            input_bytes: stats.net_input_bytes,
            output_bytes: stats.net_output_bytes,
            cycles: event_loop.cycles,
            duration_us: event_loop.duration_us,
        };
    }

    /// A turn of the event loop begins: what came in during the wait is about to be done.
    pub(crate) fn begin_turn(&mut self) {
        let event_loop = &mut self.stats.event_loop;
        event_loop.turn_started_us = self.clock.monotonic_us();
        event_loop.turn_commands = self.stats.commands_processed;
    }

    /// Tells the log of error counts that were dropped because there were too many different ones.
    fn report_dropped_errors(&mut self) {
        let Some(errors) = self.stats.dropped_errors.take() else { return };
        let list: Vec<String> = errors
            .iter()
            .map(|(code, count)| format!("{}: {count}", String::from_utf8_lossy(code)))
            .collect();
        self.log(
            LogLevel::Warning,
            format!(
                "Errorstats stopped adding new errors because the number of errors reached the \
                 limit ({ERROR_CODES_MAX})."
            ),
        );
        let list = list.join(", ");
        self.log(LogLevel::Warning, format!("Current errors code list (code: count): {list}"));
        let objects = errors.len();
        self.free_in_background(Box::new(errors), objects);
    }

    /// A turn of the event loop ends.
    pub(crate) fn end_turn(&mut self) {
        if self.stats.dropped_errors.is_some() {
            self.report_dropped_errors();
        }
        let now_us = self.clock.monotonic_us_now();
        let commands_processed = self.stats.commands_processed;
        let event_loop = &mut self.stats.event_loop;
        let duration_us = now_us.saturating_sub(event_loop.turn_started_us);
        let commands = commands_processed.saturating_sub(event_loop.turn_commands);
        event_loop.cycles += 1;
        event_loop.duration_us += duration_us;
        event_loop.duration_max_us = event_loop.duration_max_us.max(duration_us);
        event_loop.cycles_with_commands += u64::from(commands > 0);
        event_loop.commands_per_cycle_max = event_loop.commands_per_cycle_max.max(commands);
    }
}
