//! Plays transcripts over TCP: against the genuine server, which also fills them in, and against ours.

pub mod random;

use std::path::{Path, PathBuf};

use clap::Args;
use testkit::{
    Completion, Outcome, Place, Protocol, Runner, Script, ServerOptions, ServerProcess,
    TcpTransport, complete,
};

use crate::genuine::genuine;
use crate::{Result, paths, pins, serve};

/// Where the genuine server's declarations are kept.
const DECLARATIONS: &str = "crates/commands/tests/it/oracle_commands.txt";

#[derive(Args)]
pub struct Options {
    /// Files or folders; all transcripts of the repository if none.
    paths: Vec<PathBuf>,
    /// Write the replies that are missing into the files.
    #[arg(long)]
    complete: bool,
    /// With --complete: replace the replies that are there, too.
    #[arg(long, requires = "complete")]
    overwrite: bool,
    /// Instead: random commands, sent to both servers, until they differ.
    #[arg(long, conflicts_with_all = ["paths", "complete"])]
    random: bool,
    /// Instead: write what the genuine server says of its commands, with which ours are compared.
    #[arg(long, conflicts_with_all = ["paths", "complete", "random"])]
    declarations: bool,
    #[command(flatten)]
    random_options: random::RandomOptions,
}

#[derive(Args)]
pub struct OwnOptions {
    /// Files or folders; all transcripts of the repository if none.
    paths: Vec<PathBuf>,
    /// The server; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<()> {
    if options.random {
        return random::run(&options.random_options);
    }
    let server = genuine()?.server();
    if options.declarations {
        return record_declarations(&server);
    }
    let files = transcripts(&options.paths)?;
    if options.complete {
        let completion = if options.overwrite { Completion::All } else { Completion::Missing };
        return fill_in(&files, &server, completion);
    }
    play(&files, &server, true)
}

fn record_declarations(server: &Path) -> Result<()> {
    let process = ServerProcess::start(&ServerOptions::new(server))?;
    let mut client = process.client()?;
    client.command(&["HELLO", "3"])?;
    let said = testkit::declarations(
        &client.command(&["COMMAND"])?,
        &client.command(&["COMMAND", "DOCS"])?,
    );
    let mut text = format!(
        "# COMMAND and COMMAND DOCS of Redis {}, a line each, without prose; of histories the versions; sets in order.\n",
        pins::GENUINE_VERSION
    );
    for (name, line) in said {
        let (kind, name) = name.split_once(' ').unwrap_or_default();
        // What INFO says begins with the name.
        let name = if kind == "INFO" { String::new() } else { format!("{name} ") };
        text.push_str(&format!("{kind} {name}{line}\n"));
    }
    std::fs::write(paths::root().join(DECLARATIONS), text)?;
    println!("written: {DECLARATIONS}");
    Ok(())
}

pub fn run_own(options: &OwnOptions) -> Result<()> {
    let server = serve::server(options.server.as_deref())?;
    play(&transcripts(&options.paths)?, &server, false)
}

/// Plays every file in both protocol versions, each time on a fresh server.
pub fn play(files: &[PathBuf], server: &Path, oracle: bool) -> Result<()> {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in files {
        let script = read(file)?;
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            let outcome = play_one(&script, server, protocol, oracle)?;
            passed += outcome.passed;
            failed += outcome.failures.len();
            skipped += usize::from(outcome.skipped.is_some());
            for failure in &outcome.failures {
                println!("RESP{} {failure}", protocol.number());
            }
        }
    }
    println!(
        "transcripts: {} files, {passed} passed, {failed} failed, {skipped} skipped",
        files.len()
    );
    if failed == 0 { Ok(()) } else { Err("transcripts differ".into()) }
}

fn play_one(script: &Script, server: &Path, protocol: Protocol, oracle: bool) -> Result<Outcome> {
    if script.only == Some(Place::InProcess) {
        let skipped = Some("in-process only".to_owned());
        return Ok(Outcome { skipped, ..Outcome::default() });
    }
    let process = start(script, server)?;
    let mut transport = TcpTransport::new(process.address());
    let mut runner = Runner::new(&mut transport, protocol);
    if oracle {
        runner = runner.against_oracle();
    }
    Ok(runner.play(script))
}

fn start(script: &Script, server: &Path) -> Result<ServerProcess> {
    let mut options = ServerOptions::new(server);
    options = options.option("enable-debug-command", &["yes"]);
    for (name, value) in &script.start {
        let words = testkit::split_words(value)?;
        let words: Vec<String> =
            words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        options.options.push((name.clone(), words));
    }
    Ok(ServerProcess::start(&options)?)
}

fn fill_in(files: &[PathBuf], server: &Path, completion: Completion) -> Result<()> {
    for file in files {
        let script = read(file)?;
        if script.only == Some(Place::InProcess) {
            continue;
        }
        let (first, second) = (start(&script, server)?, start(&script, server)?);
        let mut resp2 = TcpTransport::new(first.address());
        let mut resp3 = TcpTransport::new(second.address());
        let text = complete(&script, &mut resp2, &mut resp3, completion)?;
        if text != std::fs::read_to_string(file)? {
            std::fs::write(file, text)?;
            println!("filled in {}", paths::relative(file));
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Script> {
    let text = std::fs::read_to_string(file)?;
    Ok(Script::parse(&paths::relative(file), &text)?)
}

/// The `.rtest` files below `given`, or all of the repository.
pub fn transcripts(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if given.is_empty() {
        collect(&paths::root().join("tests/commands"), &mut files)?;
    }
    for path in given {
        collect(
            &path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?,
            &mut files,
        )?;
    }
    files.sort();
    Ok(files)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rtest") {
        files.push(path.to_path_buf());
    }
    Ok(())
}
