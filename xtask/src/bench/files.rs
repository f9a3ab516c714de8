//! Saving and loading a dataset, and how long a client may have to wait meanwhile, or while the key table grows.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Client, Reply, ServerOptions, ServerProcess};

use super::stats::{cpu_seconds, median};
use crate::Result;

/// Requests sent before their replies are read.
pub const BATCH: usize = 500;
const ROUNDS: usize = 3;
/// Of so many keys made as strings, one more is a hash per three and a third.
const HASHES_PER_THOUSAND: usize = 300;
/// The steady client asks so often.
const ASK_EVERY: Duration = Duration::from_micros(500);
/// How long a save in the background may take.
const BGSAVE_MAX: Duration = Duration::from_secs(120);

/// One figure of both servers, in the unit its name says.
pub struct Comparison {
    what: &'static str,
    ours: f64,
    theirs: f64,
}

impl Comparison {
    fn new(what: &'static str, pairs: &[(f64, f64)]) -> Comparison {
        let ours: Vec<f64> = pairs.iter().map(|(ours, _)| *ours).collect();
        let theirs: Vec<f64> = pairs.iter().map(|(_, theirs)| *theirs).collect();
        let comparison = Comparison { what, ours: median(&ours), theirs: median(&theirs) };
        eprintln!(
            "{what}: {:.3} (genuine {:.3}), ratio {:.2}",
            comparison.ours,
            comparison.theirs,
            comparison.ours / comparison.theirs
        );
        comparison
    }

    pub fn to_json(&self) -> Value {
        json!({ "what": self.what, "ours": self.ours, "theirs": self.theirs })
    }
}

/// Measures with so many strings, and three hashes to ten of them.
pub fn compare(keys: usize, ours: &Path, theirs: &Path) -> Result<Vec<Comparison>> {
    let homes = [tempfile::tempdir()?, tempfile::tempdir()?];
    let mut saves = Vec::new();
    let mut waits = Vec::new();
    {
        let servers = [start(ours, homes[0].path())?, start(theirs, homes[1].path())?];
        for server in &servers {
            fill(server, keys)?;
        }
        for _ in 0..ROUNDS {
            saves.push((save(&servers[0])?, save(&servers[1])?));
            waits.push((background_save(&servers[0], keys)?, background_save(&servers[1], keys)?));
        }
    }
    let mut loads = Vec::new();
    for _ in 0..ROUNDS {
        loads.push((load(ours, homes[0].path())?, load(theirs, homes[1].path())?));
    }
    let mut growths = Vec::new();
    for _ in 0..ROUNDS {
        growths.push((growth(ours, keys * 5)?, growth(theirs, keys * 5)?));
    }
    let seconds = |pairs: &[(Took, Took)]| {
        pairs.iter().map(|(ours, theirs)| (ours.seconds, theirs.seconds)).collect::<Vec<_>>()
    };
    let cpu = |pairs: &[(Took, Took)]| {
        pairs.iter().map(|(ours, theirs)| (ours.cpu, theirs.cpu)).collect::<Vec<_>>()
    };
    Ok(vec![
        Comparison::new("SAVE, seconds", &seconds(&saves)),
        Comparison::new("SAVE, CPU seconds", &cpu(&saves)),
        Comparison::new("start with a dataset, seconds", &seconds(&loads)),
        Comparison::new("start with a dataset, CPU seconds", &cpu(&loads)),
        Comparison::new("longest wait during BGSAVE, ms", &worst(&waits)),
        Comparison::new("one wait in a thousand during BGSAVE, ms", &rare(&waits)),
        Comparison::new("longest wait while the table grows, ms", &worst(&growths)),
        Comparison::new("one wait in a thousand while the table grows, ms", &rare(&growths)),
    ])
}

#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    cpu: f64,
}

/// Milliseconds a steady client waited.
pub struct Waits(Vec<f64>);

impl Waits {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The wait that this share of all does not exceed.
    pub fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let index = ((sorted.len() as f64) * share) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }
}

fn worst(pairs: &[(Waits, Waits)]) -> Vec<(f64, f64)> {
    pairs.iter().map(|(ours, theirs)| (ours.at(1.0), theirs.at(1.0))).collect()
}

fn rare(pairs: &[(Waits, Waits)]) -> Vec<(f64, f64)> {
    pairs.iter().map(|(ours, theirs)| (ours.at(0.999), theirs.at(0.999))).collect()
}

fn start(program: &Path, directory: &Path) -> Result<ServerProcess> {
    Ok(ServerProcess::start(&ServerOptions::new(program).directory(directory))?)
}

fn fill(server: &ServerProcess, keys: usize) -> Result<()> {
    let mut client = server.client()?;
    client.pipeline(
        (0..keys).map(|n| vec!["SET".to_owned(), string_key(n), format!("{n:032}")]),
        BATCH,
    )?;
    let hashes = (0..keys * HASHES_PER_THOUSAND / 1000).map(|n| {
        let (name, text) = (format!("hash:{n:011}"), format!("value {n}"));
        let number = n.to_string();
        let words =
            ["HSET", &name, "f1", &text, "f2", &number, "f3", "abc", "f4", "f", "f5", &text];
        words.map(str::to_owned).to_vec()
    });
    Ok(client.pipeline(hashes, BATCH)?)
}

pub fn string_key(n: usize) -> String {
    format!("key:{n:012}")
}

fn save(server: &ServerProcess) -> Result<Took> {
    let mut client = server.client()?;
    client.set_timeout(BGSAVE_MAX);
    let (began, before) = (Instant::now(), cpu_seconds(server.pid())?);
    client.pipeline([vec!["SAVE"]], 1)?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(Took { seconds, cpu: cpu_seconds(server.pid())? - before })
}

fn load(program: &Path, directory: &Path) -> Result<Took> {
    let began = Instant::now();
    let server = start(program, directory)?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = cpu_seconds(server.pid())?;
    match server.client()?.command(&["DBSIZE"])? {
        Reply::Integer(keys) if keys > 0 => Ok(Took { seconds, cpu }),
        other => Err(format!("nothing was loaded: {other:?}").into()),
    }
}

/// What a steady client waits while a child saves.
fn background_save(server: &ServerProcess, keys: usize) -> Result<Waits> {
    let mut client = server.client()?;
    while_asking(server, keys, || {
        client.pipeline([vec!["BGSAVE"]], 1)?;
        let ends = Instant::now() + BGSAVE_MAX;
        while client.info("persistence", "rdb_bgsave_in_progress")? != "0" {
            if Instant::now() > ends {
                return Err("BGSAVE does not end".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    })
}

/// What a steady client waits while another makes so many keys.
fn growth(program: &Path, keys: usize) -> Result<Waits> {
    let home = tempfile::tempdir()?;
    let server = start(program, home.path())?;
    let mut client = server.client()?;
    while_asking(&server, keys, || {
        let requests = (0..keys).map(|n| vec!["SET".to_owned(), format!("k{n}"), "v".to_owned()]);
        Ok(client.pipeline(requests, BATCH)?)
    })
}

/// Asks steadily for `keys` keys, by GET and SET in turn, while something is done.
pub fn while_asking(
    server: &ServerProcess,
    keys: usize,
    doing: impl FnOnce() -> Result<()>,
) -> Result<Waits> {
    let mut asking = server.client()?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asker = scope.spawn(|| ask(&mut asking, keys, &done));
        let result = doing();
        done.store(true, Ordering::Relaxed);
        let waits = asker.join().map_err(|_| "the asking thread failed")?;
        result?;
        Ok(Waits(waits?))
    })
}

/// The milliseconds of each wait, from when the request was due: one that is late since the one before it took long has
/// waited as well.
fn ask(client: &mut Client, keys: usize, done: &AtomicBool) -> testkit::Result<Vec<f64>> {
    let mut waits = Vec::new();
    let mut due = Instant::now();
    while !done.load(Ordering::Relaxed) {
        due += ASK_EVERY;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let name = string_key(waits.len() * 7919 % keys);
        let words =
            if waits.len() % 2 == 0 { vec!["GET", &name] } else { vec!["SET", &name, "new"] };
        client.pipeline([words], 1)?;
        waits.push(due.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(waits)
}
