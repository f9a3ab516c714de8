//! Project automation: everything CI and people run goes through here.

#![forbid(unsafe_code)]

mod bench;
mod cached;
mod ci;
mod clients;
mod debian;
mod exchange;
mod exec;
mod falkordb;
mod fuzz;
mod genuine;
mod install;
mod json_path;
mod kills;
mod modules;
mod new;
mod oracle;
mod paths;
mod pins;
mod real_modules;
mod sdk_package;
mod serve;
mod suite;
mod tidy;
mod valkey;
mod whereis;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An error is a sentence for the person at the terminal.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, check and measure Bulkhead.")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build and start the server, and say how to connect.
    Serve(serve::Options),
    /// Everything a change must pass; prints how long each step took.
    Ci(ci::Options),
    /// The rules about the tree that a program can check.
    Tidy,
    /// Where a command is implemented.
    Where(whereis::Options),
    /// Play transcripts against the genuine server, or fill them in from it.
    Oracle(oracle::Options),
    /// Play transcripts against our server over TCP.
    Transcripts(oracle::OwnOptions),
    /// Damaged payloads for RESTORE, a great many of every type.
    Fuzz(fuzz::FuzzOptions),
    /// Kill the server at random under load, and look that what it acknowledged is there.
    Kills(kills::Options),
    /// Test suites of client libraries, against the genuine server and ours in turn.
    Clients(clients::Options),
    /// Transcripts of our own modules and of one on the packaged SDK, on our server and the genuine one.
    Modules(modules::Options),
    /// FalkorDB's client on its module, in the genuine server and in ours.
    Falkordb(falkordb::Options),
    /// Files of ours start other servers, and theirs ours, with equal data.
    Exchange(exchange::Options),
    /// Put the release build into a folder, with links for its tools.
    Install(install::Options),
    /// Redis's own Tcl suite, aimed at our server.
    Suite(suite::Options),
    /// Our server against the genuine one: operations per CPU second, latency, bytes per key.
    Bench(bench::Options),
    /// A beginning of something new, such as a module.
    New(new::Options),
    /// Build the genuine server and fetch the real modules, and say where they are.
    Genuine,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.task {
        Task::Serve(options) => serve::run(&options),
        Task::Ci(options) => ci::run(&options),
        Task::Tidy => tidy::run(),
        Task::Where(options) => whereis::run(&options),
        Task::New(options) => new::run(&options),
        Task::Oracle(options) => oracle::run(&options),
        Task::Transcripts(options) => oracle::run_own(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Kills(options) => kills::run(&options),
        Task::Clients(options) => clients::run(&options),
        Task::Modules(options) => modules::run(&options),
        Task::Falkordb(options) => falkordb::run(&options),
        Task::Exchange(options) => exchange::run(&options),
        Task::Install(options) => install::run(&options),
        Task::Suite(options) => suite::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Genuine => genuine::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
