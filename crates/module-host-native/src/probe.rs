//! Trying a module in a process of its own: a file that crashes the dynamic loader, or as soon as it runs, crashes only that.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use engine::State;
use engine::guests::ModuleHost as _;

use stdx::text::hex;

use crate::elf::ENTRY_POINTS;
use crate::host::{NativeHost, is_starting};
use crate::library::Library;

/// The hidden first argument that makes the server binary a probe.
pub const PROBE_ARGUMENT: &str = "--probe-module";
/// A probe that takes longer is ended.
const PROBE_TIME_MAX: Duration = Duration::from_secs(5);
/// Exit codes of the probe; none that a module would choose which ends the process.
pub const EXIT_OK: i32 = 86;
const EXIT_REFUSED: i32 = 87;
/// What the probe says between opening the library and calling its entry point.
const OPENED: &[u8] = b"opened\n";
/// Between two looks whether the probe has ended: short at first, longer later.
const PAUSE_FIRST: Duration = Duration::from_micros(500);
const PAUSE_MAX: Duration = Duration::from_millis(10);

/// The call of a probe: what it opens, and what it hands to the entry point if that is to be tried, too.
pub struct Trial {
    path: String,
    config: Vec<(Vec<u8>, Vec<u8>)>,
    argv: Vec<Vec<u8>>,
    run: bool,
}

impl Trial {
    /// Reads what [`run`] has written behind [`PROBE_ARGUMENT`]: path, number of parameters, these, arguments.
    pub fn from_arguments(mut arguments: impl Iterator<Item = OsString>) -> Trial {
        let path = arguments.next().unwrap_or_default().to_string_lossy().into_owned();
        let count = arguments.next().and_then(|count| count.to_str()?.parse::<usize>().ok());
        let mut words = arguments.map(|word| from_hex(&word.into_vec()));
        let pairs = 0..count.unwrap_or(0);
        let config = pairs.map_while(|_| Some((words.next()?, words.next()?))).collect();
        Trial { path, config, argv: words.collect(), run: count.is_some() }
    }

    /// Opens the library and looks for the entry point. An exit code instead of the library: this is all that is tried. The
    /// reason for a refusal goes to standard output.
    pub fn open(&self) -> Result<Library, i32> {
        use std::io::Write;
        let mut output = std::io::stdout();
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
                // Without a reader there is nobody to tell.
                let _ = output.write_all(reason.as_bytes());
                return Err(EXIT_REFUSED);
            }
        };
        if !self.run {
            std::mem::forget(library);
            return Err(EXIT_OK);
        }
        output.write_all(OPENED).and_then(|()| output.flush()).map_err(|_| EXIT_OK)?;
        Ok(library)
    }

    /// Calls the entry point on a state without data and clients, and closes the library if it fails. Why it fails is told
    /// by the real load that follows.
    pub fn load(&self, library: Library, state: &mut State) {
        let argv: Vec<&[u8]> = self.argv.iter().map(Vec::as_slice).collect();
        let config: Vec<(&[u8], &[u8])> =
            self.config.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
        let host = Rc::new(NativeHost::for_trial());
        state.guests.modules = Some(host.clone());
        match host.load(state, self.path.as_bytes(), &argv, &config) {
            Ok(()) => std::mem::forget(library),
            Err(_) => drop(library),
        }
    }
}

/// Words of a module may hold zero bytes, words of a command line may not: they are given as digits.
fn from_hex(digits: &[u8]) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    digits.as_chunks::<2>().0.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}

/// Tries a module; the reason if it does not survive. At the start of the server its entry point is not called before the
/// real load: there is nothing to lose yet, and the report of a crash says more.
pub fn run(path: &str, argv: &[&[u8]], config: &[(&[u8], &[u8])]) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("the module could not be tried: {error}");
    let mut command = Command::new("/proc/self/exe");
    command.arg(PROBE_ARGUMENT).arg(path);
    if !is_starting() {
        command.arg(config.len().to_string());
        for (name, value) in config {
            command.arg(hex(name)).arg(hex(value));
        }
        command.args(argv.iter().map(|argument| hex(argument)));
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(cannot)?;
    let deadline = Instant::now() + PROBE_TIME_MAX;
    let mut pause = PAUSE_FIRST;
    loop {
        if child.try_wait().map_err(cannot)?.is_some() {
            break;
        }
        if Instant::now() > deadline {
            // It may have ended just now, which is as good.
            let _ = child.kill();
            if child.wait_with_output().is_ok_and(|output| output.stdout.starts_with(OPENED)) {
                // What it does takes long, which it may.
                return Ok(());
            }
            return Err(format!(
                "it hung while being opened (tried for {} s)",
                PROBE_TIME_MAX.as_secs()
            ));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE_MAX);
    }
    let output = child.wait_with_output().map_err(cannot)?;
    use std::os::unix::process::ExitStatusExt;
    match (output.status.code(), output.status.signal()) {
        (Some(EXIT_OK), _) => Ok(()),
        (Some(EXIT_REFUSED), _) => Err(String::from_utf8_lossy(&output.stdout).into_owned()),
        (_, Some(signal)) if output.stdout.starts_with(OPENED) => Err(format!(
            "it crashed with signal {signal} in its OnLoad function, or when it was closed after that"
        )),
        (_, Some(signal)) => Err(format!("it crashed with signal {signal} while being opened")),
        (code, None) => {
            Err(format!("it ended the process that tried it (exit code {})", code.unwrap_or(-1)))
        }
    }
}
