//! Latencies: a histogram per command, and the events of the latency monitor.

use std::collections::BTreeMap;

use crate::server_event::ServerEvent;

/// How long calls took, in nanoseconds with two digits that hold (128 steps within a power of two), up to a second.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// The counts, where there are any: calls of one command take about the same time.
    pages: [Option<Box<[u64; STEPS]>>; PAGES],
    calls: u64,
}

/// Steps within a power of two, and their bits.
const STEPS: usize = 1 << STEP_BITS;
const STEP_BITS: u32 = 7;
/// What takes longer counts as this.
const LONGEST_NS: u64 = 1_000_000_000;
const PAGES: usize = place(LONGEST_NS) / STEPS + 1;
/// The bounds of [`Histogram::cumulative`] are powers of two between these.
const BOUND_BITS: std::ops::RangeInclusive<u32> = 10..=30;

/// Where a time is counted: up to 255 each has its own place.
const fn place(ns: u64) -> usize {
    let shift = (u64::BITS - ns.leading_zeros()).saturating_sub(STEP_BITS + 1);
    shift as usize * STEPS + (ns >> shift) as usize
}

/// The shortest and the longest time of a place.
const fn bounds(place: usize) -> (u64, u64) {
    let shift = (place / STEPS).saturating_sub(1);
    let step = (place - shift * STEPS) as u64;
    (step << shift, ((step + 1) << shift) - 1)
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { pages: [const { None }; PAGES], calls: 0 }
    }
}

impl Histogram {
    /// Counts a call.
    #[inline]
    pub fn record(&mut self, usec: u64) {
        let ns = usec.saturating_mul(1000).clamp(1, LONGEST_NS);
        let place = place(ns);
        let page = self.pages[place / STEPS].get_or_insert_with(|| Box::new([0; STEPS]));
        page[place % STEPS] += 1;
        self.calls += 1;
    }

    pub fn calls(&self) -> u64 {
        self.calls
    }

    fn counted(&self) -> impl Iterator<Item = (usize, u64)> {
        let counts = self.pages.iter().enumerate().flat_map(|(number, page)| {
            let counts = page.iter().flat_map(|page| page.iter().copied());
            counts.enumerate().map(move |(step, count)| (number * STEPS + step, count))
        });
        counts.filter(|(_, count)| *count > 0)
    }

    /// (upper bound in microseconds, calls up to it), only where the count grows.
    pub fn cumulative(&self) -> Vec<(u64, u64)> {
        let mut sum = 0;
        let mut rows: Vec<(u64, u64)> = Vec::new();
        for (place, count) in self.counted() {
            sum += count;
            let (from_ns, _) = bounds(place);
            let bits = from_ns.next_power_of_two().ilog2();
            let bits = bits.clamp(*BOUND_BITS.start(), *BOUND_BITS.end());
            let power = 1 << bits;
            // A bound is as imprecise as what is counted; the last one is not.
            let slack = if bits == *BOUND_BITS.end() { 0 } else { (power >> STEP_BITS) - 1 };
            let bound_us = (power + slack) / 1000;
            match rows.last_mut() {
                Some(row) if row.0 == bound_us => row.1 = sum,
                _ => rows.push((bound_us, sum)),
            }
        }
        rows
    }

    /// The microseconds below which `percent` of the calls stayed.
    pub fn percentile_us(&self, percent: f64) -> f64 {
        let wanted = ((percent / 100.0) * self.calls as f64 + 0.5).max(1.0) as u64;
        let mut sum = 0;
        for (place, count) in self.counted() {
            sum += count;
            if sum >= wanted {
                let (shortest_ns, longest_ns) = bounds(place);
                let ns = if percent == 0.0 { shortest_ns } else { longest_ns };
                return ns as f64 / 1000.0;
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
    /// When something that may take long begins; nothing while the monitor is off.
    #[inline]
    pub(crate) fn latency_start(&self) -> Option<u64> {
        (self.config.latency_monitor_threshold > 0).then(|| self.clock.monotonic_us_now())
    }

    /// What began then has ended.
    #[inline]
    pub(crate) fn latency_end(&mut self, started_us: Option<u64>, event: &str) {
        if let Some(started_us) = started_us {
            let passed_us = self.clock.monotonic_us_now().saturating_sub(started_us);
            self.note_latency(event, passed_us / 1000);
        }
    }

    /// A process has been started that began at `started_us`.
    pub(crate) fn note_fork(&mut self, started_us: u64) {
        let passed_us = self.clock.monotonic_us_now().saturating_sub(started_us);
        self.saving.forks += 1;
        self.saving.latest_fork_us = passed_us;
        self.note_latency("fork", passed_us / 1000);
        self.emit(&ServerEvent::ForkChild { born: true });
    }

    /// Whether the latency monitor is on and wants to know of what took so long.
    #[inline]
    pub(crate) fn is_latency(&self, ms: u64) -> bool {
        let threshold_ms = self.config.latency_monitor_threshold;
        threshold_ms > 0 && ms >= threshold_ms.unsigned_abs()
    }

    /// Keeps a sample of the latency monitor, if it is on and the event took long enough.
    #[inline]
    pub(crate) fn note_latency(&mut self, event: &str, ms: u64) {
        if self.is_latency(ms) {
            let now_s = self.clock.unix_s();
            self.latency.add(event, now_s, ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn as_redis_shows_it() {
        let mut histogram = Histogram::default();
        for usec in [10_093, 50_100, 100_200, 1_200_000] {
            histogram.record(usec);
        }
        let rows = [(16_908, 1), (67_633, 2), (135_266, 3), (1_073_741, 4)];
        assert_eq!(histogram.cumulative(), rows);
        for (percent, us) in [
            (0.0, 10_092.544),
            (1.0, 10_158.079),
            (37.0, 10_158.079),
            (38.0, 50_331.647),
            (63.0, 100_663.295),
            (99.9, 1_002_438.655),
            (100.0, 1_002_438.655),
        ] {
            assert!((histogram.percentile_us(percent) - us).abs() < 1e-6, "{percent}");
        }
    }

    #[test]
    fn bounds_in_microseconds() {
        let mut histogram = Histogram::default();
        for bits in 0..20 {
            histogram.record(1 << bits);
        }
        histogram.record(0);
        let bounds: Vec<u64> = histogram.cumulative().iter().map(|(bound, _)| *bound).collect();
        let expected = [
            1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633,
            135266, 270532, 541065,
        ];
        assert_eq!(bounds, expected);
        assert!((histogram.percentile_us(1.0) - 0.001).abs() < 1e-9);
        assert!((histogram.percentile_us(10.0) - 1.003).abs() < 1e-9);
    }
}
