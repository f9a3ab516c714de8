//! The modules of our own: built, loaded into our server and into the genuine one, and played by their transcripts.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use testkit::{Protocol, Runner, Script, ServerOptions, ServerProcess, TcpTransport, complete};

use crate::genuine::genuine;
use crate::{Result, exec, oracle, paths, sdk_package, serve};

/// Their folders below `modules`, which are named like their crates and libraries.
pub const NAMES: &[&str] = &["json"];

#[derive(Args)]
pub struct Options {
    /// Our server; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Write replies that are missing in the transcripts as the module gives them, to be read before they are kept.
    #[arg(long)]
    complete: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let server = serve::server(options.server.as_deref())?;
    if options.complete {
        return fill_in(&server);
    }
    let genuine = genuine()?.server();
    play(&[&server, &genuine])?;
    sdk_package::check(&[&server, &genuine])
}

/// Builds a module as tests do; where its library is.
pub fn library(name: &str) -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(paths::root()).args(["build", "--quiet", "--package", name]);
    exec::run(&mut cargo)?;
    Ok(paths::target().join(format!("debug/lib{name}.so")))
}

/// Plays all transcripts of all modules on each of these servers.
pub fn play(servers: &[&Path]) -> Result<()> {
    play_scripts(&scripts()?, servers)
}

/// Plays transcripts, each with its module, on each of these servers, in both protocol versions.
pub fn play_scripts(scripts: &[(Script, PathBuf)], servers: &[&Path]) -> Result<()> {
    let (mut passed, mut failures) = (0, Vec::new());
    for (script, library) in scripts {
        for server in servers {
            for protocol in [Protocol::Resp2, Protocol::Resp3] {
                let process = start(server, library)?;
                let mut transport = TcpTransport::new(process.address());
                let outcome = Runner::new(&mut transport, protocol).play(script);
                passed += outcome.passed;
                let name = server.file_name().unwrap_or_default().display().to_string();
                let told = |failure| format!("{name}, RESP{}: {failure}", protocol.number());
                failures.extend(outcome.failures.iter().map(told));
            }
        }
    }
    failures.iter().for_each(|failure| println!("{failure}"));
    println!("modules: {passed} passed, {} failed", failures.len());
    if failures.is_empty() { Ok(()) } else { Err("transcripts differ".into()) }
}

fn scripts() -> Result<Vec<(Script, PathBuf)>> {
    let mut scripts = Vec::new();
    for name in NAMES {
        let library = library(name)?;
        for file in oracle::transcripts(&[paths::root().join("modules").join(name)])? {
            let text = std::fs::read_to_string(&file)?;
            let script = Script::parse(&paths::relative(&file), &text)?;
            scripts.push((script, library.clone()));
        }
    }
    Ok(scripts)
}

pub fn start(server: &Path, library: &Path) -> Result<ServerProcess> {
    let library = library.to_str().ok_or("a path that is no text")?;
    let options = ServerOptions::new(server)
        .option("loadmodule", &[library])
        .option("enable-debug-command", &["yes"])
        .option("enable-module-command", &["yes"]);
    Ok(ServerProcess::start(&options)?)
}

fn fill_in(server: &Path) -> Result<()> {
    for (script, library) in scripts()? {
        let (first, second) = (start(server, &library)?, start(server, &library)?);
        let mut resp2 = TcpTransport::new(first.address());
        let mut resp3 = TcpTransport::new(second.address());
        let text = complete(&script, &mut resp2, &mut resp3, testkit::Completion::Missing)?;
        std::fs::write(paths::root().join(&script.name), text)?;
    }
    Ok(())
}
