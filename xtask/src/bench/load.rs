//! Operations per CPU second of the server, and latency, under redis-benchmark.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testkit::{ServerOptions, ServerProcess};

use super::Options;
use super::stats::{cpu_seconds, median};
use crate::{Result, exec};

/// The core the server runs on, and the one of the load.
const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";
const CONNECTIONS: &str = "50";
/// Keys are drawn out of so many.
const KEYS: &str = "100000";
const PIPELINES: [usize; 2] = [1, 16];
/// With a pipeline a round has so many times the requests, to last long enough to be measured.
const PIPELINE_FACTOR: usize = 4;

/// What is measured: the name, and the words; `__rand_int__` is filled in by the load.
const COMMANDS: &[(&str, &[&str])] = &[
    ("PING", &["PING"]),
    ("SET", &["SET", "key:__rand_int__", "value-of-thirty-two-bytes-length"]),
    ("GET", &["GET", "key:__rand_int__"]),
    ("INCR", &["INCR", "counter:__rand_int__"]),
    ("HSET", &["HSET", "hash:__rand_int__", "field", "value-of-thirty-two-bytes-length"]),
    ("HGET", &["HGET", "hash:__rand_int__", "field"]),
];

/// The writing commands that come first, so that the reading ones find something.
const FILLING: &[&str] = &["SET", "HSET"];

/// One round on one server.
struct Round {
    per_cpu_second: f64,
    per_second: f64,
    p99_ms: f64,
}

/// One command at one depth on both.
pub struct Comparison {
    command: &'static str,
    pipeline: usize,
    /// Median of the ratios of the rounds.
    ratio: f64,
    ours: Round,
    theirs: Round,
}

impl Comparison {
    pub fn to_json(&self) -> Value {
        let round = |round: &Round| {
            json!({
                "per_cpu_second": round.per_cpu_second,
                "per_second": round.per_second,
                "p99_ms": round.p99_ms,
            })
        };
        json!({
            "command": self.command,
            "pipeline": self.pipeline,
            "ratio": self.ratio,
            "ours": round(&self.ours),
            "theirs": round(&self.theirs),
        })
    }
}

pub fn compare(
    options: &Options,
    benchmark: &Path,
    ours: &Path,
    theirs: &Path,
) -> Result<Vec<Comparison>> {
    let ours = start(ours)?;
    let theirs = start(theirs)?;
    let wanted = |name: &str| {
        options.command.is_empty()
            || options.command.iter().any(|each| each.eq_ignore_ascii_case(name))
    };
    let filling = COMMANDS.iter().filter(|(name, _)| FILLING.contains(name));
    for (_, words) in filling.filter(|(name, _)| reader_wanted(name, wanted)) {
        for server in [&ours, &theirs] {
            load(benchmark, server, 400_000, 16, words)?;
        }
    }
    if !options.json {
        println!(
            "command     P   ratio   ops per CPU second (ours, theirs)     p99 ms (ours, theirs)"
        );
    }
    let mut comparisons = Vec::new();
    for pipeline in PIPELINES {
        for &(command, words) in COMMANDS.iter().filter(|(name, _)| wanted(name)) {
            let factor = if pipeline == 1 { 1 } else { PIPELINE_FACTOR };
            let requests = options.requests * factor;
            let (mut own, mut other) = (Vec::new(), Vec::new());
            for round in 0..options.rounds {
                // A B, B A, …: whatever drifts drifts for both.
                let measure = |server| round_on(benchmark, server, requests, pipeline, words);
                if round % 2 == 0 {
                    own.push(measure(&ours)?);
                    other.push(measure(&theirs)?);
                } else {
                    other.push(measure(&theirs)?);
                    own.push(measure(&ours)?);
                }
            }
            let comparison = summarise(command, pipeline, &own, &other);
            if !options.json {
                print(&comparison);
            }
            comparisons.push(comparison);
        }
    }
    Ok(comparisons)
}

/// Whether a command, or the one that reads what it writes, is measured.
fn reader_wanted(writer: &str, wanted: impl Fn(&str) -> bool) -> bool {
    wanted(writer) || wanted(&writer.replace("SET", "GET"))
}

fn start(program: &Path) -> Result<ServerProcess> {
    let server = ServerProcess::start(&ServerOptions::new(program))?;
    let pid = server.pid().to_string();
    exec::output(Command::new("taskset").args(["-a", "-c", "-p", SERVER_CORE, &pid]))?;
    Ok(server)
}

fn round_on(
    benchmark: &Path,
    server: &ServerProcess,
    requests: usize,
    pipeline: usize,
    words: &[&str],
) -> Result<Round> {
    let before = cpu_seconds(server.pid())?;
    let (per_second, p99_ms) = load(benchmark, server, requests, pipeline, words)?;
    let used = cpu_seconds(server.pid())? - before;
    Ok(Round { per_cpu_second: count(requests) / used, per_second, p99_ms })
}

/// Runs the generator; requests per second and p99 in milliseconds.
fn load(
    benchmark: &Path,
    server: &ServerProcess,
    requests: usize,
    pipeline: usize,
    words: &[&str],
) -> Result<(f64, f64)> {
    let mut command = Command::new("taskset");
    command.args(["-c", LOAD_CORE]).arg(benchmark);
    command.args(["-p", &server.address().port().to_string(), "-c", CONNECTIONS, "--csv"]);
    command.args(["-n", &requests.to_string(), "-P", &pipeline.to_string(), "-r", KEYS]);
    let text = exec::output(command.args(words))?;
    let line = text.lines().last().unwrap_or_default();
    let fields: Vec<&str> = line.rsplit(',').map(|field| field.trim_matches('"')).collect();
    // From the end: max, p99, p95, p50, min, average, requests per second.
    let (Some(p99), Some(rate)) = (fields.get(1), fields.get(6)) else {
        return Err(format!("redis-benchmark said: {text}").into());
    };
    Ok((rate.parse()?, p99.parse()?))
}

fn summarise(
    command: &'static str,
    pipeline: usize,
    ours: &[Round],
    theirs: &[Round],
) -> Comparison {
    let ratios: Vec<f64> = ours
        .iter()
        .zip(theirs)
        .map(|(ours, theirs)| ours.per_cpu_second / theirs.per_cpu_second)
        .collect();
    let middle = |rounds: &[Round]| Round {
        per_cpu_second: median(
            &rounds.iter().map(|round| round.per_cpu_second).collect::<Vec<_>>(),
        ),
        per_second: median(&rounds.iter().map(|round| round.per_second).collect::<Vec<_>>()),
        p99_ms: median(&rounds.iter().map(|round| round.p99_ms).collect::<Vec<_>>()),
    };
    Comparison {
        command,
        pipeline,
        ratio: median(&ratios),
        ours: middle(ours),
        theirs: middle(theirs),
    }
}

fn print(comparison: &Comparison) {
    println!(
        "{:<8} {:>4} {:>7.3}   {:>12.0} {:>12.0}             {:>8.3} {:>8.3}",
        comparison.command,
        comparison.pipeline,
        comparison.ratio,
        comparison.ours.per_cpu_second,
        comparison.theirs.per_cpu_second,
        comparison.ours.p99_ms,
        comparison.theirs.p99_ms
    );
}

/// Counts are far below 2^52.
fn count(requests: usize) -> f64 {
    f64::from(u32::try_from(requests).unwrap_or(u32::MAX))
}
