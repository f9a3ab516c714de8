//! Damaged payloads, requests, configurations and rules of users, in a process of their own; the functions under test are in `fuzz/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, ValueEnum};
use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::genuine::genuine;
use crate::{Result, exec, paths};

/// Sessions that each leave a value at `k`.
const SESSIONS: &str = include_str!("../../fuzz/seeds/sessions.txt");
/// What stands behind the value in a payload: version and checksum.
const TRAILER: usize = 10;

#[derive(Args)]
pub struct FuzzOptions {
    #[arg(value_enum, default_value = "restore")]
    target: Target,
    /// Cases of each kind.
    #[arg(long, default_value_t = 100_000)]
    pub count: usize,
    /// Where chance begins; the same seed gives the same cases.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only this kind, as the seeds in `fuzz/` name it.
    #[arg(long)]
    pub kind: Option<String>,
    /// Only this case, which a run has left in `target/fuzz`.
    #[arg(long)]
    pub one: Option<PathBuf>,
    /// Instead: let the genuine server make the payloads of `fuzz/seeds/genuine.txt`.
    #[arg(long)]
    record: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    Acl,
    JsonDocument,
    JsonPath,
    Lua,
    Restore,
    Resp,
    Config,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Target::Acl => "acl",
            Target::JsonDocument => "json-document",
            Target::JsonPath => "json-path",
            Target::Lua => "lua",
            Target::Restore => "restore",
            Target::Resp => "resp",
            Target::Config => "config",
        }
    }
}

pub fn run(options: &FuzzOptions) -> Result<()> {
    if options.record {
        return record();
    }
    let name = options.target.name().to_owned();
    let mut words = match &options.one {
        Some(file) => vec!["one".to_owned(), name, file.canonicalize()?.display().to_string()],
        None => vec![
            name,
            options.count.to_string(),
            options.seed.to_string(),
            folder()?.display().to_string(),
        ],
    };
    words.extend(options.kind.clone());
    drive(&words)
}

/// A run as CI has it.
pub fn damage(target: Target, count: usize, seed: u64) -> Result<()> {
    let folder = folder()?.display().to_string();
    drive(&[target.name().to_owned(), count.to_string(), seed.to_string(), folder])
}

/// Payloads that showed a fault, and the last one if a run ended in the middle.
fn folder() -> Result<PathBuf> {
    let folder = paths::target().join("fuzz");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn drive(words: &[String]) -> Result<()> {
    let manifest = paths::root().join("fuzz/Cargo.toml");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(paths::root()).args([
        "run",
        "--quiet",
        "--locked",
        "--release",
        "--bin",
        "drive",
    ]);
    command.arg("--manifest-path").arg(manifest).arg("--").args(words);
    // Shared with no other build: the checks that are on change everything.
    command.env("CARGO_TARGET_DIR", paths::target().join("fuzz/target"));
    exec::run(&mut command)
}

/// Sessions of the list, each a line of commands, with the kind of value that they leave.
fn sessions() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut kind = "";
    SESSIONS.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix("## ") {
            kind = name;
        }
        (!line.is_empty() && !line.starts_with('#')).then_some((kind, line))
    })
}

/// Plays each session on an empty server; the kinds and payloads of what it leaves.
pub fn payloads(client: &mut Client) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut payloads = Vec::new();
    for (kind, line) in sessions() {
        client.command(&["FLUSHALL"])?;
        for command in line.split(';') {
            let reply = client.line(command)?;
            if reply.is_error() {
                return Err(format!("{command}: {}", reply.text().unwrap_or_default()).into());
            }
        }
        match client.command(&["DUMP", "k"])? {
            Reply::Bulk(payload) => payloads.push((kind, payload)),
            other => return Err(format!("{line}: no value at k, {other:?}").into()),
        }
    }
    client.command(&["FLUSHALL"])?;
    Ok(payloads)
}

fn record() -> Result<()> {
    let options = ServerOptions::new(genuine()?.server()).option("enable-debug-command", &["yes"]);
    let process = ServerProcess::start(&options)?;
    let mut text = "# What the genuine server made of seeds/sessions.txt (`cargo xtask fuzz --record`): the kind, and the value's \
                    bytes without version and checksum.\n"
        .to_owned();
    for (kind, payload) in payloads(&mut process.client()?)? {
        let body = payload.get(..payload.len().saturating_sub(TRAILER)).unwrap_or_default();
        let digits: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{kind} {digits}\n"));
    }
    let file: &Path = &paths::root().join("fuzz/seeds/genuine.txt");
    std::fs::write(file, text)?;
    println!("wrote {}", paths::relative(file));
    Ok(())
}
