//! Latencies: a histogram per command, and the events of the latency monitor.

use std::collections::BTreeMap;

/// Counts per power-of-two microseconds, as LATENCY HISTOGRAM shows them.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// `buckets[n]` counts calls of at most 2^n microseconds (and more than 2^(n-1)).
    buckets: [u64; BUCKETS],
    /// Finer counts for percentiles: 16 steps within a power of two.
    fine: [u64; BUCKETS * 16],
    calls: u64,
}

/// Powers of two that are told apart; the last takes all that is longer (about an hour).
const BUCKETS: usize = 32;

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { buckets: [0; BUCKETS], fine: [0; BUCKETS * 16], calls: 0 }
    }
}

impl Histogram {
    /// Counts a call.
    pub fn record(&mut self, usec: u64) {
        let bucket = if usec <= 1 { 0 } else { 64 - (usec - 1).leading_zeros() };
        self.buckets[(bucket as usize).min(BUCKETS - 1)] += 1;
        let fine = (Histogram::fine_index(usec) as usize).min(self.fine.len() - 1);
        self.fine[fine] += 1;
        self.calls += 1;
    }

    fn fine_index(usec: u64) -> u32 {
        if usec < 16 {
            return usec as u32;
        }
        let power = 63 - usec.leading_zeros();
        let step = (usec >> (power - 4)) & 15;
        power * 16 + step as u32
    }

    fn fine_upper_us(index: u32) -> u64 {
        if index < 64 {
            return u64::from(index);
        }
        let power = index / 16;
        let step = u64::from(index % 16);
        ((16 + step + 1) << (power - 4)) - 1
    }

    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// (upper bound in microseconds, calls up to it), only where the count grows.
    pub fn cumulative(&self) -> Vec<(u64, u64)> {
        let mut sum = 0;
        let mut rows = Vec::new();
        for (power, count) in self.buckets.iter().enumerate() {
            if *count > 0 {
                sum += count;
                rows.push((1u64 << power, sum));
            }
        }
        rows
    }

    /// The microseconds below which `percent` of the calls stayed.
    pub fn percentile_us(&self, percent: f64) -> f64 {
        let wanted = ((percent / 100.0) * self.calls as f64).ceil().max(1.0) as u64;
        let mut sum = 0;
        for (index, count) in self.fine.iter().enumerate() {
            sum += count;
            if sum >= wanted {
                return Histogram::fine_upper_us(index as u32) as f64;
            }
        }
        0.0
    }
}

/// Samples kept per event.
pub const HISTORY_SAMPLES_MAX: usize = 160;

/// The history of one event: (unix seconds, milliseconds), newest last, and the highest ever.
#[derive(Clone, Debug, Default)]
pub struct EventHistory {
    pub samples: std::collections::VecDeque<(i64, u64)>,
    pub max_ms: u64,
}

/// The latency monitor.
#[derive(Default)]
pub struct LatencyMonitor {
    pub events: BTreeMap<String, EventHistory>,
}

impl LatencyMonitor {
    /// Keeps a sample; several within one second count as one, the highest.
    pub fn add(&mut self, event: &str, now_s: i64, ms: u64) {
        let history = self.events.entry(event.to_owned()).or_default();
        history.max_ms = history.max_ms.max(ms);
        if let Some(last) = history.samples.back_mut()
            && last.0 == now_s
        {
            last.1 = last.1.max(ms);
            return;
        }
        if history.samples.len() == HISTORY_SAMPLES_MAX {
            history.samples.pop_front();
        }
        history.samples.push_back((now_s, ms));
    }
}

impl crate::State {
    /// Keeps a sample of the latency monitor, if it is on and the event took long enough.
    #[inline]
    pub(crate) fn note_latency(&mut self, event: &str, ms: u64) {
        let threshold_ms = self.config.latency_monitor_threshold;
        if threshold_ms > 0 && ms >= threshold_ms.unsigned_abs() {
            let now_s = self.clock.unix_s();
            self.latency.add(event, now_s, ms);
        }
    }
}
