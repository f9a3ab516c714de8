//! When the dataset is saved, by whom, and how that went: SAVE, BGSAVE, the save points and the end of the server.

use keyspace::ResizePolicy;

use crate::child::USER_SIGNAL;
use crate::dataset::{LoadFigures, OnDuplicate};
use crate::effect::{Effect, LogLevel};
use crate::error::CommandError;
use crate::host::FileInput;
use crate::loading::{Loading, LoadingFrom};
use crate::replica_sync::SaveTarget;
use crate::server_event::PersistenceStage;
use crate::state::{State, state_flag};

/// Seconds between attempts while saving fails.
const RETRY_S: i64 = 5;

/// A child process that writes the file.
#[derive(Clone, Copy, Debug)]
struct Child {
    process_id: i32,
    started_s: i64,
    /// Changes that the file will hold.
    dirty: u64,
    target: SaveTarget,
}

/// The state of saving.
#[derive(Clone, Copy, Debug)]
pub struct Saving {
    child: Option<Child>,
    pub children: crate::child::Children,
    /// BGSAVE SCHEDULE, or the save after another child.
    scheduled: bool,
    pub last_save_s: i64,
    pub last_succeeded: bool,
    last_try_s: i64,
    /// Of the last background save; -1 if there was none.
    pub last_duration_s: i64,
    pub saves: u64,
    /// What is being loaded says where the stream of replication goes on.
    pub(crate) resumes: bool,
    pub forks: u64,
    /// How long the latest took.
    pub latest_fork_us: u64,
    pub failures_in_row: u64,
    pub loaded: LoadFigures,
    /// While a dataset is loaded.
    pub loading: Option<Loading>,
    /// DEBUG SET-SKIP-CHECKSUM-VALIDATION.
    pub skip_checksum: bool,
}

impl Saving {
    pub(crate) fn new(now_s: i64) -> Saving {
        Saving {
            child: None,
            children: crate::child::Children::default(),
            scheduled: false,
            last_save_s: now_s,
            last_succeeded: true,
            last_try_s: 0,
            last_duration_s: -1,
            saves: 0,
            resumes: false,
            forks: 0,
            latest_fork_us: 0,
            failures_in_row: 0,
            loaded: LoadFigures::default(),
            loading: None,
            skip_checksum: false,
        }
    }

    /// The process that saves in the background.
    pub fn child(&self) -> Option<i32> {
        self.child.map(|child| child.process_id)
    }

    /// What that process writes to.
    pub fn target(&self) -> Option<SaveTarget> {
        self.child.map(|child| child.target)
    }

    /// Seconds the background save has taken so far; -1 if there is none.
    pub fn current_duration_s(&self, now_s: i64) -> i64 {
        self.child.map_or(-1, |child| now_s - child.started_s)
    }
}

/// A background save is under way.
pub const IN_PROGRESS: CommandError =
    CommandError::constant("ERR Background save already in progress");

impl State {
    /// Saves now, in this thread.
    pub fn save(&mut self) -> Result<(), String> {
        self.saving.saves += 1;
        self.tell_persistence(PersistenceStage::SyncRdbStart);
        let result = (self.host.port.save)(self);
        self.tell_written(&result);
        match &result {
            Ok(()) => {
                self.dirty = 0;
                self.saving.last_save_s = self.clock.unix_s();
                self.saving.last_succeeded = true;
                self.refresh_writes_refused();
                self.log(LogLevel::Notice, "DB saved on disk");
            }
            Err(reason) => {
                self.log(LogLevel::Warning, format!("Error saving DB on disk: {reason}"));
            }
        }
        result
    }

    /// Starts a child that saves.
    pub fn save_in_background(&mut self) -> Result<(), String> {
        if self.has_child() {
            return Err("a process that writes the dataset is at work".to_owned());
        }
        self.saving.saves += 1;
        self.saving.scheduled = false;
        self.saving.last_try_s = self.clock.unix_s();
        let started_us = self.clock.monotonic_us_now();
        match (self.host.port.fork_save)(self) {
            Ok(process_id) => {
                let started_s = self.clock.unix_s();
                self.note_fork(started_us);
                let dirty = self.dirty;
                let target = SaveTarget::File;
                self.saving.child = Some(Child { process_id, started_s, dirty, target });
                self.child_began();
                self.log(
                    LogLevel::Notice,
                    format!("Background saving started by pid {process_id}"),
                );
                Ok(())
            }
            Err(reason) => {
                self.saving.last_succeeded = false;
                self.refresh_writes_refused();
                self.log(LogLevel::Warning, format!("Can't save in background: fork: {reason}"));
                Err(reason)
            }
        }
    }

    /// A child has begun that writes the dataset for replicas, and not to the file.
    pub fn transfer_began(&mut self, process_id: i32, started_us: u64) {
        let started_s = self.clock.unix_s();
        self.note_fork(started_us);
        let target = SaveTarget::Replicas;
        self.saving.child = Some(Child { process_id, started_s, dirty: 0, target });
        self.child_began();
        let text = format!("Background RDB transfer started by pid {process_id}");
        self.log(LogLevel::Notice, text);
    }

    /// Ends the child without waiting: what it writes is of no use any more.
    pub fn abandon_background_save(&mut self) {
        if let Some(child) = self.saving.child.take() {
            let process_id = child.process_id;
            self.log(LogLevel::Notice, format!("Killing running saving child: {process_id}"));
            self.log(LogLevel::Warning, "Background saving terminated by signal 10");
            self.effects.push(Effect::EndChild { process_id });
            self.child_gone();
            self.sync_written(child.target, false);
        }
    }

    /// Tables are resized reluctantly while a child shares their memory, and not at all if DEBUG says so.
    pub fn refresh_resize_policy(&mut self) {
        let policy = if self.debug.resizing_forbidden {
            ResizePolicy::Forbid
        } else if self.has_child() {
            ResizePolicy::Avoid
        } else {
            ResizePolicy::Allow
        };
        for database in &mut self.databases {
            database.set_resize_policy(policy);
        }
    }

    /// Starts a child that saves as soon as none is running.
    pub fn schedule_save(&mut self) {
        self.saving.scheduled = true;
    }

    /// The child has ended.
    pub fn background_save_ended(
        &mut self,
        process_id: i32,
        code: Option<i32>,
        signal: Option<i32>,
    ) {
        let Some(child) = self.saving.child.filter(|child| child.process_id == process_id) else {
            return;
        };
        let now_s = self.clock.unix_s();
        self.saving.child = None;
        self.child_gone();
        self.saving.last_duration_s = now_s - child.started_s;
        let succeeded = code == Some(0) && signal.is_none();
        match child.target {
            SaveTarget::File => self.file_written(child, signal, succeeded),
            SaveTarget::Replicas => self.log_transfer(signal, succeeded),
        }
        self.sync_written(child.target, succeeded);
    }

    fn file_written(&mut self, child: Child, signal: Option<i32>, succeeded: bool) {
        if succeeded {
            self.log(LogLevel::Notice, "Background saving terminated with success");
            self.dirty = self.dirty.saturating_sub(child.dirty);
            self.saving.last_save_s = self.clock.unix_s();
            self.saving.last_succeeded = true;
            self.saving.failures_in_row = 0;
        } else {
            let text = match signal {
                Some(signal) => format!("Background saving terminated by signal {signal}"),
                None => "Background saving error".to_owned(),
            };
            self.log(LogLevel::Warning, text);
            // The server has told it to end: nobody needs the file any more.
            if signal != Some(USER_SIGNAL) {
                self.saving.last_succeeded = false;
                self.saving.failures_in_row += 1;
            }
        }
        self.refresh_writes_refused();
    }

    fn log_transfer(&mut self, signal: Option<i32>, succeeded: bool) {
        let (level, text) = match signal {
            _ if succeeded => {
                (LogLevel::Notice, "Background RDB transfer terminated with success".to_owned())
            }
            Some(signal) => (
                LogLevel::Warning,
                format!("Background RDB transfer terminated by signal {signal}"),
            ),
            None => (LogLevel::Warning, "Background RDB transfer error".to_owned()),
        };
        self.log(level, text);
    }

    /// Writes wait for better times while the server cannot save what they change.
    pub(crate) fn refresh_writes_refused(&mut self) {
        let unsaved = !self.saving.last_succeeded
            && self.config.stop_writes_on_bgsave_error
            && self.has_save_points();
        if unsaved || self.aof.write_error().is_some() {
            self.flags |= state_flag::SAVING_FAILS;
        } else {
            self.flags &= !state_flag::SAVING_FAILS;
        }
    }

    /// What forbids changes because they could not be saved.
    pub fn check_disk(&self) -> crate::error::CommandResult {
        if self.flags & state_flag::SAVING_FAILS == 0 {
            return Ok(());
        }
        Err(match self.aof.write_error() {
            Some(reason) => crate::error::misconf_aof(reason),
            None => crate::error::MISCONF_RDB,
        })
    }

    /// Whether the server saves by itself, and therefore also when it ends.
    pub fn has_save_points(&self) -> bool {
        !self.config.save.0.is_empty()
    }

    /// Starts what is due.
    pub(crate) fn saving_cron(&mut self) {
        if self.has_child() {
            return;
        }
        let now_s = self.clock.unix_s();
        let rested = self.saving.last_succeeded || now_s - self.saving.last_try_s > RETRY_S;
        if self.saving.scheduled && rested {
            // A failure is in the log.
            let _ = self.save_in_background();
            return;
        }
        let due = self.config.save.0.iter().find(|point| {
            self.dirty >= u64::try_from(point.changes).unwrap_or(0)
                && now_s - self.saving.last_save_s > point.seconds
        });
        if let Some(point) = due.copied()
            && rested
        {
            let text = format!("{} changes in {} seconds. Saving...", point.changes, point.seconds);
            self.log(LogLevel::Notice, text);
            let _ = self.save_in_background();
        }
    }

    /// Puts a saved dataset in the place of the one there is, for a guest. Processes that write the old one end, and replicas
    /// begin anew.
    pub fn replace_dataset(&mut self, input: FileInput) -> Result<(), String> {
        self.disconnect_replicas();
        self.abandon_background_save();
        if self.aof.mode != crate::aof::Mode::Off {
            self.stop_aof();
        }
        self.flush(None, false);
        self.flush_beside_keys();
        self.propagation.suspended = true;
        let loaded = self.load_from_file(input, OnDuplicate::Refuse);
        self.propagation.suspended = false;
        // What follows does not belong to the stream so far.
        self.new_replication_id();
        self.feed.previous_id = None;
        self.dirty += 1;
        self.follow_appendonly();
        loaded.map(drop)
    }

    /// Loads the file that the last save left, if there is one.
    pub fn load_saved(&mut self) -> Result<Option<LoadFigures>, String> {
        let Some(input) = (self.host.port.open_saved)(self)? else { return Ok(None) };
        self.saving.resumes = true;
        let loaded = self.load_from_file(input, OnDuplicate::Refuse);
        self.saving.resumes = false;
        let figures = loaded?;
        self.saving.last_save_s = self.clock.unix_s();
        self.dirty = 0;
        self.follow_appendonly();
        Ok(Some(figures))
    }

    /// DEBUG RELOAD: loads that file behind what is there, or, flushed, in its place.
    pub fn reload_saved(&mut self, flush: bool, on_duplicate: OnDuplicate) -> Result<(), String> {
        let opened = (self.host.port.open_saved)(self);
        let opened = opened.and_then(|input| input.ok_or_else(|| "there is no file".to_owned()));
        let input = opened.inspect_err(|reason| self.log_failed_load(reason))?;
        if flush {
            self.flush(None, false);
            self.flush_beside_keys();
        }
        self.load_from_file(input, on_duplicate)?;
        self.dirty = 0;
        self.follow_appendonly();
        Ok(())
    }

    fn log_failed_load(&mut self, reason: &str) {
        self.log(LogLevel::Warning, format!("RDB: {reason}"));
    }

    fn load_from_file(
        &mut self,
        input: FileInput,
        on_duplicate: OnDuplicate,
    ) -> Result<LoadFigures, String> {
        self.begin_loading(LoadingFrom::Rdb, input.length);
        let bytes = self.read_whole(input);
        let loaded = bytes.inspect_err(|reason| self.log_failed_load(reason)).and_then(|bytes| {
            self.load_dataset(&bytes, on_duplicate).map_err(|error| error.to_string())
        });
        self.end_loading(&loaded);
        self.saving.loaded = loaded.clone()?;
        loaded
    }
}
