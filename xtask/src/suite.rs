//! Redis's own Tcl suite, aimed at our server: file by file, bounded in time, counted test by test.

mod expected;
mod farm;
mod output;
mod play;
mod report;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Args;

use crate::genuine::{Genuine, encryption, genuine, suite_tools};
use crate::{Result, paths, serve};

/// Ports of one job; Redis's cluster bus uses the same numbers plus 10 000, all below the ephemeral range.
const PORTS_PER_JOB: usize = 1000;
const JOBS_MAX: usize = 8;

#[derive(Args)]
pub struct Options {
    /// Files (unit/type/string), groups (unit, unit/type, unit/moduleapi, unit/cluster, integration), or `all`.
    units: Vec<String>,
    /// The server to test; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where the results go as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// The files of tests/suite/expected.txt, or those of UNITS among them; anything but what that list and differences.txt say is an error.
    #[arg(long)]
    expected: bool,
    /// Hard limit per file in seconds.
    #[arg(long, default_value_t = 900)]
    file_timeout: u64,
    /// A file that prints nothing for so many seconds is ended.
    #[arg(long, default_value_t = 120)]
    stall_timeout: u64,
    #[arg(long, default_value_t = 21111)]
    baseport: usize,
    /// Only tests with these tags, or without those written with `-`.
    #[arg(long, allow_hyphen_values = true)]
    tags: Option<String>,
    /// Speak TLS with the servers, as files marked `+tls` in expected.txt are played in any case.
    #[arg(long)]
    tls: bool,
    /// Keep the working folders, with the servers' logs.
    #[arg(long)]
    keep: bool,
}

/// One file to play.
#[derive(Clone)]
struct Unit {
    file: String,
    /// As for `--tags`.
    tags: Option<String>,
    /// Played over TLS.
    tls: bool,
    /// Tests that are not run, since they would disturb those behind them.
    skipped: Vec<String>,
}

/// Everything a job needs.
struct Plan {
    genuine: Genuine,
    /// Where Tcl finds its TLS package, if anything is played over TLS.
    tcl_library: Option<PathBuf>,
    server: PathBuf,
    work: PathBuf,
    file_timeout: Duration,
    stall_timeout: Duration,
}

pub fn run(options: &Options) -> Result<()> {
    let genuine = genuine()?;
    suite_tools()?;
    let server = serve::server(options.server.as_deref())?;
    let expectations = match options.expected {
        true => Some(expected::read()?.only(&options.units)),
        false => None,
    };
    let units = match &expectations {
        Some(expectations) => expectations.units(),
        None => farm::expand(&genuine.tree, &options.units)?
            .into_iter()
            .map(|file| Unit {
                file,
                tags: options.tags.clone(),
                tls: options.tls,
                skipped: Vec::new(),
            })
            .collect(),
    };
    // Sockets of the tests lie below: the path has to be short.
    let work = tempfile::Builder::new().prefix("bh-suite.").tempdir_in("/tmp")?;
    let tcl_library = match units.iter().any(|unit| unit.tls) {
        true => Some(encryption(&genuine)?),
        false => None,
    };
    let plan = Plan {
        genuine,
        tcl_library,
        server,
        work: work.path().to_path_buf(),
        file_timeout: Duration::from_secs(options.file_timeout),
        stall_timeout: Duration::from_secs(options.stall_timeout),
    };
    let jobs = options.jobs.clamp(1, JOBS_MAX);
    let mut results = play_all(&plan, &units, jobs, options.baseport)?;
    if let Some(expectations) = &expectations {
        play_again(&plan, expectations, options.baseport, &mut results)?;
    }
    if options.keep {
        println!("kept: {}", work.keep().display());
    }
    report::print(&results);
    if let Some(out) = &options.out {
        report::write_json(out, &plan.server, &results)?;
    }
    match expectations {
        Some(expectations) => expectations.judge(&results),
        None => Ok(()),
    }
}

/// Many of the suite's tests wait for real milliseconds, which a busy machine may not give them: what is not as expected is
/// played once more, alone.
fn play_again(
    plan: &Plan,
    expectations: &expected::Expectations,
    baseport: usize,
    results: &mut [output::FileResult],
) -> Result<()> {
    for result in results {
        let wrong = expectations.wrong_with(result);
        let units = expectations.units();
        let Some(unit) = units.iter().find(|unit| unit.file == result.unit) else { continue };
        if !wrong.is_empty() {
            println!("once more, alone, because:\n{}", wrong.join("\n"));
            let again = play_all(plan, std::slice::from_ref(unit), 1, baseport)?;
            if let Some(again) = again.into_iter().next() {
                *result = again;
            }
        }
    }
    Ok(())
}

fn play_all(
    plan: &Plan,
    units: &[Unit],
    jobs: usize,
    baseport: usize,
) -> Result<Vec<output::FileResult>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for job in 0..jobs {
            let (next, results) = (&next, &results);
            scope.spawn(move || {
                let port = baseport + job * PORTS_PER_JOB;
                while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = play::file(plan, unit, port).unwrap_or_else(|error| {
                        output::FileResult::not_run(&unit.file, &error.to_string())
                    });
                    report::print_file(&result);
                    if let Ok(mut results) = results.lock() {
                        results.push(result);
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().map_err(|_| "a job ended badly")?;
    results.sort_by(|left, right| left.unit.cmp(&right.unit));
    Ok(results)
}

/// Lists of the repository: what is expected of which file.
fn list(name: &str) -> PathBuf {
    paths::root().join("tests/suite").join(name)
}
