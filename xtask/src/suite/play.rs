//! One test file under the suite's harness, ended when it hangs, with everything it started.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use super::output::{FileResult, Parser};
use super::{PORTS_PER_JOB, Plan, Unit, farm};
use crate::Result;
use crate::exec::{self, ProcessTree};

/// Plays `unit` with servers on ports from `port` on.
pub fn file(plan: &Plan, unit: &Unit, port: usize) -> Result<FileResult> {
    let Unit { file: unit, tags, tls, skipped } = unit;
    let folder = plan.work.join(unit.replace('/', "-"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    farm::build(plan, &folder)?;
    let _ends_leftovers = Leftovers(&folder);
    let began = Instant::now();
    let mut command = Command::new("tclsh");
    command.current_dir(&folder).env("TERM", "dumb");
    // Cargo sets it for tests: the servers have the stacks they have anywhere.
    command.env_remove("RUST_MIN_STACK");
    command.args(["tests/test_helper.tcl", "--single", unit, "--clients", "1", "--durable"]);
    command.args(["--dont-clean", "--baseport", &port.to_string()]);
    command.args(["--portcount", &(PORTS_PER_JOB - 100).to_string()]);
    if let Some(tags) = tags {
        command.args(["--tags", tags]);
    }
    if let Some(library) = plan.tcl_library.as_ref().filter(|_| *tls) {
        command.arg("--tls").env("TCLLIBPATH", library);
    }
    for test in skipped {
        command.args(["--skiptest", test]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut tree = ProcessTree::start(&mut command)?;
    let output = tree.child.stdout.take().ok_or("no output of the harness")?;
    let (sender, lines) = channel();
    // Ends with the pipe, which the kill of the process tree closes.
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(std::result::Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    let mut parser = Parser::new(unit);
    let hard_end = began + plan.file_timeout;
    let status = loop {
        let left = hard_end.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left.min(plan.stall_timeout)) {
            Ok(line) => parser.line(&line),
            Err(RecvTimeoutError::Disconnected) => break "done",
            Err(RecvTimeoutError::Timeout) if Instant::now() >= hard_end => break "hard timeout",
            Err(RecvTimeoutError::Timeout) => break "stalled",
        }
    };
    drop(tree);
    let mut result = parser.finish(status, began.elapsed());
    result.panics = panics(&folder.join("tests/tmp"));
    Ok(result)
}

/// Processes that left the harness's process group are found by their working directory.
struct Leftovers<'a>(&'a Path);

impl Drop for Leftovers<'_> {
    fn drop(&mut self) {
        exec::kill_below(self.0);
    }
}

/// Lines of servers' logs that tell of a panic or a crash.
fn panics(tmp: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(folders) = std::fs::read_dir(tmp) else { return found };
    for folder in folders.flatten() {
        for name in ["stdout", "stderr"] {
            let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            for (index, line) in lines.iter().enumerate() {
                if line.contains("panicked at") {
                    let message = lines.get(index + 1).copied().unwrap_or_default();
                    found.push(format!("{line} {message}"));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}
