//! INFO server: who and where this process is.

use super::Lines;
use crate::access::lru_clock;
use crate::state::State;
use crate::version::REDIS_VERSION;

pub fn write(state: &mut State, lines: &mut Lines) {
    let facts = &state.host.facts;
    let uptime_s = (state.clock.unix_ms() - state.started_ms).max(0) / 1000;
    lines.field("redis_version", REDIS_VERSION);
    lines.field("redis_git_sha1", "00000000");
    lines.field("redis_git_dirty", 0);
    lines.field("redis_build_id", &facts.build_id);
    lines.field("redis_mode", state.mode_name());
    lines.field("bulkhead_version", env!("CARGO_PKG_VERSION"));
    lines.field("os", &facts.system);
    lines.field("arch_bits", usize::BITS);
    lines.field("monotonic_clock", "POSIX clock_gettime");
    lines.field("multiplexing_api", "epoll");
    lines.field("atomicvar_api", "rust-core");
    lines.field("gcc_version", facts.compiler);
    lines.field("process_id", facts.process_id);
    lines.field(
        "process_supervised",
        if facts.supervised.is_empty() { "no" } else { facts.supervised },
    );
    lines.field("run_id", &state.run_id);
    let config = &state.config;
    lines.field("tcp_port", if config.port == 0 { config.tls_port } else { config.port });
    lines.field("server_time_usec", state.clock.unix_us());
    lines.field("uptime_in_seconds", uptime_s);
    lines.field("uptime_in_days", uptime_s / 86_400);
    lines.field("hz", state.config.hz);
    lines.field("configured_hz", state.config.hz);
    lines.field("lru_clock", lru_clock(state.clock.unix_ms()));
    lines.field("executable", &facts.executable);
    lines.field("config_file", &facts.config_file);
    lines.field("io_threads_active", 0);
    if let Some(deadline_ms) = state.feed.shutdown_deadline_ms {
        let left_ms = (deadline_ms - state.clock.unix_ms()).max(0);
        lines.field("shutdown_in_milliseconds", left_ms);
    }
    for (number, listener) in &facts.listeners {
        lines.field(&format!("listener{number}"), listener);
    }
}
