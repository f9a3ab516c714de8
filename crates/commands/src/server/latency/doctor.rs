//! LATENCY DOCTOR: the recorded latencies in plain words.

use command_spec::*;
use engine::*;

pub const LATENCY_DOCTOR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "doctor",
        group: Group::Server,
        summary: "Explains the recorded latencies in plain words.",
        since: "2.8.13",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        ..CommandSpec::DEFAULT
    },
    doctor,
);

use std::fmt::Write as _;

fn doctor(context: &mut Context<'_>) -> CommandResult {
    let config = &context.state.config;
    let text = if config.latency_monitor_threshold == 0 {
        "Nothing to report: the latency monitor is off. Switch it on with \"CONFIG SET \
         latency-monitor-threshold <milliseconds>\" and ask again when something was slow.\n"
            .to_owned()
    } else if context.state.latency.events.is_empty() {
        format!(
            "All well: no event took longer than {} milliseconds since the monitor is on.\n",
            config.latency_monitor_threshold
        )
    } else {
        report(context.state)
    };
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn report(state: &State) -> String {
    let mut text = "Latency spikes were seen:\n\n".to_owned();
    for (number, (name, history)) in state.latency.events.iter().enumerate() {
        let samples = history.samples.len().max(1) as u64;
        let sum: u64 = history.samples.iter().map(|(_, ms)| ms).sum();
        let average = sum / samples;
        let deviation: u64 =
            history.samples.iter().map(|(_, ms)| ms.abs_diff(average)).sum::<u64>() / samples;
        let first = history.samples.front().map_or(0, |(unix_s, _)| *unix_s);
        let period = (state.clock.unix_s() - first).max(1) as f64 / samples as f64;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}. {name}: {samples} latency spikes (average {average}ms, mean deviation \
             {deviation}ms, period {period:.2} sec). Worst all time event {}ms.",
            number + 1,
            history.max_ms
        );
    }
    text.push_str("\nWhat may help:\n\n");
    let threshold_us = state.config.latency_monitor_threshold.saturating_mul(1000);
    let slower_than = state.config.slowlog_log_slower_than;
    if slower_than < 0 || slower_than > threshold_us {
        let _ = writeln!(
            text,
            "- The slow log keeps only calls slower than the monitor's threshold or none at all; \
             see all of them with 'CONFIG SET slowlog-log-slower-than {threshold_us}'."
        );
    }
    if state.latency.events.contains_key("command") {
        text.push_str("- Look into the slow log for the commands that took long.\n");
    }
    if state.latency.events.keys().any(|name| name.starts_with("expire") || name.contains("del")) {
        text.push_str("- Freeing large values takes time: delete them with UNLINK, or set lazyfree-lazy-expire and its kin.\n");
    }
    text
}
