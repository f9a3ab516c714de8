//! What commands of a module cost, and how long other clients wait while one is replaced.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{ServerOptions, ServerProcess};

use super::files::{BATCH, Waits, string_key, while_asking};
use super::load::{Measured, SET, VALUE, Workload, reads, writes};
use crate::{Result, exec};

const CODE: &str = include_str!("module.c");
/// Keys that the steady client asks for.
const ASKED_KEYS: usize = 10_000;
/// What it is asked for before and after.
const QUIET: Duration = Duration::from_millis(500);
const UPGRADE_MAX: Duration = Duration::from_secs(120);

const COMMANDS: &[Measured] = &[
    writes("RM-INTEGER", &["BENCH.INTEGER"]),
    reads("RM-STRING", &["BENCH.STRING", "key:__rand_int__", VALUE], 400_000, SET),
    writes("RM-VALUE", &["BENCH.VALUE", "value:__rand_int__", "12345"]),
    reads("RM-CALL-GET", &["BENCH.CALL", "key:__rand_int__"], 400_000, SET),
    reads("RM-LOADED-GET", &["GET", "key:__rand_int__"], 400_000, SET),
];

/// Commands of the module, and one of the server beside it.
pub fn workload(module: &Path) -> Workload<'_> {
    Workload { commands: COMMANDS, exchanges: &[], module: Some(module) }
}

/// Compiles the module.
pub fn build(directory: &Path) -> Result<PathBuf> {
    let (source, module) = (directory.join("module.c"), directory.join("bench.so"));
    std::fs::write(&source, CODE)?;
    exec::run(Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).args([&module, &source]))?;
    Ok(module)
}

/// What a steady client waits while a module with so many values is upgraded to itself.
pub struct Upgrade {
    values: usize,
    took_ms: f64,
    waits: Waits,
}

impl Upgrade {
    pub fn to_json(&self) -> Value {
        json!({
            "values": self.values,
            "took_ms": self.took_ms,
            "longest_wait_ms": self.waits.at(1.0),
            "requests": self.waits.len(),
        })
    }
}

/// Measures our server; no other one has the command. An error that the client meets is one here.
pub fn upgrade(ours: &Path, module: &Path, values: usize) -> Result<Upgrade> {
    let home = tempfile::tempdir()?;
    let path = module.to_str().ok_or("a path that is no text")?;
    let options = ServerOptions::new(ours).directory(home.path());
    let server = ServerProcess::start(
        &options.option("enable-module-command", &["yes"]).option("loadmodule", &[path]),
    )?;
    let mut client = server.client()?;
    client.set_timeout(UPGRADE_MAX);
    client.pipeline(
        (0..ASKED_KEYS).map(|n| vec!["SET".into(), string_key(n), n.to_string()]),
        BATCH,
    )?;
    client.pipeline(
        (0..values).map(|n| vec!["BENCH.VALUE".into(), format!("value:{n:012}"), n.to_string()]),
        BATCH,
    )?;
    let mut took_ms = 0.0;
    let waits = while_asking(&server, ASKED_KEYS, || {
        std::thread::sleep(QUIET);
        let began = std::time::Instant::now();
        client.pipeline([vec!["MODULE", "UPGRADE", "bench", path]], 1)?;
        took_ms = began.elapsed().as_secs_f64() * 1000.0;
        std::thread::sleep(QUIET);
        Ok(())
    })?;
    let upgrade = Upgrade { values, took_ms, waits };
    eprintln!(
        "MODULE UPGRADE with {values} values: {took_ms:.0} ms; longest wait of {} requests {:.0} ms",
        upgrade.waits.len(),
        upgrade.waits.at(1.0)
    );
    Ok(upgrade)
}
