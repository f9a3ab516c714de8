//! Operations per CPU second of the server, and latency, under redis-benchmark.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testkit::{ServerOptions, ServerProcess};

use super::Options;
use super::exchanges::{EXCHANGES, Exchange};
use super::stats::{cpu_seconds, median};
use crate::{Result, exec};

/// The core the server runs on, and the one of the load.
const SERVER_CORE: &str = "0";
pub const LOAD_CORE: &str = "1";
pub const CONNECTIONS: usize = 50;
/// Keys are drawn out of so many.
pub const KEYS: u64 = 100_000;
const PIPELINES: [usize; 2] = [1, 16];
/// With a pipeline a round has so many times the requests, to last about as long: much shorter, and the first touch of
/// fresh memory outweighs the commands.
const PIPELINE_FACTOR: usize = 10;

/// A measured command.
pub struct Measured {
    name: &'static str,
    /// What is sent; `__rand_int__` is filled in by the load.
    words: &'static [&'static str],
    /// What is sent before, so often, that a reading command finds something.
    filling: Option<(usize, &'static [&'static str])>,
}

pub const fn writes(name: &'static str, words: &'static [&'static str]) -> Measured {
    Measured { name, words, filling: None }
}

pub const fn reads(
    name: &'static str,
    words: &'static [&'static str],
    times: usize,
    filling: &'static [&'static str],
) -> Measured {
    Measured { name, words, filling: Some((times, filling)) }
}

pub const VALUE: &str = "value-of-thirty-two-bytes-length";
pub const SET: &[&str] = &["SET", "key:__rand_int__", VALUE];
const HSET: &[&str] = &["HSET", "hash:__rand_int__", "field", VALUE];
const ZADD: &[&str] = &["ZADD", "zset", "__rand_int__", "element:__rand_int__"];
const MSET: &[&str] = &[
    "MSET",
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
    "key:__rand_int__",
    VALUE,
];

const GET_SCRIPT: &str = "return redis.call('get',KEYS[1])";
const GET_SCRIPT_SHA1: &str = "fd758d1589d044dd850a6f05d52f2eefd27f033f";
const KNOW_SCRIPT: &[&str] = &["SCRIPT", "LOAD", GET_SCRIPT];

const COMMANDS: &[Measured] = &[
    writes("PING", &["PING"]),
    reads("SET", SET, 400_000, SET),
    reads("GET", &["GET", "key:__rand_int__"], 400_000, SET),
    reads("GETRANGE", &["GETRANGE", "key:__rand_int__", "8", "23"], 400_000, SET),
    reads("MSET", MSET, 400_000, SET),
    writes("INCR", &["INCR", "counter:__rand_int__"]),
    reads("HSET", HSET, 400_000, HSET),
    reads("HGET", &["HGET", "hash:__rand_int__", "field"], 400_000, HSET),
    writes("LPUSH", &["LPUSH", "list", VALUE]),
    reads("LRANGE", &["LRANGE", "hundred", "0", "99"], 100, &["RPUSH", "hundred", VALUE]),
    writes("SADD", &["SADD", "set", "element:__rand_int__"]),
    reads("ZADD", ZADD, 400_000, ZADD),
    reads("ZRANGE", &["ZRANGE", "zset", "0", "49"], 400_000, ZADD),
    writes("XADD", &["XADD", "stream", "*", "field", VALUE]),
    reads("EVAL", &["EVAL", GET_SCRIPT, "1", "key:__rand_int__"], 400_000, SET),
    reads("EVALSHA", &["EVALSHA", GET_SCRIPT_SHA1, "1", "key:__rand_int__"], 1, KNOW_SCRIPT),
];

/// One round on one server.
pub struct Round {
    pub per_cpu_second: f64,
    pub per_second: f64,
    pub p99_ms: f64,
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

/// What is measured on a pair of servers.
pub struct Workload<'a> {
    pub commands: &'static [Measured],
    pub exchanges: &'static [Exchange],
    /// Loaded into both.
    pub module: Option<&'a Path>,
}

/// What Redis has by itself.
pub const BUILT_IN: Workload<'_> =
    Workload { commands: COMMANDS, exchanges: EXCHANGES, module: None };

pub fn compare(
    options: &Options,
    benchmark: &Path,
    [ours, theirs]: [&Path; 2],
    workload: &Workload<'_>,
) -> Result<Vec<Comparison>> {
    let wanted = |name: &str| {
        options.command.is_empty()
            || options.command.iter().any(|each| each.eq_ignore_ascii_case(name))
    };
    let measured = || workload.commands.iter().filter(|each| wanted(each.name));
    let exchanges = || workload.exchanges.iter().filter(|each| wanted(each.name));
    if measured().count() + exchanges().count() == 0 {
        return Ok(Vec::new());
    }
    let ours = start(ours, workload.module)?;
    let theirs = start(theirs, workload.module)?;
    let mut filled: Vec<&[&str]> = Vec::new();
    for (times, words) in measured().filter_map(|each| each.filling) {
        if !filled.contains(&words) {
            filled.push(words);
            for server in [&ours, &theirs] {
                load(benchmark, server, times, 16, words)?;
            }
        }
    }
    for each in measured() {
        answers(&ours, each)?;
        answers(&theirs, each)?;
    }
    if !options.json {
        println!(
            "command      P   ratio   ops per CPU second (ours, theirs)     p99 ms (ours, theirs)"
        );
    }
    let mut comparisons = Vec::new();
    let mut note = |comparison: Comparison| {
        if !options.json {
            print(&comparison);
        }
        comparisons.push(comparison);
    };
    for pipeline in PIPELINES {
        for each in measured() {
            let factor = if pipeline == 1 { 1 } else { PIPELINE_FACTOR };
            let requests = options.requests * factor;
            let measure = |server: &_| round_on(benchmark, server, requests, pipeline, each.words);
            note(alternate(each.name, pipeline, options.rounds, [&ours, &theirs], measure)?);
        }
        for each in exchanges() {
            let factor = if pipeline == 1 { 1 } else { PIPELINE_FACTOR };
            let measure = |server: &_| each.round_on(server, options.requests * factor, pipeline);
            note(alternate(each.name, pipeline, options.rounds, [&ours, &theirs], measure)?);
        }
    }
    Ok(comparisons)
}

/// Measures one after the other, so often.
fn alternate(
    name: &'static str,
    pipeline: usize,
    rounds: usize,
    [ours, theirs]: [&ServerProcess; 2],
    measure: impl Fn(&ServerProcess) -> Result<Round>,
) -> Result<Comparison> {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // A B, B A, …: whatever drifts drifts for both.
        if round % 2 == 0 {
            own.push(measure(ours)?);
            other.push(measure(theirs)?);
        } else {
            other.push(measure(theirs)?);
            own.push(measure(ours)?);
        }
    }
    Ok(summarise(name, pipeline, &own, &other))
}

fn start(program: &Path, module: Option<&Path>) -> Result<ServerProcess> {
    let mut options = ServerOptions::new(program);
    if let Some(module) = module {
        options = options.option("loadmodule", &[module.to_str().ok_or("a path that is no text")?]);
    }
    let server = ServerProcess::start(&options)?;
    let pid = server.pid().to_string();
    exec::output(Command::new("taskset").args(["-a", "-c", "-p", SERVER_CORE, &pid]))?;
    Ok(server)
}

/// The generator does not say when a server answers errors only.
fn answers(server: &ServerProcess, measured: &Measured) -> Result<()> {
    let words: Vec<String> =
        measured.words.iter().map(|word| word.replace("__rand_int__", "1")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let reply = server.client()?.command(&words)?;
    if reply.is_error() {
        return Err(format!("{}: {reply:?}", measured.name).into());
    }
    Ok(())
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
    command.args(["-p", &server.address().port().to_string(), "--csv"]);
    command.args(["-c", &CONNECTIONS.to_string(), "-r", &KEYS.to_string()]);
    command.args(["-n", &requests.to_string(), "-P", &pipeline.to_string()]);
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
        "{:<12} {:>2} {:>7.3}   {:>12.0} {:>12.0}             {:>8.3} {:>8.3}",
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
