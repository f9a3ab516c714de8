//! `bulkhead-check-rdb`: says what an RDB file holds and where it breaks.

use std::path::Path;

use engine::Engine;
use persistence::check;

use crate::usage::print;

/// The program under this name; the value is the exit code.
pub fn run(program: &str, arguments: &[String]) -> i32 {
    match arguments {
        [option] if option == "-v" || option == "--version" => {
            print(&crate::version::line_of("redis-check-rdb"))
        }
        [file] => i32::from(!check_file(file)),
        _ => {
            eprint_line(&format!("Usage: {program} <rdb-file-name>"));
            1
        }
    }
}

/// Standard error may be closed; the exit code tells all the same.
pub fn eprint_line(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn check_file(name: &str) -> bool {
    match std::fs::read(Path::new(name)) {
        Ok(bytes) => {
            let report = check_bytes(&bytes, name);
            // A closed pipe has no reader to tell.
            let _ = print(&report.text);
            report.end.is_some()
        }
        Err(error) => {
            let reason = crate::listen::describe(&error);
            let _ = print(&format!("Cannot open file {name}: {reason}\n"));
            false
        }
    }
}

/// The report on the dataset at the begin of `bytes`.
pub fn check_bytes(bytes: &[u8], name: &str) -> check::RdbReport {
    let config = config::Config::default();
    let ports = crate::startup::PORTS;
    let engine = Engine::new(config, commands::table::BUILT_INS, ports, [0; 32]);
    let now_ms = sys::clock::realtime_us() / 1000;
    check::rdb(bytes, name, &engine.state.rdb_limits(0), now_ms)
}
