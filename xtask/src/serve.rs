//! Builds the server, starts it, and tells a person what to do with it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::{Result, debian, exec, paths, real_modules};

#[derive(Args)]
pub struct Options {
    /// Get a real module, load it, and say what to try.
    #[arg(long, value_enum)]
    with: Vec<Module>,
    /// The first free port from here on is taken.
    #[arg(long, default_value_t = 6379)]
    port: u16,
    /// Further words for the server: a configuration file, --option value …
    #[arg(last = true)]
    server_arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Module {
    RedisCell,
    Redisearch,
}

impl Module {
    fn file(self) -> Result<PathBuf> {
        match self {
            Module::RedisCell => real_modules::redis_cell(),
            Module::Redisearch => real_modules::redisearch(),
        }
    }

    /// Commands that show what it does.
    fn commands(self) -> [&'static str; 3] {
        match self {
            Module::RedisCell => {
                ["CL.THROTTLE visitor 2 10 60", "CL.THROTTLE visitor 2 10 60 3", "MODULE LIST"]
            }
            Module::Redisearch => [
                "FT.CREATE books SCHEMA title TEXT year NUMERIC",
                "FT.ADD books b1 1.0 FIELDS title \"A house for modules\" year 2026",
                "FT.SEARCH books \"house @year:[2000 2030]\"",
            ],
        }
    }
}

const WITHOUT_MODULES: [&str; 3] = ["SET greeting hello", "GET greeting", "INFO server"];

/// The release build of the server; returns its executable.
pub fn build_release() -> Result<PathBuf> {
    debian::require_build_tools()?;
    exec::run(Command::new(env!("CARGO")).current_dir(paths::root()).args([
        "build",
        "--release",
        "--package",
        "server",
    ]))?;
    Ok(paths::server_binary("release"))
}

/// The server a task is about: the given one by a path that holds in any folder, else the release build.
pub fn server(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(path) => {
            path.canonicalize().map_err(|error| format!("{}: {error}", path.display()).into())
        }
        None => build_release(),
    }
}

pub fn run(options: &Options) -> Result<()> {
    if options.server_arguments.iter().any(|word| word.eq_ignore_ascii_case("--port")) {
        return Err("the port stands before `--`, as in: cargo xtask serve --port 7000".into());
    }
    let server = build_release()?;
    let port = free_port(options.port)?;
    let mut command = Command::new(&server);
    command.args(&options.server_arguments);
    // Cargo sets it for tests: what a person starts has the stacks it has anywhere.
    command.env_remove("RUST_MIN_STACK");
    command.args(["--port", &port.to_string(), "--enable-module-command", "local"]);
    let mut tries: Vec<&str> = Vec::new();
    for module in &options.with {
        command.arg("--loadmodule").arg(module.file()?);
        tries.extend(module.commands());
    }
    if tries.is_empty() {
        tries.extend(WITHOUT_MODULES);
    }
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", server.display()))?;
    if let Err(error) = greet(port, &tries) {
        if let Some(status) = child.try_wait()? {
            return Err(format!("the server ended at start: {status}").into());
        }
        eprintln!("xtask: {error}");
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(format!("the server ended: {status}").into()) }
}

/// Says how to connect and what is loaded, once the server answers.
fn greet(port: u16, tries: &[&str]) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let mut client = None;
    for _ in 0..200 {
        std::thread::sleep(Duration::from_millis(50));
        client = testkit::Client::connect(address).ok();
        if client.is_some() {
            break;
        }
    }
    let mut client = client.ok_or("the server does not answer")?;
    let loaded = client.command(&["MODULE", "LIST"])?;
    println!("\nConnect:  redis-cli -p {port}");
    println!("Loaded:   {}", module_names(&loaded));
    println!("Try:");
    for line in tries {
        println!("  {line}");
    }
    println!("Stop with Ctrl-C.\n");
    Ok(())
}

/// Names out of MODULE LIST.
fn module_names(reply: &testkit::Reply) -> String {
    let modules = reply.elements().unwrap_or_default().iter().filter_map(|module| {
        let fields = module.elements()?;
        let value = |name: &str| {
            let at = fields.iter().position(|field| field.text().as_deref() == Some(name))?;
            fields.get(at + 1)?.text()
        };
        Some(format!("{} (version {})", value("name")?, value("ver")?))
    });
    let names: Vec<String> = modules.collect();
    if names.is_empty() { "no modules".to_owned() } else { names.join(", ") }
}

fn free_port(first: u16) -> Result<u16> {
    (first..=first.saturating_add(100))
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .ok_or_else(|| format!("no free port from {first} on").into())
}
