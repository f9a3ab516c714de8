//! Rewriting: a process writes the dataset as the new base, and what came before becomes history.

use super::{Aof, Child, Mode, Stage};
use crate::child::USER_SIGNAL;
use crate::effect::{Effect, LogLevel};
use crate::state::State;

/// So many failures in a row, and the next attempt waits.
const FAILURES_BEFORE_DELAY: u64 = 3;
const DELAY_MINUTES_MAX: i64 = 60;

/// Why no rewrite has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewriteError {
    /// The file cannot be made; the log says why.
    Failed,
    /// A rewrite is under way.
    UnderWay,
}

/// The file that is written while the first rewrite is under way.
fn waiting_name(state: &State) -> String {
    format!("temp-{}.incr", Aof::stem(state))
}

impl State {
    /// BGREWRITEAOF: begins, or, if another process is at work, is put off; `Ok(true)` if it has begun.
    pub fn rewrite_aof(&mut self, put_off: bool) -> Result<bool, RewriteError> {
        // A backup needs the parts as they are; the rewrite comes behind it.
        if self.aof.backup.in_progress() {
            self.aof.scheduled = true;
            return Ok(false);
        }
        if self.aof.child.is_some() {
            return Err(RewriteError::UnderWay);
        }
        if put_off || self.has_child() {
            self.aof.scheduled = true;
            return Ok(false);
        }
        self.begin_rewrite().map(|()| true).map_err(|reason| {
            self.log(LogLevel::Warning, reason);
            RewriteError::Failed
        })
    }

    pub(super) fn begin_rewrite(&mut self) -> Result<(), String> {
        self.aof.scheduled = false;
        self.aof.rewrites += 1;
        let started_us = self.clock.monotonic_us_now();
        match self.begin_next_part().and_then(|()| {
            self.with_aof_files(|files, state| files.fork_rewrite(state)).map_err(|reason| {
                format!("Can't rewrite append only file in background: fork: {reason}")
            })
        }) {
            Ok(process_id) => {
                self.note_fork(started_us);
                self.aof.child = Some(Child { process_id, started_s: self.clock.unix_s() });
                self.child_began();
                self.log(
                    LogLevel::Notice,
                    format!("Background append only file rewriting started by pid {process_id}"),
                );
                self.backup_rewrite_begun();
                Ok(())
            }
            Err(reason) => {
                self.aof.last_rewrite_succeeded = false;
                self.aof.failures_in_row += 1;
                Err(reason)
            }
        }
    }

    /// What is changed from now on goes to a file of its own, behind the dataset as it is now.
    fn begin_next_part(&mut self) -> Result<(), String> {
        match self.aof.mode {
            Mode::Off => Ok(()),
            Mode::On => {
                self.flush_aof(true);
                self.sync_aof_now();
                // What waits follows on what is in the last part.
                if let (false, Some(reason)) = (self.aof.buffer.is_empty(), &self.aof.write_error) {
                    return Err(format!("Can't rewrite append only file in background: {reason}"));
                }
                self.begin_part(false)
            }
            Mode::WaitRewrite => {
                // What the last attempt left does not follow what this one writes.
                self.aof.buffer.clear();
                self.note_all_written();
                let name = waiting_name(self);
                self.log(
                    LogLevel::Notice,
                    format!("Creating AOF incr file {name} on background rewrite"),
                );
                self.append_to_new(&name)
            }
        }
    }

    /// Appends to a new part from now on, behind the others; `ends`: where the one before ends is noted with it.
    pub(super) fn begin_part(&mut self, ends: bool) -> Result<(), String> {
        let mut manifest = self.aof.manifest.clone();
        let offset = i64::try_from(self.feed.offset).unwrap_or(i64::MAX);
        if ends {
            manifest.end_last(offset);
        }
        let name = manifest.add_incr(&Aof::stem(self), offset);
        self.log(LogLevel::Notice, format!("Creating AOF incr file {name} on background rewrite"));
        self.append_to_new(&name)?;
        self.use_manifest(manifest).inspect_err(|_| {
            // What is in a file that is not listed would be lost: back to the one that is.
            self.aof.reopens = true;
            // If that fails, the next write tries again.
            let _ = self.reopen_last_part();
        })
    }

    /// Appends to the last part that is listed, if a new one could not be.
    pub(super) fn reopen_last_part(&mut self) -> Result<(), String> {
        if !self.aof.reopens {
            return Ok(());
        }
        let last = self.aof.manifest.incr.last().map(|part| part.name.clone());
        let last = last.ok_or_else(|| "there is no part".to_owned())?;
        self.aof.file_bytes = self.with_aof_files(|files, _| files.open(&last))?;
        self.aof.db = None;
        self.aof.reopens = false;
        Ok(())
    }

    pub(super) fn append_to_new(&mut self, name: &str) -> Result<(), String> {
        self.with_aof_files(|files, _| files.create(name))?;
        self.aof.reopens = false;
        self.aof.file_bytes = 0;
        self.aof.db = None;
        Ok(())
    }

    /// The process has ended.
    pub fn rewrite_ended(&mut self, process_id: i32, code: Option<i32>, signal: Option<i32>) {
        let Some(child) = self.aof.child.filter(|child| child.process_id == process_id) else {
            return;
        };
        self.aof.child = None;
        self.child_gone();
        self.aof.last_rewrite_duration_s = self.clock.unix_s() - child.started_s;
        let result = match (code, signal) {
            (Some(0), _) => {
                self.log(LogLevel::Notice, "Background AOF rewrite terminated with success");
                self.finish_rewrite(process_id)
            }
            (_, Some(signal)) => {
                Err(format!("Background AOF rewrite terminated by signal {signal}"))
            }
            _ => Err("Background AOF rewrite terminated with error".to_owned()),
        };
        let failure = result.as_ref().err().map(|_| match (code, signal) {
            (_, Some(signal)) => format!("child terminated by signal {signal}"),
            (Some(0), None) => "AOFRW failed to persist files".to_owned(),
            (code, None) => format!("child exited with code {}", code.unwrap_or_default()),
        });
        match result {
            Ok(()) => {
                self.aof.last_rewrite_succeeded = true;
                self.aof.failures_in_row = 0;
                self.log(LogLevel::Notice, "Background AOF rewrite finished successfully");
            }
            Err(reason) => {
                self.log(LogLevel::Warning, reason);
                self.drop_rewritten(process_id);
                // The server has ended a process by SIGUSR1 that nobody needs any more.
                if signal != Some(USER_SIGNAL) {
                    self.aof.last_rewrite_succeeded = false;
                    self.aof.failures_in_row += 1;
                }
            }
        }
        self.backup_rewrite_ended(failure);
        if self.aof.mode == Mode::WaitRewrite {
            self.aof.scheduled = true;
        }
    }

    fn finish_rewrite(&mut self, process_id: i32) -> Result<(), String> {
        // What came meanwhile is part of it, and must be on the disk before the old files go.
        self.flush_aof(true);
        let stem = Aof::stem(self);
        let mut manifest = self.aof.manifest.clone();
        let base =
            manifest.replace_base(&stem, self.config.aof_use_rdb_preamble, self.parts_kept());
        let temporary = self
            .aof
            .files
            .as_ref()
            .map(|files| files.rewritten_name(process_id))
            .unwrap_or_default();
        self.with_aof_files(|files, _| files.adopt(&temporary, &base))?;
        self.log(
            LogLevel::Notice,
            format!("Successfully renamed the temporary AOF base file {temporary} into {base}"),
        );
        if self.aof.mode == Mode::WaitRewrite {
            let offset = i64::try_from(self.feed.offset).unwrap_or(i64::MAX);
            let name = manifest.add_incr(&stem, offset);
            let waiting = waiting_name(self);
            self.with_aof_files(|files, _| files.rename(&waiting, &name))?;
            self.log(
                LogLevel::Notice,
                format!("Successfully renamed the temporary AOF incr file {waiting} into {name}"),
            );
        }
        self.use_manifest(manifest)?;
        if self.aof.mode == Mode::WaitRewrite {
            self.aof.mode = Mode::On;
        }
        if self.aof.mode == Mode::On {
            self.aof.current_bytes = self.measure_aof();
            self.aof.base_bytes = self.aof.current_bytes;
        }
        self.remove_aof_history();
        Ok(())
    }

    /// How many incremental files go on: the one that began with the rewrite.
    fn parts_kept(&self) -> usize {
        usize::from(self.aof.mode == Mode::On)
    }

    fn drop_rewritten(&mut self, process_id: i32) {
        let Some(files) = &self.aof.files else { return };
        let name = files.rewritten_name(process_id);
        self.effects.push(Effect::RemoveFile { name });
        if self.aof.mode == Mode::WaitRewrite {
            self.drop_waiting_part();
        }
    }

    fn drop_waiting_part(&mut self) {
        let name = waiting_name(self);
        self.log(
            LogLevel::Notice,
            format!("Removing the temp incr aof file {name} in the background"),
        );
        self.aof.buffer.clear();
        self.note_all_written();
        // What it holds counts for nothing, so that it may as well stay.
        let _ = self.with_aof_files(|files, _| {
            files.close();
            files.remove(&name);
            Ok(())
        });
    }

    /// Nothing waits for the disk any more, since nothing was promised.
    fn note_all_written(&mut self) {
        self.aof.written = self.aof.fed;
        self.aof.synced = self.aof.fed;
        self.aof.file_bytes = 0;
    }

    /// Whether a rewrite that is due waits all the same, since the last ones have failed.
    fn delays_rewrite(&mut self) -> bool {
        if self.aof.failures_in_row < FAILURES_BEFORE_DELAY {
            self.aof.delay_minutes = 0;
            self.aof.not_before_s = None;
            return false;
        }
        let now_s = self.clock.unix_s();
        if let Some(not_before_s) = self.aof.not_before_s {
            if now_s >= not_before_s {
                self.aof.not_before_s = None;
            }
            return now_s < not_before_s;
        }
        self.aof.delay_minutes = (self.aof.delay_minutes * 2).clamp(1, DELAY_MINUTES_MAX);
        let minutes = self.aof.delay_minutes;
        self.aof.not_before_s = Some(now_s + minutes * 60);
        self.log(
            LogLevel::Warning,
            format!(
                "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {minutes} minutes"
            ),
        );
        true
    }

    /// Starts what is due.
    pub(crate) fn aof_cron(&mut self) {
        self.flush_aof(false);
        self.expire_backup();
        if self.has_child() {
            return;
        }
        if self.aof.backup.stage == Stage::Pending {
            // A failure is in the log and in BACKUP STATUS.
            let _ = self.begin_backup();
        }
        if self.aof.backup.in_progress() {
            return;
        }
        if self.aof.scheduled {
            self.rewrite_by_itself();
            return;
        }
        let (percent, min_bytes) = (
            u64::try_from(self.config.auto_aof_rewrite_percentage).unwrap_or(0),
            u64::try_from(self.config.auto_aof_rewrite_min_size).unwrap_or(0),
        );
        if self.aof.mode != Mode::On || percent == 0 || self.aof.current_bytes <= min_bytes {
            return;
        }
        let base = self.aof.base_bytes.max(1);
        let growth = (self.aof.current_bytes.saturating_mul(100) / base).saturating_sub(100);
        if growth >= percent && !self.delays_rewrite() {
            self.log(
                LogLevel::Notice,
                format!("Starting automatic rewriting of AOF on {growth}% growth"),
            );
            self.rewrite_by_itself();
        }
    }

    fn rewrite_by_itself(&mut self) {
        if self.aof.scheduled && self.delays_rewrite() {
            return;
        }
        if let Err(reason) = self.begin_rewrite() {
            self.log(LogLevel::Warning, reason);
        }
    }

    /// `appendonly` has a new value.
    pub fn switch_aof(&mut self) -> Result<(), String> {
        // What is wanted then is done when the load is over.
        if self.is_loading() {
            return Ok(());
        }
        match (self.config.appendonly, self.aof.mode) {
            (true, Mode::Off) => self.start_aof(),
            (true, Mode::On | Mode::WaitRewrite) => {
                self.keep_temporary_aof();
                Ok(())
            }
            (false, Mode::On | Mode::WaitRewrite) if !self.aof.temporary => {
                self.stop_aof();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Does what CONFIG SET has asked for while a dataset was loaded.
    pub(crate) fn follow_appendonly(&mut self) {
        if let Err(reason) = self.switch_aof() {
            self.log(LogLevel::Warning, reason);
        }
    }

    /// Begins to write while the server runs: the file counts once the first rewrite has ended.
    fn start_aof(&mut self) -> Result<(), String> {
        self.take_changes();
        let other_child = self.has_child() && self.aof.child.is_none();
        if other_child || self.is_in_transaction() {
            self.aof.scheduled = true;
            self.log(
                LogLevel::Notice,
                "AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.",
            );
            return Ok(());
        }
        if self.aof.child.is_some() {
            self.log(
                LogLevel::Notice,
                "AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.",
            );
            self.end_rewrite();
        }
        self.begin_rewrite().map_err(|reason| {
            self.log(LogLevel::Warning, reason);
            self.aof.mode = Mode::Off;
            self.propagation.remove_taker();
            "Unable to turn on AOF. Check server logs.".to_owned()
        })
    }

    /// What is changed is written from now on, to count once the first rewrite has ended.
    pub(super) fn take_changes(&mut self) {
        self.propagation.add_taker();
        self.aof.mode = Mode::WaitRewrite;
        self.aof.last_sync_s = self.clock.unix_s();
        self.aof.write_error = None;
    }

    /// Writes no more; what was written stays, but for what was written for a backup alone.
    pub(crate) fn stop_aof(&mut self) {
        self.fail_backup("appendonly is stopped");
        if self.aof.mode != Mode::Off {
            self.end_aof();
        }
    }

    pub(super) fn end_aof(&mut self) {
        self.refuse_aof_waits();
        self.flush_aof(true);
        self.sync_aof_now();
        let waited = self.aof.mode == Mode::WaitRewrite;
        self.end_rewrite();
        if waited {
            self.drop_waiting_part();
        } else {
            self.note_end_offset();
        }
        self.aof.mode = Mode::Off;
        self.aof.scheduled = false;
        self.aof.buffer = Vec::new();
        self.aof.write_error = None;
        self.aof.sync_failed = false;
        self.note_all_written();
        if let Some(files) = &mut self.aof.files {
            files.close();
        }
        self.propagation.remove_taker();
        self.refresh_writes_refused();
    }

    /// The last part is whole: where it ends is known.
    fn note_end_offset(&mut self) {
        let mut manifest = self.aof.manifest.clone();
        manifest.end_last(i64::try_from(self.feed.offset).unwrap_or(i64::MAX));
        if manifest == self.aof.manifest {
            return;
        }
        if let Err(reason) = self.use_manifest(manifest) {
            self.log(LogLevel::Warning, reason);
        }
    }

    /// Ends the process that rewrites: what it writes is of no use any more.
    pub fn end_rewrite(&mut self) {
        let Some(child) = self.aof.child.take() else { return };
        let process_id = child.process_id;
        self.log(LogLevel::Notice, format!("Killing running AOF rewrite child: {process_id}"));
        self.effects.push(Effect::EndChild { process_id });
        self.child_gone();
        let Some(files) = &self.aof.files else { return };
        let name = files.rewritten_name(process_id);
        self.effects.push(Effect::RemoveFile { name });
    }

    /// The last write before the server ends; the reason why it must not end yet.
    pub fn close_aof(&mut self, force: bool) -> Result<(), String> {
        if self.aof.mode == Mode::WaitRewrite && self.aof.child.is_some() && !force {
            return Err("Writing initial AOF, can't exit".to_owned());
        }
        if self.aof.child.is_some() {
            self.log(LogLevel::Warning, "There is a child rewriting the AOF. Killing it!");
            self.end_rewrite();
        }
        // It cannot go on behind the next start.
        self.fail_backup("the server is shutting down");
        if self.aof.mode != Mode::Off {
            self.log(LogLevel::Notice, "Calling fsync() on the AOF file.");
            self.flush_aof(true);
            self.sync_aof_now();
            self.note_end_offset();
        }
        Ok(())
    }
}
