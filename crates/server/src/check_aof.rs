//! `bulkhead-check-aof`: says how far an append-only file is good, and cuts off the rest or what is too late.

use std::io::BufRead as _;
use std::path::Path;

use persistence::aof::{FileInfo, Manifest};
use persistence::check::{AofCheck, Cut};

use crate::check_rdb::{check_bytes, eprint_line};
use crate::usage::print;

/// Longest first line of a manifest that is looked at.
const MANIFEST_LINE: &[u8] = b"file ";

/// Why the program ends with exit code 1.
struct Failed;

/// What is done about what is found.
struct Task {
    fix: bool,
    check: AofCheck,
}

/// The place of a file among the parts, in words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Single,
    Base,
    Incr,
}

impl Part {
    fn prefix(self) -> &'static str {
        match self {
            Part::Single => "",
            Part::Base => "BASE ",
            Part::Incr => "INCR ",
        }
    }
}

/// Tells it on standard output.
fn say(text: &str) {
    // A closed pipe has no reader to tell.
    let _ = print(&format!("{text}\n"));
}

/// The program under this name; the value is the exit code.
pub fn run(program: &str, arguments: &[String]) -> i32 {
    let (file, fix, until) = match arguments {
        [option] if option == "-v" || option == "--version" => {
            return print(&crate::version::line_of("redis-check-aof"));
        }
        [file] => (file, false, None),
        [option, file] if option == "--fix" => (file, true, None),
        [option, time, file] if option == "--truncate-to-timestamp" => match time.parse::<i64>() {
            Ok(time) => (file, false, Some(time)),
            Err(_) => {
                say("Invalid timestamp, aborting...");
                return 1;
            }
        },
        _ => {
            eprint_line(&format!(
                "Usage: {program} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>"
            ));
            return 1;
        }
    };
    let mut task = Task { fix, check: AofCheck::new(until) };
    i32::from(task.run(Path::new(file)).is_err())
}

fn read(path: &Path, consequence: &str) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| {
        let reason = crate::listen::describe(&error);
        say(&format!("Cannot open file {}: {reason}{consequence}", path.display()));
        Failed
    })
}

impl Task {
    fn run(&mut self, path: &Path) -> Result<(), Failed> {
        let bytes = read(path, "")?;
        if !is_manifest(&bytes) {
            say("Start checking Old-Style AOF");
            return self.part(path, &bytes, Part::Single, true);
        }
        say("Start checking Multi Part AOF");
        let manifest = Manifest::parse(&bytes).map_err(|error| {
            say("*** FATAL AOF MANIFEST FILE ERROR ***");
            if error.line > 0 {
                say(&format!("Reading the manifest file, at line {}", error.line));
                say(&format!(">>> '{}'", error.text));
            }
            say(error.reason);
            Failed
        })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        self.parts(&folder, &manifest)
    }

    fn parts(&mut self, folder: &Path, manifest: &Manifest) -> Result<(), Failed> {
        let mut check = |info: &FileInfo, part, is_last| {
            let path = folder.join(&info.name);
            self.part(&path, &read(&path, ", aborting...")?, part, is_last)
        };
        if let Some(base) = &manifest.base {
            check(base, Part::Base, manifest.incr.is_empty())?;
        }
        if let Some((last, others)) = manifest.incr.split_last() {
            say("Start to check INCR files.");
            for info in others {
                check(info, Part::Incr, false)?;
            }
            check(last, Part::Incr, true)?;
        }
        say("All AOF files and manifest are valid");
        Ok(())
    }

    /// Checks one file; only the last may be cut.
    fn part(&mut self, path: &Path, bytes: &[u8], part: Part, is_last: bool) -> Result<(), Failed> {
        let shown = path.display();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = if part == Part::Single { shown.to_string() } else { name };
        let prefix = part.prefix();
        let has_preamble = bytes.starts_with(b"REDIS");
        if part == Part::Base {
            let format = if has_preamble { "RDB" } else { "RESP" };
            say(&format!("Start to check BASE AOF ({format} format)."));
        }
        if bytes.is_empty() {
            say(&format!("{prefix}AOF {name} is empty"));
            return Ok(());
        }
        let start = if has_preamble { preamble_end(bytes, &shown.to_string())? } else { 0 };
        let report = self.check.file(bytes, start, &name);
        if let Some(until) = self.check.until {
            let Some(cut) = report.cut else {
                say(&format!("Truncate nothing in AOF {name} to timestamp {until}"));
                say(&format!("{prefix}AOF {name} is valid"));
                return Ok(());
            };
            return cut_to_time(path, &name, cut, until, is_last);
        }
        if let Some(error) = &report.error {
            say(error);
        }
        let (size, good, line) = (bytes.len(), report.good_bytes, self.check.line);
        let diff = size - good;
        say(&format!(
            "AOF analyzed: filename={name}, size={size}, ok_up_to={good}, ok_up_to_line={line}, diff={diff}"
        ));
        if diff == 0 && report.error.is_none() {
            say(&format!("{prefix}AOF {name} is valid"));
            return Ok(());
        }
        if !self.fix {
            say(&format!("AOF {name} is not valid. Use the --fix option to try fixing it."));
            return Err(Failed);
        }
        if !is_last {
            say(&format!("Failed to truncate AOF {name} because it is not the last file"));
            return Err(Failed);
        }
        say(&format!(
            "This will shrink the AOF {name} from {size} bytes, with {diff} bytes, to {good} bytes"
        ));
        ask_and_cut(path, &name, good)
    }
}

/// Manifests begin with a line of a file, or with remarks before one.
fn is_manifest(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    lines.find(|line| !line.starts_with(b"#")).is_some_and(|line| line.starts_with(MANIFEST_LINE))
}

fn preamble_end(bytes: &[u8], name: &str) -> Result<usize, Failed> {
    let report = check_bytes(bytes, name);
    // A closed pipe has no reader to tell.
    let _ = print(&report.text);
    match report.end {
        Some(end) => {
            say("RDB preamble is OK, proceeding with AOF tail...");
            Ok(end)
        }
        None => {
            say("RDB preamble of AOF file is not sane, aborting.");
            Err(Failed)
        }
    }
}

fn ask_and_cut(path: &Path, name: &str, size: usize) -> Result<(), Failed> {
    // A closed pipe has no reader to tell.
    let _ = print("Continue? [y/N]: ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if read.is_err() || !answer.to_ascii_lowercase().starts_with('y') {
        say("Aborting...");
        return Err(Failed);
    }
    match cut(path, size) {
        Ok(()) => {
            say(&format!("Successfully truncated AOF {name}"));
            Ok(())
        }
        Err(error) => {
            say(&format!("Failed to truncate AOF {name}: {}", crate::listen::describe(&error)));
            Err(Failed)
        }
    }
}

fn cut_to_time(
    path: &Path,
    name: &str,
    wanted: Cut,
    until: i64,
    is_last: bool,
) -> Result<(), Failed> {
    let shown = path.display();
    let Cut::At(offset) = wanted else {
        say(&format!("AOF {shown} has nothing before timestamp {until}, aborting..."));
        return Err(Failed);
    };
    if !is_last {
        say(&format!(
            "Failed to truncate AOF {shown} to timestamp {until} to offset {offset} because it is not the last file.\n\
             If you insist, please delete all files after this file according to the manifest file and delete the \
             corresponding records in manifest file manually. Then re-run redis-check-aof."
        ));
        return Err(Failed);
    }
    match cut(path, offset) {
        Ok(()) => {
            say(&format!("Successfully truncated AOF {name} to timestamp {until}"));
            Ok(())
        }
        Err(error) => {
            let reason = crate::listen::describe(&error);
            say(&format!("Failed to truncate AOF {name} to timestamp {until}: {reason}"));
            Err(Failed)
        }
    }
}

/// Shortens the file, and makes that last.
fn cut(path: &Path, size: usize) -> std::io::Result<()> {
    let file = std::fs::OpenOptions::new().write(true).open(path)?;
    file.set_len(size as u64)?;
    file.sync_all()
}
