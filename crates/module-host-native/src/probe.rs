//! Trying a module in a process of its own: a file that crashes the dynamic loader crashes only that.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::elf::ENTRY_POINTS;
use crate::library::Library;

/// The hidden first argument that makes the server binary a probe.
pub const PROBE_ARGUMENT: &str = "--probe-module";
/// A probe that takes longer is ended.
const PROBE_TIME_MAX: Duration = Duration::from_secs(5);
/// Exit codes of the probe.
const EXIT_OK: i32 = 0;
const EXIT_REFUSED: i32 = 3;
/// Between two looks whether the probe has ended: short at first, longer later.
const PAUSE_FIRST: Duration = Duration::from_micros(500);
const PAUSE_MAX: Duration = Duration::from_millis(10);

/// The probe itself: opens the library and looks for the entry point. The reason for a refusal goes to standard output.
pub fn main(path: &OsStr) -> i32 {
    let path = String::from_utf8_lossy(path.as_bytes());
    let outcome = Library::open(&path).and_then(|library| {
        let found = ENTRY_POINTS
            .iter()
            .any(|name| CString::new(*name).is_ok_and(|name| !library.symbol(&name).is_null()));
        // Closing would run destructors, which is not what is tried here.
        std::mem::forget(library);
        if found { Ok(()) } else { Err(format!("it does not export {}", ENTRY_POINTS[0])) }
    });
    match outcome {
        Ok(()) => EXIT_OK,
        Err(reason) => {
            use std::io::Write;
            // Without a reader there is nobody to tell.
            let _ = std::io::stdout().write_all(reason.as_bytes());
            EXIT_REFUSED
        }
    }
}

/// Tries a module; the reason if it does not survive.
pub fn run(path: &str) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("the module could not be tried: {error}");
    let mut child = Command::new("/proc/self/exe")
        .arg(PROBE_ARGUMENT)
        .arg(path)
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
            let _ = child.wait();
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
        (_, Some(signal)) => Err(format!("it crashed with signal {signal} while being opened")),
        (code, None) => {
            Err(format!("it ended the process that opened it (exit code {})", code.unwrap_or(-1)))
        }
    }
}
