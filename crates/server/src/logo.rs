//! The banner at start: a hull with its bulkheads, and the few facts that a person looks for first.

use crate::version;

/// The lines of the banner. The ` PID: ` line is what start scripts and test harnesses wait for.
pub fn text(mode: &str, port: i32, pid: i32) -> String {
    format!(
        "
            |    |    |
        ____|____|____|____         Bulkhead {ours} (speaks Redis {redis}), {bits} bit
        \\   |    |    |   /
    ~~~~~\\  |    |    |  /~~~~~     Running in {mode} mode
          \\_|____|____|_/           Port: {port}
    ~~~~~~~~~~~~~~~~~~~~~~~~~~~     PID: {pid}

",
        ours = env!("CARGO_PKG_VERSION"),
        redis = version::REDIS_VERSION,
        bits = usize::BITS,
    )
}
