//! Saving and loading a dataset, and how long a client may have to wait meanwhile, or while the key table grows.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Client, Reply, ServerOptions, ServerProcess, encode_command};

use super::stats::{cpu_seconds, median};
use crate::Result;

/// Requests sent before their replies are read.
const BATCH: usize = 500;
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
            waits.push((background_save(&servers[0])?, background_save(&servers[1])?));
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
struct Waits(Vec<f64>);

impl Waits {
    fn at(&self, share: f64) -> f64 {
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
    let directory = directory.to_str().ok_or("the temporary directory has no name in text")?;
    Ok(ServerProcess::start(&ServerOptions::new(program).option("dir", &[directory]))?)
}

fn fill(server: &ServerProcess, keys: usize) -> Result<()> {
    let mut client = server.client()?;
    send_all(&mut client, 0..keys, |n| {
        encode_command(&["SET", &format!("key:{n:012}"), &format!("{n:032}")])
    })?;
    send_all(&mut client, 0..keys * HASHES_PER_THOUSAND / 1000, |n| {
        let (name, text) = (format!("hash:{n:011}"), format!("value {n}"));
        let number = n.to_string();
        encode_command(&[
            "HSET", &name, "f1", &text, "f2", &number, "f3", "abc", "f4", "f", "f5", &text,
        ])
    })
}

fn send_all(
    client: &mut Client,
    numbers: std::ops::Range<usize>,
    request: impl Fn(usize) -> Vec<u8>,
) -> Result<()> {
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let bytes: Vec<u8> = batch.iter().flat_map(|n| request(*n)).collect();
        client.send(&bytes)?;
        for _ in batch {
            let reply = client.read()?;
            if reply.is_error() {
                return Err(format!("filling: {reply:?}").into());
            }
        }
    }
    Ok(())
}

fn save(server: &ServerProcess) -> Result<Took> {
    let mut client = server.client()?;
    client.set_timeout(BGSAVE_MAX);
    let (began, before) = (Instant::now(), cpu_seconds(server.pid())?);
    let reply = client.command(&["SAVE"])?;
    if reply.is_error() {
        return Err(format!("SAVE: {reply:?}").into());
    }
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
fn background_save(server: &ServerProcess) -> Result<Waits> {
    let mut client = server.client()?;
    while_asking(server, || {
        client.command(&["BGSAVE"])?;
        let ends = Instant::now() + BGSAVE_MAX;
        while in_progress(&mut client)? {
            if Instant::now() > ends {
                return Err("BGSAVE does not end".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    })
}

fn in_progress(client: &mut Client) -> Result<bool> {
    let info = client.command(&["INFO", "persistence"])?.text().unwrap_or_default();
    Ok(info.contains("rdb_bgsave_in_progress:1"))
}

/// What a steady client waits while another makes so many keys.
fn growth(program: &Path, keys: usize) -> Result<Waits> {
    let home = tempfile::tempdir()?;
    let server = start(program, home.path())?;
    let mut client = server.client()?;
    while_asking(&server, || {
        send_all(&mut client, 0..keys, |n| encode_command(&["SET", &format!("k{n}"), "v"]))
    })
}

/// Asks steadily, by GET and SET in turn, while something is done.
fn while_asking(server: &ServerProcess, doing: impl FnOnce() -> Result<()>) -> Result<Waits> {
    let mut asking = server.client()?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asker = scope.spawn(|| {
            let mut waits = Vec::new();
            let mut next = Instant::now();
            while !done.load(Ordering::Relaxed) {
                next += ASK_EVERY;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                let name = format!("key:{:012}", waits.len() * 7919 % 1_000_000);
                let words: &[&str] =
                    if waits.len() % 2 == 0 { &["GET", &name] } else { &["SET", &name, "new"] };
                let began = Instant::now();
                if asking.command(words).is_err() {
                    break;
                }
                waits.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            Waits(waits)
        });
        let result = doing();
        done.store(true, Ordering::Relaxed);
        let waits = asker.join().map_err(|_| "the asking thread failed")?;
        result.map(|()| waits)
    })
}
