//! The real binary, started and spoken to as its users do.

mod aof;
mod api_cases;
mod api_metadata;
mod api_moments;
mod backup;
mod busy;
mod check_tools;
mod checked_modules;
mod children;
mod crash;
mod encrypted;
mod exceptions;
mod internal_connections;
mod key_metadata;
mod lifecycle;
mod limits;
mod listeners;
mod loading;
mod module_hooks;
mod module_stats;
mod mutated_modules;
mod mutated_requests;
mod older_rdb;
mod parked_modules;
mod random;
mod redis_cell;
mod redisearch;
mod refused_modules;
mod replication;
mod requests;
mod script_debugger;
mod sdk;
mod support;
mod unloaded_modules;
mod upgraded_modules;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use testkit::{ServerOptions, ServerProcess};

/// Longest time anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_bulkhead-server"))
}

fn options() -> ServerOptions {
    // Replicas that come are not to wait for others.
    ServerOptions::new(binary()).option("repl-diskless-sync-delay", &["0"])
}

fn start(options: &ServerOptions) -> ServerProcess {
    ServerProcess::start(options).expect("the server starts")
}

/// Runs the binary to its end.
fn run(arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until `condition` holds.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a signal by name.
fn signal(server: &ServerProcess, name: &str) {
    let status = Command::new("kill").args(["-s", name, &server.pid().to_string()]).status();
    assert!(status.expect("kill exists").success());
}
