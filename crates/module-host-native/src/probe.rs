//! Trying a module in a process of its own: a file that crashes the dynamic loader, or as soon as it runs, crashes only that.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus};
use std::rc::Rc;
use std::time::{Duration, Instant};

use engine::Engine;
use resp::value::Value;
use stdx::text::hex;

use crate::elf::ENTRY_POINTS;
use crate::host::NativeHost;
use crate::library::Library;
use crate::report;

/// The hidden first argument that makes the server binary a probe.
pub const PROBE_ARGUMENT: &str = "--probe-module";
/// Exit codes of the probe; none that a module would choose which ends the process.
pub const EXIT_OK: i32 = 86;
const EXIT_REFUSED: i32 = 87;
/// What the probe says between opening the library and calling its entry point; its report follows.
const OPENED: &[u8] = b"opened\n";
/// Between two looks whether the probe has ended: short at first, longer later.
const PAUSE_FIRST: Duration = Duration::from_micros(500);
const PAUSE_MAX: Duration = Duration::from_millis(10);
/// Room for what the probe tells of a module, and for what that prints.
const TOLD_BYTES_MAX: u64 = 64 << 20;
const PRINTS_BYTES_MAX: u64 = 1 << 20;
/// How much of what a module printed goes into the reason.
const PRINTED_BYTES_MAX: usize = 200;

/// The call of a probe: what it opens, and what it hands to the entry point if that is to be tried, too.
pub struct Trial {
    /// The process that has started this one.
    pub parent: i32,
    path: String,
    config: Vec<(Vec<u8>, Vec<u8>)>,
    argv: Vec<Vec<u8>>,
    run: bool,
}

impl Trial {
    /// Reads what [`run`] has written behind [`PROBE_ARGUMENT`]: its process, path, number of parameters, these, arguments.
    pub fn from_arguments(mut arguments: impl Iterator<Item = OsString>) -> Trial {
        let parent = arguments.next().and_then(|parent| parent.to_str()?.parse().ok());
        let path = arguments.next().unwrap_or_default().to_string_lossy().into_owned();
        let count = arguments.next().and_then(|count| count.to_str()?.parse::<usize>().ok());
        let mut words = arguments.map(|word| from_hex(&word.into_vec()));
        let pairs = 0..count.unwrap_or(0);
        let config = pairs.map_while(|_| Some((words.next()?, words.next()?))).collect();
        Trial {
            parent: parent.unwrap_or(0),
            path,
            config,
            argv: words.collect(),
            run: count.is_some(),
        }
    }

    /// Opens the library and looks for the entry point. An exit code instead of the library: this is all that is tried.
    pub fn open(&self) -> Result<Library, i32> {
        let opened = Library::open(&self.path).and_then(|library| {
            let has = |name: &&str| {
                CString::new(*name).is_ok_and(|name| !library.symbol(&name).is_null())
            };
            if ENTRY_POINTS.iter().any(has) {
                Ok(library)
            } else {
                // Closing would run destructors, which is not what is tried here.
                std::mem::forget(library);
                Err(format!("it does not export {}", ENTRY_POINTS[0]))
            }
        });
        let library = match opened {
            Ok(library) => library,
            Err(reason) => {
                tell(reason.as_bytes());
                return Err(EXIT_REFUSED);
            }
        };
        if !self.run {
            std::mem::forget(library);
            return Err(EXIT_OK);
        }
        tell(OPENED);
        Ok(library)
    }

    /// Calls the entry point on an engine without data and clients, tells what the module has registered, and closes the
    /// library if it fails.
    pub fn load(&self, library: Library, engine: &mut Engine) {
        let argv: Vec<&[u8]> = self.argv.iter().map(Vec::as_slice).collect();
        let config: Vec<(&[u8], &[u8])> =
            self.config.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
        let host = Rc::new(NativeHost::for_trial());
        engine.state.guests.modules = Some(host.clone());
        let memory_used_bytes = engine.state.ports.memory_used_bytes;
        let (bytes_before, began) = (memory_used_bytes(), Instant::now());
        let outcome = host.try_load(&mut engine.state, &self.path, &argv, &config);
        let cost = report::Cost {
            time: began.elapsed(),
            bytes: memory_used_bytes().saturating_sub(bytes_before),
        };
        tell(&report::of_trial(engine, &outcome, cost));
        match outcome {
            Ok(_) => std::mem::forget(library),
            Err(_) => drop(library),
        }
    }
}

/// Tells the process that has started this one. Its ear is our standard input, since a module may print to the outputs.
fn tell(bytes: &[u8]) {
    let ear = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    // Without somebody who listens there is nothing to be told.
    let _ = ear.and_then(|mut ear| ear.write_all(bytes));
}

/// Words of a module may hold zero bytes, words of a command line may not: they are given as digits.
fn from_hex(digits: &[u8]) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    digits.as_chunks::<2>().0.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}

/// A module that is to be tried.
pub struct Subject<'a> {
    pub path: &'a str,
    pub argv: &'a [&'a [u8]],
    pub config: &'a [(&'a [u8], &'a [u8])],
    /// Its entry point is called, too.
    pub enter: bool,
    /// A probe that takes longer is ended.
    pub time_max: Duration,
}

/// A file in memory that goes with its last descriptor. Whoever would write more than there is room for is refused.
fn memory_file(room: u64) -> io::Result<File> {
    // SAFETY: the name is a C string; the descriptor that comes back is nobody else's.
    let file = unsafe {
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        let descriptor = libc::memfd_create(c"module-probe".as_ptr(), flags);
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        File::from_raw_fd(descriptor)
    };
    // It takes memory only for what is written.
    file.set_len(room)?;
    let seals = libc::F_SEAL_GROW | libc::F_SEAL_SHRINK;
    // SAFETY: the descriptor is open, and the command takes a number.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(file)
}

/// What was written; those who wrote had the same place in the file.
fn content(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let written = file.stream_position()?;
    file.rewind()?;
    file.take(written).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How the probe ended, and what it has told and the module printed.
struct Ended {
    /// `None`: its time was over.
    status: Option<ExitStatus>,
    told: Vec<u8>,
    printed: Vec<u8>,
}

fn try_out(subject: &Subject<'_>) -> io::Result<Ended> {
    let mut command = Command::new("/proc/self/exe");
    command.arg(PROBE_ARGUMENT).arg(sys::process::pid().to_string()).arg(subject.path);
    if subject.enter {
        command.arg(subject.config.len().to_string());
        for (name, value) in subject.config {
            command.arg(hex(name)).arg(hex(value));
        }
        command.args(subject.argv.iter().map(|argument| hex(argument)));
    }
    let (ear, prints) = (memory_file(TOLD_BYTES_MAX)?, memory_file(PRINTS_BYTES_MAX)?);
    let mut child = command
        .stdin(ear.try_clone()?)
        .stdout(prints.try_clone()?)
        .stderr(prints.try_clone()?)
        // What it starts goes with it.
        .process_group(0)
        .spawn()?;
    let status = wait(&mut child, subject.time_max)?;
    // SAFETY: no pointers. The group is that of our child, which had no other.
    unsafe { libc::kill(-child.id().cast_signed(), libc::SIGKILL) };
    if status.is_none() {
        child.wait()?;
    }
    Ok(Ended { status, told: content(ear)?, printed: content(prints)? })
}

fn wait(child: &mut Child, time_max: Duration) -> io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + time_max;
    let mut pause = PAUSE_FIRST;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > deadline {
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// The last line that a module printed, as a part of a reason.
fn last_words(printed: &[u8]) -> String {
    let mut lines = printed.split(|byte| *byte == b'\n').rev();
    let Some(line) = lines.find(|line| !line.trim_ascii().is_empty()) else {
        return String::new();
    };
    let line = String::from_utf8_lossy(&line[..line.len().min(PRINTED_BYTES_MAX)]).into_owned();
    format!("; its last words: {}", line.trim().escape_debug())
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGABRT => " (SIGABRT)",
        libc::SIGBUS => " (SIGBUS)",
        libc::SIGFPE => " (SIGFPE)",
        libc::SIGILL => " (SIGILL)",
        libc::SIGKILL => " (SIGKILL)",
        libc::SIGTRAP => " (SIGTRAP)",
        _ => "",
    }
}

/// Tries a module: what it told of itself if its entry point was called and came back, the reason if it does not survive.
pub fn run(subject: &Subject<'_>) -> Result<Option<Value>, String> {
    let ended =
        try_out(subject).map_err(|error| format!("the module could not be tried: {error}"))?;
    let report = ended.told.strip_prefix(OPENED);
    let told = report.and_then(Value::parse).map(|(value, _)| value);
    let doing = match (report, &told) {
        (None, _) => "while being opened",
        (Some(_), None) => "in its OnLoad function",
        (Some(_), Some(_)) => "when it was closed, since its OnLoad function had failed",
    };
    let words = last_words(&ended.printed);
    let Some(status) = ended.status else {
        let seconds = subject.time_max.as_secs_f32();
        return Err(format!("it hung {doing} (tried for {seconds} s){words}"));
    };
    match (status.code(), status.signal()) {
        (Some(EXIT_OK), _) if told.is_some() || !subject.enter => Ok(told),
        (Some(EXIT_REFUSED), _) if report.is_none() => {
            Err(String::from_utf8_lossy(&ended.told).into_owned())
        }
        (_, Some(signal)) => {
            Err(format!("it crashed with signal {signal}{} {doing}{words}", signal_name(signal)))
        }
        (code, None) => Err(format!(
            "it ended the process that tried it {doing} (exit code {}){words}",
            code.unwrap_or(-1)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_prints_has_an_end() {
        let mut file = memory_file(10).expect("a file in memory");
        file.write_all(b"123456").expect("there is room");
        let mut other = file.try_clone().expect("a descriptor");
        assert!(other.write_all(b"7890123").is_err());
        assert!(file.set_len(100).is_err());
        let written = content(file).expect("bytes");
        assert!(written.starts_with(b"123456") && written.len() <= 10);
    }
}
