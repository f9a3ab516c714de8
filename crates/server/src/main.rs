//! The server binary: reads the command line and hands over to the way up.

#![forbid(unsafe_code)]

mod accept;
mod allocator;
mod aof_files;
mod background;
mod backup_files;
mod batch;
mod busy;
mod check_aof;
mod check_rdb;
mod child_reports;
mod cluster_file;
mod config_change;
mod connection;
mod crash_report;
mod crash_sections;
mod cron;
mod debug_console;
mod disk;
mod effects;
mod event_loop;
mod glob_files;
mod guests;
mod host;
mod limits;
mod links;
mod listen;
mod loading;
mod log;
mod logo;
mod lookahead;
mod memory_test;
mod oom_score;
mod output;
mod port;
mod primary;
mod replica_sync;
mod requests;
mod resources;
mod shutdown;
mod startup;
mod stream;
mod title;
mod tls_files;
mod usage;
mod users;
mod version;

use std::os::unix::ffi::OsStringExt;

use config::{Action, CommandLine};

fn main() {
    std::process::exit(start());
}

fn start() -> i32 {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == module_host_native::probe::PROBE_ARGUMENT) {
        return startup::try_module(arguments);
    }
    if let Some(code) = under_another_name() {
        return code;
    }
    let words: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    let command_line = CommandLine::parse(&words);
    match command_line.action {
        Action::Version => usage::print(&(version::line() + "\n")),
        Action::Help => usage::print_help(),
        Action::TestMemory(megabytes) => usage::test_memory(&megabytes),
        Action::CheckSystem => resources::check_system(),
        Action::CheckModule(words) => startup::check_module(&words),
        Action::Run => serve(&command_line),
    }
}

/// The binary is several programs; its name says which.
fn under_another_name() -> Option<i32> {
    let mut arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = arguments.next()?;
    let name = std::path::Path::new(&program).file_name()?.to_str()?.to_owned();
    let arguments: Vec<String> = arguments.collect();
    match name.as_str() {
        "bulkhead-check-rdb" | "redis-check-rdb" => Some(check_rdb::run(&program, &arguments)),
        "bulkhead-check-aof" | "redis-check-aof" => Some(check_aof::run(&program, &arguments)),
        _ => None,
    }
}

fn serve(command_line: &CommandLine) -> i32 {
    // A fault this early is worth a report, too; without handlers the server still runs.
    let crash_handlers = crash_report::install();
    if let Err(error) = crash_handlers {
        log::write(log::Level::Warning, &format!("No crash reports: {error}"));
    }
    // A client that is gone shows as an error of the write, not as a signal.
    for signal in [sys::signals::SIGHUP, sys::signals::SIGPIPE] {
        // These two can always be ignored.
        let _ = sys::signals::ignore(signal);
    }
    let configured = command_line.config_file.is_some() || command_line.standard_input;
    match startup::load_configuration(command_line) {
        Ok((startup, files)) => {
            sys::title::prepare();
            startup::serve(startup, files, configured)
        }
        Err(code) => code,
    }
}
