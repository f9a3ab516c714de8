//! ACL LOG: what was refused lately, the same things gathered into one entry.

use std::collections::VecDeque;

/// An entry takes in what happens again within this time.
const GROUPING_MS_MAX: i64 = 60_000;
/// Newest entries that are looked at for that.
const GROUPING_ENTRIES_MAX: usize = 10;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Auth,
    Command,
    Key,
    Channel,
    TlsCertificate,
}

impl Reason {
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Auth => "auth",
            Reason::Command => "command",
            Reason::Key => "key",
            Reason::Channel => "channel",
            Reason::TlsCertificate => "tls-cert",
        }
    }
}

/// Where it was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    TopLevel,
    Multi,
    Lua,
    Module,
}

impl Origin {
    pub const fn name(self) -> &'static str {
        match self {
            Origin::TopLevel => "toplevel",
            Origin::Multi => "multi",
            Origin::Lua => "lua",
            Origin::Module => "module",
        }
    }
}

/// What was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub origin: Origin,
    /// The command, key or channel.
    pub object: Vec<u8>,
    pub user: Vec<u8>,
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub refusal: Refusal,
    pub count: u64,
    pub id: u64,
    pub created_ms: i64,
    pub updated_ms: i64,
    /// The last client, as CLIENT LIST shows it.
    pub client: Vec<u8>,
}

/// The log, newest first.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    next_id: u64,
}

impl Log {
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds what was refused, or counts it in an entry of the same.
    pub fn add(&mut self, refusal: Refusal, client: Vec<u8>, now_ms: i64, len_max: usize) {
        let same = |entry: &Entry| {
            entry.refusal == refusal && now_ms - entry.updated_ms <= GROUPING_MS_MAX
        };
        let known = self.entries.iter().take(GROUPING_ENTRIES_MAX).position(same);
        if let Some(mut entry) = known.and_then(|at| self.entries.remove(at)) {
            entry.count += 1;
            entry.updated_ms = now_ms;
            entry.client = client;
            self.entries.push_front(entry);
            return;
        }
        let id = self.next_id;
        self.next_id += 1;
        let entry = Entry { refusal, count: 1, id, created_ms: now_ms, updated_ms: now_ms, client };
        self.entries.push_front(entry);
        self.entries.truncate(len_max);
    }
}
