//! The targets on a stable compiler: so many damaged payloads of each kind, from a seed, in one process.

use std::alloc::System;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cap::Cap;
use fastrand::Rng;
use fuzz::mutate::mutate;
use fuzz::restore::{Outcome, Target};
use fuzz::seeds::{self, Seed};

/// Memory of the whole process; the values of the cases are small, so whoever asks for this much does what a payload told him.
const MEMORY_MAX: usize = 256 << 20;
/// What a case may take at most.
const TIME_MAX: Duration = Duration::from_secs(2);

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MEMORY_MAX);

/// What the command line says: `drive restore COUNT SEED FOLDER [KIND]`, or `drive acl COUNT SEED FOLDER`.
struct Task {
    target: String,
    count: usize,
    seed: u64,
    folder: PathBuf,
    kind: Option<String>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = task(&words) else {
        eprintln!("drive restore|acl COUNT SEED FOLDER [KIND]; or drive one FILE");
        return ExitCode::FAILURE;
    };
    match task {
        Ok(task) if task.target == "acl" => run_acl(&task),
        Ok(task) => run(&task),
        Err(file) => one(&file),
    }
}

/// A task, or the file of one payload to try again.
fn task(words: &[String]) -> Option<Result<Task, PathBuf>> {
    match words {
        [one, file] if one == "one" => Some(Err(PathBuf::from(file))),
        [target, count, seed, folder, kind @ ..] if target == "restore" || target == "acl" => Some(Ok(Task {
            target: target.clone(),
            count: count.parse().ok()?,
            seed: seed.parse().ok()?,
            folder: PathBuf::from(folder),
            kind: kind.first().cloned(),
        })),
        _ => None,
    }
}

fn one(file: &Path) -> ExitCode {
    match std::fs::read(file) {
        Ok(body) => {
            println!("{:?}", Target::new().run(&body));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> ExitCode {
    let seeds = seeds::all(&mut Target::new());
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

/// Plays rules of users.
fn run_acl(task: &Task) -> ExitCode {
    let mut rng = Rng::with_seed(task.seed);
    let mut target = fuzz::acl::Target::new();
    let (mut accepted, mut faults) = (0, 0);
    let began = Instant::now();
    for number in 0..task.count {
        let body = fuzz::acl::make(&mut rng);
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| target.run(&body)));
        if outcome.is_err() || started.elapsed() > TIME_MAX {
            faults += 1;
            let file = task.folder.join(format!("acl-{}-{number}.bin", task.seed));
            eprintln!("fault: {} {:?}", file.display(), std::fs::write(&file, &body));
            target = fuzz::acl::Target::new();
        }
        accepted += usize::from(matches!(outcome, Ok(Outcome::Loaded)));
    }
    let seconds = began.elapsed().as_secs_f32();
    println!("acl: {} cases, {accepted} accepted, {faults} faults, {seconds:.1} s", task.count);
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays the cases of one kind; how many of them showed a fault.
fn run_kind(task: &Task, kind: &str, seeds: &[Seed]) -> usize {
    let own: Vec<&Seed> = seeds.iter().filter(|seed| seed.kind == kind).collect();
    let mut rng = Rng::with_seed(task.seed);
    let mut target = Target::new();
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
                mutate(&mut rng, &seed.body, &other.body)
            }
        };
        if let Ok(current) = &current {
            let _lost =
                current.write_all_at(&body, 0).and_then(|()| current.set_len(body.len() as u64));
        }
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| target.run(&body)));
        let slow = started.elapsed() > TIME_MAX;
        if outcome.is_err() || slow {
            faults += 1;
            let file = task.folder.join(format!("{kind}-{}-{number}.bin", task.seed));
            let what = if slow { "slow" } else { "panic" };
            eprintln!("{what}: {} {:?}", file.display(), std::fs::write(&file, &body));
            target = Target::new();
        }
        let is_loaded = matches!(outcome, Ok(Outcome::Loaded));
        loaded += usize::from(is_loaded);
        // A seed that is not taken tests nothing; only a module could take its own.
        if number < own.len() && !is_loaded && kind != "module" {
            faults += 1;
            eprintln!("refused: seed {number} of {kind}");
        }
    }
    let seconds = began.elapsed().as_secs_f32();
    println!("{kind}: {} payloads, {loaded} loaded, {faults} faults, {seconds:.1} s", task.count);
    faults
}
