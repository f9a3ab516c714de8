//! The child process that works on the dataset as it was: at most one, and what it tells of its progress and its memory.

use crate::server_event::ServerEvent;
use crate::state::State;

/// What a child does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildKind {
    /// Writes the dataset to its file.
    Save,
    /// Writes it to replicas.
    Transfer,
    Rewrite,
    /// What a module wants.
    Guest,
}

impl ChildKind {
    /// As the log has it.
    pub fn name(self) -> &'static str {
        match self {
            ChildKind::Save | ChildKind::Transfer => "RDB",
            ChildKind::Rewrite => "AOF rewrite",
            ChildKind::Guest => "Module fork",
        }
    }
}

/// The signal by which the server ends its own children.
pub(crate) const USER_SIGNAL: i32 = 10;

/// Keys after which a child that writes them looks at the clock.
const KEYS_PER_LOOK: u64 = 64;

/// What a child tells its server.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChildReport {
    pub process_id: i32,
    /// Memory that is not shared with the server any more, since one of both has written to it: now, and at most so far.
    pub cow_bytes: u64,
    pub cow_peak_bytes: u64,
    pub keys: u64,
    /// How much of its work a module's child has done, 1 being all.
    pub progress: f64,
    /// The work is done.
    pub last: bool,
}

/// Bytes of a report: few enough for a pipe to take it as a whole or not at all.
pub const REPORT_BYTES: usize = 40;

impl ChildReport {
    pub fn encode(&self) -> [u8; REPORT_BYTES] {
        let mut bytes = [0; REPORT_BYTES];
        bytes[..4].copy_from_slice(&self.process_id.to_le_bytes());
        bytes[4] = u8::from(self.last);
        bytes[8..16].copy_from_slice(&self.cow_bytes.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.cow_peak_bytes.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.keys.to_le_bytes());
        bytes[32..].copy_from_slice(&self.progress.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8; REPORT_BYTES]) -> ChildReport {
        let eight = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            eight
        };
        let [a, b, c, d, last, ..] = *bytes;
        ChildReport {
            process_id: i32::from_le_bytes([a, b, c, d]),
            cow_bytes: u64::from_le_bytes(eight(8)),
            cow_peak_bytes: u64::from_le_bytes(eight(16)),
            keys: u64::from_le_bytes(eight(24)),
            progress: f64::from_le_bytes(eight(32)),
            last: last != 0,
        }
    }
}

/// How a child tells; does nothing in a process that has not begun as one.
pub trait ChildReporter: std::fmt::Debug {
    /// This process is a child now: it ends when the server says so, and shows in process lists as what it is.
    fn begin(&self, state: &State, kind: ChildKind);

    /// So many keys are written; told once a second.
    fn keys(&self, keys: u64);

    /// So much of the work is done.
    fn progress(&self, progress: f64);

    /// The work is done, well or not.
    fn end(&self);
}

/// What is known of the child, and of those before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Children {
    /// The child of a module.
    guest: Option<i32>,
    report: ChildReport,
    /// Unix milliseconds.
    reported_ms: Option<i64>,
    pub keys_total: u64,
    pub save_cow_bytes: u64,
    pub rewrite_cow_bytes: u64,
    pub guest_cow_bytes: u64,
}

impl Children {
    /// The child of a module that is at work.
    pub fn guest(&self) -> Option<i32> {
        self.guest
    }

    /// What the child has told last.
    pub fn report(&self) -> &ChildReport {
        &self.report
    }

    /// How old the report is, in seconds.
    pub fn report_age_s(&self, now_ms: i64) -> i64 {
        self.reported_ms.map_or(0, |reported_ms| (now_ms - reported_ms) / 1000)
    }

    /// How much of the work is done.
    pub fn percent(&self) -> f64 {
        if self.guest.is_some() {
            return self.report.progress * 100.0;
        }
        match self.keys_total {
            0 => 0.0,
            total => self.report.keys as f64 / total as f64 * 100.0,
        }
    }
}

/// Counts the keys that a child has written.
pub(crate) struct KeyCount<'a> {
    reporter: Option<&'a dyn ChildReporter>,
    keys: u64,
    /// After how many keys the reporter hears of them.
    step: u64,
}

impl KeyCount<'_> {
    #[inline]
    pub fn after_key(&mut self) {
        self.keys += 1;
        if self.keys.is_multiple_of(self.step)
            && let Some(reporter) = self.reporter
        {
            reporter.keys(self.keys);
        }
    }
}

impl State {
    /// Whether a child process works on the dataset.
    pub fn has_child(&self) -> bool {
        self.saving.child().is_some()
            || self.aof.child().is_some()
            || self.saving.children.guest.is_some()
    }

    /// For the loop that writes keys.
    pub(crate) fn key_count(&self) -> KeyCount<'_> {
        let reporter = self.host.child_reporter.as_deref();
        // Where each key takes its time, each may be the one that is told of.
        let step = if self.config.rdb_key_save_delay == 0 { KEYS_PER_LOOK } else { 1 };
        KeyCount { reporter, keys: 0, step }
    }

    /// A child has begun.
    pub(crate) fn child_began(&mut self) {
        self.saving.children.report = ChildReport::default();
        self.saving.children.reported_ms = None;
        self.saving.children.keys_total =
            self.databases.iter().map(|database| database.len() as u64).sum();
        self.refresh_resize_policy();
    }

    /// The child is gone, or will be in a moment.
    pub(crate) fn child_gone(&mut self) {
        self.saving.children.report = ChildReport::default();
        self.saving.children.reported_ms = None;
        self.saving.children.keys_total = 0;
        self.refresh_resize_policy();
        self.emit(&ServerEvent::ForkChild { born: false });
    }

    /// A module has made a child.
    pub fn guest_child_began(&mut self, process_id: i32, started_us: u64) {
        self.note_fork(started_us);
        self.saving.children.guest = Some(process_id);
        self.child_began();
    }

    /// The child of a module has ended.
    pub fn guest_child_ended(&mut self) {
        if self.saving.children.guest.take().is_some() {
            self.child_gone();
        }
    }

    /// A child tells how far it is. What one tells that is gone is of no interest.
    pub fn child_reports(&mut self, report: ChildReport) {
        let process_id = Some(report.process_id);
        let last_cow_bytes = if self.saving.child() == process_id {
            &mut self.saving.children.save_cow_bytes
        } else if self.aof.child() == process_id {
            &mut self.saving.children.rewrite_cow_bytes
        } else if self.saving.children.guest == process_id {
            &mut self.saving.children.guest_cow_bytes
        } else {
            return;
        };
        if report.last {
            *last_cow_bytes = report.cow_peak_bytes;
        }
        self.saving.children.report = report;
        self.saving.children.reported_ms = Some(self.clock.unix_ms());
    }
}

#[cfg(test)]
mod tests {
    use super::ChildReport;

    #[test]
    fn reports_come_through() {
        let report = ChildReport {
            process_id: 70_000,
            cow_bytes: 1 << 40,
            cow_peak_bytes: (1 << 40) + 4096,
            keys: 123_456_789,
            progress: 0.625,
            last: true,
        };
        assert_eq!(ChildReport::decode(&report.encode()), report);
    }
}
