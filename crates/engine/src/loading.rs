//! The load of a dataset as others see it: how far it has come, and the turns in which they are served meanwhile.

use std::io::Read as _;

use crate::client::ClientId;
use crate::clock::Clock;
use crate::effect::LogLevel;
use crate::host::FileInput;
use crate::info::human_bytes;
use crate::server_event::{LoadingStage, ServerEvent};
use crate::state::{State, state_flag};

/// Others are served at least so often, wherever the time is looked at.
const TURN_US: u64 = 10_000;
/// Bytes that are read from a file between two turns.
const PIECE_BYTES: u64 = 4 * 1024 * 1024;
/// The log hears of the progress so often, or when another tenth is done; but not more often than once a second.
const LINE_US: u64 = 10_000_000;
const LINE_PAUSE_US: u64 = 1_000_000;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadingFrom {
    Rdb,
    Aof,
    /// What the primary has sent.
    Primary,
}

/// When others are served next: behind so many bytes of the file, or at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TurnDue {
    pub(crate) position: usize,
    pub(crate) us: u64,
}

impl TurnDue {
    const NEVER: TurnDue = TurnDue { position: usize::MAX, us: u64::MAX };
}

/// A load that is under way.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    pub from: LoadingFrom,
    pub started_s: i64,
    started_us: u64,
    /// Of all files.
    pub total_bytes: u64,
    /// Of those before the one that is read now.
    before_bytes: u64,
    pub loaded_bytes: u64,
    /// What the server used when it saved the file, as the file says.
    pub saved_memory_bytes: u64,
    /// Who asked for it, and says nothing more until it is over.
    client: Option<ClientId>,
    /// For delays of less than a microsecond: keys since the last one.
    keys: u64,
    /// The last line in the log: when, and of which tenth.
    line_us: u64,
    line_tenth: u64,
}

impl Loading {
    fn new(
        from: LoadingFrom,
        total_bytes: u64,
        clock: &Clock,
        client: Option<ClientId>,
    ) -> Loading {
        let started_us = clock.monotonic_us_now();
        Loading {
            from,
            started_s: clock.unix_s(),
            started_us,
            total_bytes,
            before_bytes: 0,
            loaded_bytes: 0,
            saved_memory_bytes: 0,
            client,
            keys: 0,
            line_us: started_us,
            line_tenth: 0,
        }
    }

    /// A file may have grown behind its length.
    pub fn percent(&self) -> f64 {
        (self.loaded_bytes as f64 / self.total_bytes.max(1) as f64 * 100.0).min(100.0)
    }

    /// Seconds that the rest takes at the speed so far.
    pub fn remaining_s(&self, now_us: u64) -> u64 {
        if self.loaded_bytes == 0 {
            return 1;
        }
        let passed_us = now_us.saturating_sub(self.started_us) as f64;
        let rest_bytes = self.total_bytes.saturating_sub(self.loaded_bytes) as f64;
        (passed_us / 1e6 * rest_bytes / self.loaded_bytes as f64) as u64
    }

    /// The line for the log, if it is time for one.
    fn line(&mut self, now_us: u64) -> Option<String> {
        let passed_us = now_us.saturating_sub(self.line_us);
        let tenth = (self.percent() / 10.0) as u64;
        if passed_us < LINE_PAUSE_US || (tenth == self.line_tenth && passed_us < LINE_US) {
            return None;
        }
        self.line_us = now_us;
        self.line_tenth = tenth;
        let what = match self.from {
            LoadingFrom::Rdb => "RDB",
            LoadingFrom::Aof => "AOF",
            LoadingFrom::Primary => "RDB of the master",
        };
        Some(format!(
            "Loading {what}: {:.2}% of {}, about {} seconds left",
            self.percent(),
            human_bytes(self.total_bytes),
            self.remaining_s(now_us)
        ))
    }
}

impl State {
    pub fn is_loading(&self) -> bool {
        self.flags & state_flag::LOADING != 0
    }

    /// Whether what this client says has to wait until the load that it asked for is over.
    pub fn waits_for_load(&self, client: ClientId) -> bool {
        self.saving.loading.is_some_and(|loading| loading.client == Some(client))
    }

    /// From here on commands that cannot wait are refused.
    pub(crate) fn begin_loading(&mut self, from: LoadingFrom, total_bytes: u64) {
        self.flags |= state_flag::LOADING;
        self.saving.loading = Some(Loading::new(from, total_bytes, &self.clock, self.executing));
        self.emit(&ServerEvent::Loading(match from {
            LoadingFrom::Rdb => LoadingStage::RdbStart,
            LoadingFrom::Aof => LoadingStage::AofStart,
            LoadingFrom::Primary => LoadingStage::ReplicationStart,
        }));
    }

    pub(crate) fn end_loading<T, E>(&mut self, result: &Result<T, E>) {
        self.flags &= !state_flag::LOADING;
        self.saving.loading = None;
        self.clock.refresh();
        self.refresh_access();
        if result.is_ok() {
            self.log_parked();
        }
        self.tell_loaded(result);
    }

    /// A file of several has been loaded.
    pub(crate) fn loaded_file(&mut self, bytes: usize) {
        if let Some(loading) = &mut self.saving.loading {
            loading.before_bytes += bytes as u64;
            loading.loaded_bytes = loading.before_bytes;
        }
    }

    /// Serves others, `position` bytes behind the begin of the file; when that is to be done again.
    #[cold]
    pub(crate) fn loading_turn(&mut self, position: usize) -> TurnDue {
        let Some(loading) = &mut self.saving.loading else { return TurnDue::NEVER };
        self.clock.refresh();
        let now_us = self.clock.monotonic_us();
        loading.loaded_bytes = loading.before_bytes + position as u64;
        if let Some(text) = loading.line(now_us) {
            self.log(LogLevel::Notice, text);
        }
        self.refresh_access();
        self.end_pause_when_due();
        self.serve_others();
        self.next_turn(position)
    }

    /// When others are served next, from this place on. What is small is loaded before, and nobody is told of it.
    pub(crate) fn next_turn(&self, position: usize) -> TurnDue {
        if self.saving.loading.is_none() {
            return TurnDue::NEVER;
        }
        let interval = self.config.loading_process_events_interval_bytes;
        let interval = usize::try_from(interval).unwrap_or(usize::MAX);
        TurnDue {
            position: position.saturating_add(interval),
            us: self.clock.monotonic_us_now() + TURN_US,
        }
    }

    /// `key-load-delay`, behind each key or command: how long to sleep, or, negative, one microsecond behind every so many.
    /// Whoever waits for an end of it may set it anew meanwhile.
    #[cold]
    pub(crate) fn delay_loading(&mut self, position: usize, mut due: TurnDue) -> TurnDue {
        let setting = self.config.key_load_delay;
        let mut left_us = match u64::try_from(setting) {
            Ok(sleep_us) => sleep_us,
            Err(_) => {
                let Some(loading) = &mut self.saving.loading else { return due };
                loading.keys += 1;
                u64::from(loading.keys.is_multiple_of(u64::from(setting.unsigned_abs())))
            }
        };
        while left_us > 0 {
            let sleep_us = left_us.min(TURN_US);
            (self.host.port.sleep_us)(sleep_us);
            left_us -= sleep_us;
            if self.clock.monotonic_us_now() >= due.us {
                due = self.loading_turn(position);
                left_us = left_us.min(u64::try_from(self.config.key_load_delay).unwrap_or(0));
            }
        }
        due
    }

    /// Reads a file to its end, serving others between the pieces.
    pub(crate) fn read_whole(&mut self, input: FileInput) -> Result<Vec<u8>, String> {
        let FileInput { mut reader, length } = input;
        let mut bytes = Vec::new();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        bytes.try_reserve_exact(length).map_err(|error| error.to_string())?;
        loop {
            let piece = reader.by_ref().take(PIECE_BYTES).read_to_end(&mut bytes);
            if (piece.map_err(|error| error.to_string())? as u64) < PIECE_BYTES {
                return Ok(bytes);
            }
            self.loading_turn(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockPort;

    fn loading(total_bytes: u64, loaded_bytes: u64) -> Loading {
        let clock = Clock::new(ClockPort { unix_us: || 0, monotonic_us: || 0 });
        let loading = Loading::new(LoadingFrom::Rdb, total_bytes, &clock, None);
        Loading { loaded_bytes, ..loading }
    }

    #[test]
    fn what_is_left_goes_on_as_before() {
        assert_eq!(loading(657_877, 129_008).remaining_s(1_000_000), 4);
        assert_eq!(loading(100, 0).remaining_s(5_000_000), 1);
        assert_eq!(loading(100, 120).remaining_s(5_000_000), 0);
        assert!(loading(100, 120).percent() <= 100.0);
        assert!(loading(0, 0).percent() < 1.0);
    }

    #[test]
    fn the_log_hears_of_each_tenth_and_now_and_then() {
        let mut loading = loading(1000, 90);
        assert_eq!(loading.line(999_999), None);
        assert_eq!(loading.line(9_999_999), None);
        assert!(loading.line(10_000_000).is_some_and(|line| line.contains("9.00% of 1000B")));
        loading.loaded_bytes = 100;
        assert_eq!(loading.line(10_999_999), None);
        let line = loading.line(11_000_000).expect("another tenth");
        assert_eq!(line, "Loading RDB: 10.00% of 1000B, about 99 seconds left");
        assert_eq!(loading.line(20_000_000), None);
    }
}
