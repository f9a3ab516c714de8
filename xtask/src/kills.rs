//! A server killed at random under load: what it promised to keep is there at the next start, and nothing is half there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::{Result, serve};

/// Connections that write.
const WRITERS: usize = 3;
/// Transactions a writer sends before it reads their replies, at most.
const PIPELINE_MAX: u64 = 8;
/// A server lives so long, at most and at least.
const LIFE_MS: std::ops::Range<u64> = 20..600;
/// With `everysec` this much of the end may be missing.
const EVERYSEC: Duration = Duration::from_secs(1);
/// A directory is used for so many lives, then an empty one.
const LIVES: usize = 10;

#[derive(Args)]
pub struct Options {
    /// How often the server is killed.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// Where chance begins.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The server; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// How the server is told to keep its data, and what it promises by that.
struct Setting {
    name: &'static str,
    options: &'static [(&'static str, &'static str)],
    promise: Promise,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// All that was acknowledged.
    All,
    /// All but what was acknowledged in the last second.
    ButTheLastSecond,
    /// What was acknowledged before the last SAVE began.
    UpToTheSave,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        name: "appendfsync always",
        options: &[("appendonly", "yes"), ("appendfsync", "always")],
        promise: Promise::All,
    },
    Setting {
        name: "appendfsync everysec",
        options: &[("appendonly", "yes"), ("appendfsync", "everysec")],
        promise: Promise::ButTheLastSecond,
    },
    Setting {
        name: "appendfsync always, a base of commands",
        options: &[
            ("appendonly", "yes"),
            ("appendfsync", "always"),
            ("aof-use-rdb-preamble", "no"),
        ],
        promise: Promise::All,
    },
    Setting { name: "SAVE and BGSAVE", options: &[], promise: Promise::UpToTheSave },
];

/// What one writer knows.
#[derive(Clone, Default)]
struct Written {
    /// Transactions whose reply came, by when.
    acknowledged: Vec<(Instant, u64)>,
    sent: u64,
}

impl Written {
    /// The number of transactions that must be there.
    fn acknowledged_before(&self, time: Instant) -> u64 {
        let before = self.acknowledged.iter().rev().find(|(at, _)| *at <= time);
        before.map_or(0, |(_, number)| *number)
    }
}

/// What is known of the data in one directory.
struct Home {
    directory: tempfile::TempDir,
    /// Transactions each writer has found at the last start.
    found: [u64; WRITERS],
}

impl Home {
    fn new() -> Result<Home> {
        Ok(Home { directory: tempfile::tempdir()?, found: [0; WRITERS] })
    }
}

/// Figures of a run.
#[derive(Default)]
struct Figures {
    kills: usize,
    promised: u64,
    /// Not acknowledged, and there all the same.
    beyond: u64,
    /// Acknowledged in the last second, or after the last save, and gone.
    without_promise: u64,
}

pub fn run(options: &Options) -> Result<()> {
    let server = serve::server(options.server.as_deref())?;
    kill(&server, options.rounds, options.seed)
}

/// Kills the server so often; an error if it broke a promise.
pub fn kill(server: &Path, rounds: usize, seed: u64) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut homes = Vec::new();
    let mut figures = Figures::default();
    for round in 0..rounds {
        let place = round % SETTINGS.len();
        if round % (SETTINGS.len() * LIVES) == 0 {
            homes = SETTINGS.iter().map(|_| Home::new()).collect::<Result<Vec<_>>>()?;
        }
        let setting = &SETTINGS[place];
        one_life(server, setting, &mut homes[place], &mut random, &mut figures)
            .map_err(|error| format!("round {round}, {}: {error}", setting.name))?;
        if (round + 1) % 20 == 0 || round + 1 == rounds {
            println!(
                "{} kills, {} promised transactions, none of them lost; {} more were kept, {} without a promise not",
                figures.kills, figures.promised, figures.beyond, figures.without_promise
            );
        }
    }
    Ok(())
}

/// Starts, writes until the kill comes, starts again, and looks.
fn one_life(
    server: &Path,
    setting: &Setting,
    home: &mut Home,
    random: &mut fastrand::Rng,
    figures: &mut Figures,
) -> Result<()> {
    let process = start(server, setting, home.directory.path())?;
    let life = Duration::from_millis(random.u64(LIFE_MS));
    let stop = AtomicBool::new(false);
    let address = process.address();
    let (written, saved_at, killed_at) = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (first, seed) = (home.found[writer] + 1, random.u64(..));
                let stop = &stop;
                scope.spawn(move || write(address, writer, first, seed, stop))
            })
            .collect();
        let saved_at = disturb(address, setting, life, random);
        let killed_at = Instant::now();
        drop(process);
        stop.store(true, Ordering::Relaxed);
        let written = writers.into_iter().map(|writer| writer.join().unwrap_or_default());
        (written.collect::<Vec<_>>(), saved_at, killed_at)
    });
    figures.kills += 1;
    let again = start(server, setting, home.directory.path())?;
    let mut client = again.client()?;
    for (writer, written) in written.iter().enumerate() {
        let found = look(&mut client, writer)?;
        let before = home.found[writer];
        let since = match setting.promise {
            Promise::All => written.acknowledged_before(killed_at + EVERYSEC),
            Promise::ButTheLastSecond => written.acknowledged_before(killed_at - EVERYSEC),
            Promise::UpToTheSave => saved_at.map_or(0, |at| written.acknowledged_before(at)),
        };
        let (floor, ceiling) = (since.max(before), written.sent.max(before));
        if found < floor || found > ceiling {
            let text = format!(
                "writer {writer}: {found} transactions are there, and should be {floor} at least and {ceiling} at most"
            );
            return Err(text.into());
        }
        let last = written.acknowledged.last().map_or(before, |(_, number)| *number);
        figures.promised += since.saturating_sub(before);
        figures.beyond += found.saturating_sub(last);
        figures.without_promise += last.saturating_sub(found);
        home.found[writer] = found;
    }
    if setting.promise == Promise::UpToTheSave {
        client.command(&["SAVE"])?;
    }
    drop(again);
    Ok(())
}

fn start(server: &Path, setting: &Setting, directory: &Path) -> Result<ServerProcess> {
    let mut options = ServerOptions::new(server).directory(directory);
    for (name, value) in setting.options {
        options = options.option(name, &[value]);
    }
    Ok(ServerProcess::start(&options)?)
}

/// Adds numbers to a list, one by one, and the last one to a key, in transactions, until the server is gone.
fn write(address: SocketAddr, writer: usize, first: u64, seed: u64, stop: &AtomicBool) -> Written {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut written = Written { acknowledged: Vec::new(), sent: first - 1 };
    let Ok(mut client) = Client::connect(address) else { return written };
    let mut next = first;
    while !stop.load(Ordering::Relaxed) {
        let count = random.u64(1..=PIPELINE_MAX);
        let mut request = Vec::new();
        for number in next..next + count {
            request.extend_from_slice(&transaction(writer, number));
        }
        written.sent = next + count - 1;
        if client.send(&request).is_err() {
            return written;
        }
        for number in next..next + count {
            // +OK, +QUEUED twice, and what EXEC replies.
            let replies: std::result::Result<Vec<Reply>, _> =
                (0..4).map(|_| client.read()).collect();
            match replies.as_deref() {
                Ok([.., Reply::Array(results)]) if !results.iter().any(Reply::is_error) => {
                    written.acknowledged.push((Instant::now(), number));
                }
                _ => return written,
            }
        }
        next += count;
    }
    written
}

fn transaction(writer: usize, number: u64) -> Vec<u8> {
    let number = number.to_string();
    let (list, last) = (format!("list:{writer}"), format!("last:{writer}"));
    let mut bytes = testkit::encode_command(&["MULTI"]);
    bytes.extend(testkit::encode_command(&["RPUSH", &list, &number]));
    bytes.extend(testkit::encode_command(&["SET", &last, &number]));
    bytes.extend(testkit::encode_command(&["EXEC"]));
    bytes
}

/// Lets files be rewritten meanwhile; when the last SAVE that succeeded began.
fn disturb(
    address: SocketAddr,
    setting: &Setting,
    life: Duration,
    random: &mut fastrand::Rng,
) -> Option<Instant> {
    let ends = Instant::now() + life;
    let mut saved_at = None;
    while Instant::now() < ends {
        let pause = Duration::from_millis(random.u64(0..150));
        std::thread::sleep(pause.min(ends.saturating_duration_since(Instant::now())));
        let Ok(mut client) = Client::connect(address) else { break };
        if setting.promise != Promise::UpToTheSave {
            // It may be refused while another is under way.
            let _refused = client.command(&["BGREWRITEAOF"]);
            continue;
        }
        let begun = Instant::now();
        let command = if random.bool() { "SAVE" } else { "BGSAVE" };
        if matches!(client.command(&[command]), Ok(Reply::Simple(text)) if text == b"OK") {
            saved_at = Some(begun);
        }
    }
    saved_at
}

/// How many transactions of a writer are there, all of them whole and in order.
fn look(client: &mut Client, writer: usize) -> Result<u64> {
    let last = client.command(&["GET", &format!("last:{writer}")])?.text();
    let last: u64 = match last {
        Some(text) if !text.is_empty() => text.parse()?,
        _ => 0,
    };
    let list = client.command(&["LRANGE", &format!("list:{writer}"), "0", "-1"])?;
    let numbers = list.elements().unwrap_or_default();
    let in_order = numbers
        .iter()
        .zip(1u64..)
        .all(|(number, wanted)| number.text().is_some_and(|text| text == wanted.to_string()));
    if !in_order || numbers.len() as u64 != last {
        let text =
            format!("writer {writer}: the list has {} numbers, the key says {last}", numbers.len());
        return Err(text.into());
    }
    Ok(last)
}
