//! The targets on a stable compiler: so many damaged cases of each kind, from a seed, in one process.

use std::alloc::System;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cap::Cap;
use fastrand::Rng;
use fuzz::fuzzed::{Fuzzed, Outcome, Seed};
use fuzz::{acl, configuration, json, lua, requests, restore};

/// Memory of the whole process; the values of the cases are small, so whoever asks for this much does what a payload told him.
const MEMORY_MAX: usize = 256 << 20;
/// What a case may take at most.
const TIME_MAX: Duration = Duration::from_secs(2);

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MEMORY_MAX);

/// Makes a target, anew after each fault.
type Make = fn() -> Box<dyn Fuzzed>;

/// The targets by name.
const TARGETS: &[(&str, Make)] = &[
    ("acl", || Box::new(acl::Target::new())),
    ("lua", || Box::new(lua::Target::new())),
    ("restore", || Box::new(restore::Target::new())),
    ("json-document", || Box::new(json::Documents)),
    ("json-path", || Box::new(json::Paths::default())),
    ("resp", || Box::new(requests::Target)),
    ("config", || Box::new(configuration::Target)),
];

/// What the command line says: `drive TARGET COUNT SEED FOLDER [KIND]`.
struct Task {
    make: Make,
    name: String,
    count: usize,
    seed: u64,
    folder: PathBuf,
    kind: Option<String>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    note_panics();
    match words.as_slice() {
        [one, name, file] if one == "one" => {
            if let Some(make) = target(name) {
                return play_one(make, Path::new(file));
            }
        }
        [name, count, seed, folder, kind @ ..] => {
            if let (Some(make), Ok(count), Ok(seed)) = (target(name), count.parse(), seed.parse()) {
                let (folder, kind) = (PathBuf::from(folder), kind.first().cloned());
                return run(&Task { make, name: name.clone(), count, seed, folder, kind });
            }
        }
        _ => {}
    }
    eprintln!("drive TARGET COUNT SEED FOLDER [KIND]; or drive one TARGET FILE");
    ExitCode::FAILURE
}

fn target(name: &str) -> Option<Make> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, make)| *make)
}

/// The file of one case is tried again.
fn play_one(make: Make, file: &Path) -> ExitCode {
    match std::fs::read(file) {
        Ok(body) => {
            println!("{:?}", make().run(&body));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> ExitCode {
    let seeds = (task.make)().seeds();
    let mut kinds: Vec<&str> = seeds.iter().map(|seed| seed.kind.as_str()).collect();
    kinds.dedup();
    let mut faults = 0;
    for kind in kinds.iter().filter(|kind| task.kind.as_ref().is_none_or(|wanted| wanted == *kind))
    {
        faults += run_kind(task, kind, &seeds);
    }
    println!("{faults} faults, {} KiB at the most", ALLOCATOR.max_allocated() >> 10);
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Something has panicked. The interpreter of scripts catches panics and makes errors of them, here but not in the server.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Notes panics, and reports them as before.
fn note_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICKED.store(true, Ordering::Relaxed);
        report(info);
    }));
}

/// Runs a case: what came of it, `None` after a panic, and whether it took too long.
fn timed(target: &mut dyn Fuzzed, body: &[u8]) -> (Option<Outcome>, bool) {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| target.run(body))).ok();
    let panicked = PANICKED.swap(false, Ordering::Relaxed);
    (outcome.filter(|_| !panicked), started.elapsed() > TIME_MAX)
}

/// Plays the cases of one kind; how many of them showed a fault.
fn run_kind(task: &Task, kind: &str, seeds: &[Seed]) -> usize {
    let own: Vec<&Seed> = seeds.iter().filter(|seed| seed.kind == kind).collect();
    let mut rng = Rng::with_seed(task.seed);
    let mut target = (task.make)();
    let (mut loaded, mut faults) = (0, 0);
    let began = Instant::now();
    // If the process ends in the middle, this is what ended it. It stays open: closing it would wait for the disk.
    let current = File::create(task.folder.join("current.bin"));
    for number in 0..task.count {
        let body = match own.get(number) {
            // As they are at first.
            Some(seed) => seed.body.clone(),
            None => {
                let other = if rng.u8(0..3) > 0 {
                    own[rng.usize(0..own.len())]
                } else {
                    &seeds[rng.usize(0..seeds.len())]
                };
                let seed = own[rng.usize(0..own.len())];
                target.mutate(&mut rng, &seed.body, &other.body)
            }
        };
        if let Ok(current) = &current {
            let _lost =
                current.write_all_at(&body, 0).and_then(|()| current.set_len(body.len() as u64));
        }
        let (outcome, mut slow) = timed(&mut *target, &body);
        if slow && outcome.is_some() {
            // The machine may have been busy with something else: what is slow by itself is so once more.
            slow = timed(&mut *(task.make)(), &body).1;
        }
        if outcome.is_none() || slow {
            faults += 1;
            let file = task.folder.join(format!("{}-{kind}-{}-{number}.bin", task.name, task.seed));
            let what = if slow { "slow" } else { "panic" };
            eprintln!("{what}: {} {:?}", file.display(), std::fs::write(&file, &body));
            target = (task.make)();
        }
        let is_loaded = outcome == Some(Outcome::Loaded);
        loaded += usize::from(is_loaded);
        // A seed that is not taken tests nothing.
        if number < own.len() && !is_loaded && target.takes_seeds(kind) {
            faults += 1;
            eprintln!("refused: seed {number} of {kind}");
        }
    }
    let seconds = began.elapsed().as_secs_f32();
    println!("{kind}: {} cases, {loaded} loaded, {faults} faults, {seconds:.1} s", task.count);
    faults
}
