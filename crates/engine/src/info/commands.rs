//! INFO commandstats, errorstats and latencystats.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::Lines;
use crate::state::State;

pub fn write_calls(state: &mut State, lines: &mut Lines) {
    state.table.for_each(|command| {
        let stats = &command.stats;
        let (calls, usec) = (stats.calls.get(), stats.usec.get());
        let (rejected, failed) = (stats.rejected_calls.get(), stats.failed_calls.get());
        if calls == 0 && rejected == 0 && failed == 0 {
            return;
        }
        let per_call = if calls == 0 { 0.0 } else { usec as f64 / calls as f64 };
        let mut text = format!(
            "calls={calls},usec={usec},usec_per_call={per_call:.2},\
             rejected_calls={rejected},failed_calls={failed}"
        );
        if stats.slow_calls.get() > 0 {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                ",slowlog_count={},slowlog_time_ms_sum={:.2},slowlog_time_ms_max={:.2}",
                stats.slow_calls.get(),
                stats.slow_us.get() as f64 / 1e3,
                stats.slow_us_max.get() as f64 / 1e3
            );
        }
        lines.field(&format!("cmdstat_{}", safe_name(&command.full_name)), text);
    });
}

/// A command's name without the characters that would break a line of INFO.
fn safe_name(name: &str) -> Cow<'_, str> {
    const BREAKING: [char; 4] = ['#', ':', '\n', '\r'];
    if name.contains(BREAKING) { name.replace(BREAKING, "_").into() } else { name.into() }
}

pub fn write_errors(state: &mut State, lines: &mut Lines) {
    for (code, count) in &state.stats.errors {
        let code = String::from_utf8_lossy(code);
        lines.field(&format!("errorstat_{code}"), format!("count={count}"));
    }
}

pub fn write_latencies(state: &mut State, lines: &mut Lines) {
    let percentiles = &state.config.latency_tracking_info_percentiles.0;
    state.table.for_each(|command| {
        let histogram = command.stats.latency.borrow();
        let Some(histogram) = histogram.as_ref() else { return };
        let values: Vec<String> = percentiles
            .iter()
            .map(|percent| format!("p{percent}={:.3}", histogram.percentile_us(*percent)))
            .collect();
        lines.field(&format!("latency_percentiles_usec_{}", command.full_name), values.join(","));
    });
}
