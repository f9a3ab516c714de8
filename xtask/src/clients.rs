//! The test suites of client libraries, against the genuine server and ours in turn: what passes there passes here.

mod ioredis;
mod json;
mod redis_py;
mod redis_rs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;

use crate::exec::ProcessTree;
use crate::genuine::genuine;
use crate::{Result, exec, paths, serve};

/// Of what passes on the genuine server so many of a hundred have to pass on ours.
const SHARE_MIN: f64 = 98.0;

#[derive(Args)]
pub struct Options {
    /// Libraries: redis-py, json (redis-py's tests of our module), ioredis, redis-rs; all if none.
    libraries: Vec<String>,
    /// Our server; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// What came of each test: whether it passed.
type Outcomes = BTreeMap<String, bool>;

/// A library whose tests can be played.
struct Library {
    name: &'static str,
    /// Fetches and builds what is not in the cache yet; where it lies.
    prepare: fn(&Path) -> Result<PathBuf>,
    /// Plays all tests against a server.
    play: fn(&Path, &Path) -> Result<Outcomes>,
}

const LIBRARIES: &[Library] = &[
    Library { name: "redis-py", prepare: redis_py::prepare, play: redis_py::play },
    Library { name: "json", prepare: json::prepare, play: json::play },
    Library { name: "ioredis", prepare: ioredis::prepare, play: ioredis::play },
    Library { name: "redis-rs", prepare: redis_rs::prepare, play: redis_rs::play },
];

/// One row of the table.
struct Row {
    name: &'static str,
    theirs: usize,
    both: usize,
    lost: Vec<String>,
}

impl Row {
    fn new(name: &'static str, theirs: &Outcomes, ours: &Outcomes) -> Row {
        let passed = |outcomes: &Outcomes| -> BTreeSet<String> {
            outcomes.iter().filter(|(_, passed)| **passed).map(|(name, _)| name.clone()).collect()
        };
        let (theirs, ours) = (passed(theirs), passed(ours));
        let lost: Vec<String> = theirs.difference(&ours).cloned().collect();
        Row { name, theirs: theirs.len(), both: theirs.len() - lost.len(), lost }
    }

    fn share(&self) -> f64 {
        if self.theirs == 0 { 0.0 } else { self.both as f64 * 100.0 / self.theirs as f64 }
    }
}

pub fn run(options: &Options) -> Result<()> {
    let unknown = |name: &&String| !LIBRARIES.iter().any(|library| library.name == **name);
    if let Some(name) = options.libraries.iter().find(unknown) {
        return Err(format!("no such library: {name}").into());
    }
    let genuine = genuine()?.server();
    let server = serve::server(options.server.as_deref())?;
    let cache = paths::cache()?.join("clients");
    std::fs::create_dir_all(&cache)?;
    let mut rows = Vec::new();
    for library in LIBRARIES {
        let wanted = |name: &String| name == library.name;
        if !options.libraries.is_empty() && !options.libraries.iter().any(wanted) {
            continue;
        }
        let tree = (library.prepare)(&cache)?;
        eprintln!("xtask: {} against the genuine server …", library.name);
        let theirs = (library.play)(&tree, &genuine)?;
        eprintln!("xtask: {} against ours …", library.name);
        let ours = (library.play)(&tree, &server)?;
        rows.push(Row::new(library.name, &theirs, &ours));
    }
    print(&rows);
    if rows.iter().all(|row| row.share() >= SHARE_MIN) {
        Ok(())
    } else {
        Err(format!("less than {SHARE_MIN} % of what passes on the genuine server").into())
    }
}

fn print(rows: &[Row]) {
    println!("{:<12} {:>8} {:>8} {:>8}", "library", "genuine", "ours", "share");
    for row in rows {
        let share = format!("{:.1} %", row.share());
        println!("{:<12} {:>8} {:>8} {share:>8}", row.name, row.theirs, row.both);
    }
    for row in rows.iter().filter(|row| !row.lost.is_empty()) {
        println!("\n{}: passes on the genuine server, not on ours:", row.name);
        for name in &row.lost {
            println!("  {name}");
        }
    }
}

/// What a program prints that may well fail, since tests do; ended with all its children after `limit`.
fn printed(command: &mut Command, limit: Duration) -> Result<String> {
    let work = tempfile::tempdir()?;
    let path = work.path().join("output");
    exec::into_file(command, &path)?;
    let mut tree = ProcessTree::start(command)?;
    if tree.wait(limit, |_| ())?.is_none() {
        eprintln!("xtask: ended after {} s:\n{}", limit.as_secs(), exec::tail(&path, 5));
    }
    Ok(String::from_utf8_lossy(&std::fs::read(&path)?).into_owned())
}

/// A server as the libraries' authors start one for their tests.
fn start(server: &Path) -> Result<testkit::ServerProcess> {
    let options = testkit::ServerOptions::new(server)
        .option("enable-debug-command", &["yes"])
        .option("enable-module-command", &["yes"]);
    Ok(testkit::ServerProcess::start(&options)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_there_counts() {
        let outcomes = |passed: &[(&str, bool)]| -> Outcomes {
            passed.iter().map(|(name, passed)| ((*name).to_owned(), *passed)).collect()
        };
        let theirs = outcomes(&[("a", true), ("b", true), ("c", false), ("d", true)]);
        let ours = outcomes(&[("a", true), ("b", false), ("c", true)]);
        let row = Row::new("x", &theirs, &ours);
        assert_eq!((row.theirs, row.both), (3, 1));
        assert_eq!(row.lost, ["b", "d"]);
    }
}
