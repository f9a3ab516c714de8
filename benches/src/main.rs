//! Measures the data structures under the commands: the keyspace's hot path, and how collections grow.
//!
//! `cargo run --release -p benches [ITEMS]`; each figure is the median of a few rounds. The test in
//! this file runs the same code small, so that it does not rot.
#![forbid(unsafe_code)]

mod growth;
mod keys;

use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ROUNDS: usize = 3;

/// A spread-out walk over all numbers below a power of two.
fn shuffled(n: u64, count: u64) -> u64 {
    (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % count
}

/// Runs `work` on `operations` at a time and prints the median time of one.
fn measure(name: &str, operations: u64, mut work: impl FnMut() -> u64) {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        std::hint::black_box(work());
        times.push(start.elapsed());
    }
    times.sort();
    let each = times[ROUNDS / 2].as_secs_f64() * 1e9 / operations as f64;
    println!("{name:<40} {each:>8.1} ns");
}

fn run(items: u64) {
    keys::run(items);
    growth::run(items);
}

fn main() {
    run(std::env::args().nth(1).and_then(|items| items.parse().ok()).unwrap_or(1_000_000));
}

#[cfg(test)]
mod tests {
    #[test]
    fn runs_small() {
        super::run(1000);
    }
}
