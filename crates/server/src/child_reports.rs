//! The pipe through which a child process tells how far it is and how much memory it does not share with the server any more.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use engine::State;
use engine::child::{ChildKind, ChildReport, ChildReporter, REPORT_BYTES};

use crate::event_loop::Shell;
use crate::log::log;

/// Time between two reports.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// The kernel takes its time to measure memory: so many times that long is not spent on it again.
const MEASURE_SHARE: u32 = 100;

const MEGABYTE: u64 = 1024 * 1024;

/// What a child keeps in mind.
struct Reporting {
    kind: ChildKind,
    report: ChildReport,
    /// When the next report is due, and from when on memory may be measured.
    due: Instant,
    measure_from: Instant,
    measured: u64,
    measured_sum_bytes: u64,
}

impl Reporting {
    fn measure(&mut self) {
        let started = Instant::now();
        let Some(bytes) = sys::resources::private_dirty_bytes() else { return };
        let ended = Instant::now();
        self.measure_from = ended + (ended - started) * MEASURE_SHARE;
        self.report.cow_bytes = bytes;
        self.report.cow_peak_bytes = self.report.cow_peak_bytes.max(bytes);
        self.measured += 1;
        self.measured_sum_bytes += bytes;
        let line = format!(
            "Fork CoW for {}: current {} MB, peak {} MB, average {} MB",
            self.kind.name(),
            bytes / MEGABYTE,
            self.report.cow_peak_bytes / MEGABYTE,
            self.measured_sum_bytes / self.measured / MEGABYTE
        );
        if self.report.last {
            log!(Notice, "{line}");
        } else {
            log!(Verbose, "{line}");
        }
    }
}

/// The end of the pipe that children write to.
struct Reporter {
    pipe: File,
    reporting: RefCell<Option<Reporting>>,
    /// The process is a child.
    active: Cell<bool>,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reporter({:?})", self.pipe)
    }
}

impl Reporter {
    /// Changes what is reported, and reports it if that is due.
    fn note(&self, change: impl FnOnce(&mut ChildReport)) {
        if !self.active.get() {
            return;
        }
        let mut reporting = self.reporting.borrow_mut();
        let Some(reporting) = reporting.as_mut() else { return };
        change(&mut reporting.report);
        let now = Instant::now();
        if now < reporting.due && !reporting.report.last {
            return;
        }
        reporting.due = now + REPORT_EVERY;
        if now >= reporting.measure_from || reporting.report.last {
            reporting.measure();
        }
        // A pipe that is full means that nobody listens right now, who will hear of the next one.
        let _ = (&self.pipe).write(&reporting.report.encode());
    }
}

impl Reporter {
    fn begin_to_report(&self, kind: ChildKind) {
        let now = Instant::now();
        let report = ChildReport { process_id: sys::process::pid(), ..ChildReport::default() };
        let reporting = Reporting {
            kind,
            report,
            due: now,
            measure_from: now,
            measured: 0,
            measured_sum_bytes: 0,
        };
        self.reporting.replace(Some(reporting));
        self.active.set(true);
    }
}

fn title_of(kind: ChildKind) -> &'static str {
    match kind {
        ChildKind::Save => "redis-rdb-bgsave",
        ChildKind::Transfer => "redis-rdb-to-slaves",
        ChildKind::Rewrite => "redis-aof-rewrite",
        ChildKind::Guest => "redis-module-fork",
    }
}

impl ChildReporter for Reporter {
    fn begin(&self, state: &State, kind: ChildKind) {
        // SIGUSR1 can always be caught, and the other two can always be ignored.
        let _ = sys::signals::exit_on(sys::signals::SIGUSR1, crate::disk::CHILD_ENDED);
        for signal in [sys::signals::SIGINT, sys::signals::SIGTERM] {
            let _ = sys::signals::ignore(signal);
        }
        crate::log::set_role(crate::log::Role::Child);
        crate::oom_score::apply_in_child(&state.config);
        sys::title::set(title_of(kind));
        self.begin_to_report(kind);
    }

    fn keys(&self, keys: u64) {
        self.note(|report| report.keys = keys);
    }

    fn progress(&self, progress: f64) {
        self.note(|report| report.progress = progress);
    }

    fn end(&self) {
        self.note(|report| report.last = true);
    }
}

/// The end of the pipe that the server reads.
pub struct ChildReports {
    pipe: File,
}

/// Makes the pipe, which serves one child after the other.
pub fn open() -> io::Result<(ChildReports, Rc<dyn ChildReporter>)> {
    let (reports, reporter) = both_ends()?;
    Ok((reports, Rc::new(reporter)))
}

fn both_ends() -> io::Result<(ChildReports, Reporter)> {
    let (read, write) = sys::file::pipe()?;
    let reporter =
        Reporter { pipe: write.into(), reporting: RefCell::new(None), active: Cell::new(false) };
    Ok((ChildReports { pipe: read.into() }, reporter))
}

impl ChildReports {
    fn next(&mut self) -> Option<ChildReport> {
        let mut bytes = [0; REPORT_BYTES];
        // Reports are written as a whole or not at all; an error means that there is none.
        match self.pipe.read(&mut bytes) {
            Ok(REPORT_BYTES) => Some(ChildReport::decode(&bytes)),
            _ => None,
        }
    }
}

impl Shell {
    /// Hears what children have to tell.
    pub fn hear_children(&mut self) {
        while let Some(report) = self.child_reports.next() {
            self.engine.state.child_reports(report);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_child_reports() {
        let (mut reports, reporter) = both_ends().expect("a pipe");
        reporter.keys(1);
        reporter.end();
        assert_eq!(reports.next(), None);
        reporter.begin_to_report(ChildKind::Save);
        reporter.keys(64);
        let first = reports.next().expect("the first report is due at once");
        assert_eq!((first.process_id, first.keys, first.last), (sys::process::pid(), 64, false));
        assert!(first.cow_bytes > 0);
        reporter.keys(128);
        assert_eq!(reports.next(), None);
        reporter.end();
        let last = reports.next().expect("the last is due in any case");
        assert_eq!((last.keys, last.last), (128, true));
        assert!(last.cow_peak_bytes >= first.cow_bytes);
    }
}
