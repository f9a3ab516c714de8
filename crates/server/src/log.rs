//! The server's log: Redis's line format, to a file or standard output, one whole line per write.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How important a line is; the sign that stands before its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Verbose,
    Notice,
    Warning,
    /// Above everything: no line is written.
    Nothing,
}

impl Level {
    fn sign(self) -> char {
        match self {
            Level::Debug => '.',
            Level::Verbose => '-',
            Level::Notice => '*',
            Level::Warning | Level::Nothing => '#',
        }
    }

    /// The level a `loglevel` value names; unknown words mean notice.
    pub fn parse(word: &str) -> Level {
        match word.to_ascii_lowercase().as_str() {
            "debug" => Level::Debug,
            "verbose" => Level::Verbose,
            "warning" => Level::Warning,
            "nothing" => Level::Nothing,
            _ => Level::Notice,
        }
    }
}

/// Who writes: the letter behind the pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Primary = b'M' as isize,
    Replica = b'S' as isize,
    /// A child process, and a server that is not up yet.
    Child = b'C' as isize,
    #[expect(dead_code, reason = "comes with sentinel")]
    Sentinel = b'X' as isize,
}

struct Settings {
    /// Empty: standard output.
    path: String,
    syslog: bool,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Notice as u8);
static ROLE: AtomicU8 = AtomicU8::new(Role::Child as u8);
static SETTINGS: Mutex<Settings> = Mutex::new(Settings { path: String::new(), syslog: false });

fn settings() -> MutexGuard<'static, Settings> {
    SETTINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the lowest level that is written.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Sets the letter behind the pid.
pub fn set_role(role: Role) {
    ROLE.store(role as u8, Ordering::Relaxed);
}

/// Sends lines to the file at `path`, or to standard output where it is empty.
pub fn set_file(path: &str) {
    path.clone_into(&mut settings().path);
}

/// Sends lines to the system log as well.
pub fn set_syslog(ident: &str, facility: &str) {
    sys::syslog::open(ident, facility);
    settings().syslog = true;
}

/// Whether the log goes to a terminal or pipe instead of a file.
pub fn to_stdout() -> bool {
    settings().path.is_empty()
}

/// Whether a line of this level would be written.
pub fn enabled(level: Level) -> bool {
    level != Level::Nothing && level as u8 >= LEVEL.load(Ordering::Relaxed)
}

/// Writes one line.
pub fn write(level: Level, text: &str) {
    if !enabled(level) {
        return;
    }
    let now_ms = sys::clock::realtime_ms();
    let mut line = prefix(now_ms);
    line.push(level.sign());
    line.push(' ');
    line.push_str(text);
    line.push('\n');
    let settings = settings();
    append(&settings.path, line.as_bytes());
    if settings.syslog {
        sys::syslog::write(level as u8, text);
    }
}

/// Writes bytes as they are, whatever the level: logo and crash report.
pub fn write_raw(bytes: &[u8]) {
    // The crash report may come while a line is being written; then the file is not known, but a line to standard
    // output is better than a deadlock.
    match SETTINGS.try_lock() {
        Ok(settings) => append(&settings.path, bytes),
        Err(_) => append("", bytes),
    }
}

/// `PID:ROLE DD Mon YYYY HH:MM:SS.mmm `.
pub fn prefix(now_ms: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let time = sys::clock::local_time(now_ms.div_euclid(1000));
    let month = usize::try_from(time.month - 1).ok().and_then(|index| MONTHS.get(index));
    let mut line = String::with_capacity(160);
    // Writing to a String cannot fail.
    let _ = write!(
        line,
        "{}:{} {:02} {} {} {:02}:{:02}:{:02}.{:03} ",
        sys::process::pid(),
        char::from(ROLE.load(Ordering::Relaxed)),
        time.day,
        month.unwrap_or(&"???"),
        time.year,
        time.hour,
        time.minute,
        time.second,
        now_ms.rem_euclid(1000),
    );
    line
}

/// The file is opened for each line, so that a log rotated away by name needs no signal. A line that cannot be written
/// has nowhere to be reported, hence the dropped results.
fn append(path: &str, bytes: &[u8]) {
    if path.is_empty() {
        let _ = sys::file::write_all(1, bytes);
    } else if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path) {
        let _ = file.write_all(bytes);
    }
}

/// Whether lines can be written to `path`.
pub fn check_file(path: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).create(true).open(path).map(drop)
}

/// Writes a formatted line at the level named first: `log!(Notice, "text {}", value)`.
macro_rules! log {
    ($level:ident, $($argument:tt)*) => {
        if $crate::log::enabled($crate::log::Level::$level) {
            $crate::log::write($crate::log::Level::$level, &format!($($argument)*));
        }
    };
}
pub(crate) use log;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_has_redis_shape() {
        let line = prefix(1_700_000_000_123);
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words.len(), 6);
        assert!(words[0].contains(':'));
        assert!(words[4].ends_with(".123"));
    }

    #[test]
    fn levels_are_ordered() {
        assert!(Level::Debug < Level::Verbose && Level::Notice < Level::Warning);
        assert_eq!(Level::parse("VERBOSE"), Level::Verbose);
    }
}
