//! Writing and syncing: changes gather while commands run, and go to the file before anybody is told of them.

use config::enums::AppendFsync;

use super::{Aof, Mode};
use crate::client::ClientId;
use crate::effect::{Effect, LogLevel};
use crate::propagation::{Propagated, encode_all};
use crate::state::State;

/// A write waits for a sync under way, but not longer.
const POSTPONE_MAX_MS: i64 = 2000;
/// Errors that last are logged so often.
const LOG_ERROR_EVERY_S: i64 = 30;

impl State {
    /// Takes what one client's command, or transaction, has changed.
    pub(crate) fn feed_aof(&mut self, commands: &[Propagated], together: bool) {
        // Between a first rewrite that failed and the next there is nothing that changes could follow.
        let waits = self.aof.mode == Mode::WaitRewrite && self.aof.child.is_none();
        if self.aof.mode == Mode::Off || waits || commands.is_empty() {
            return;
        }
        let now_s = self.clock.unix_s();
        let aof = &mut self.aof;
        let before = aof.buffer.len();
        if self.config.aof_timestamp_enabled && now_s > aof.stamped_s {
            aof.stamped_s = now_s;
            aof.buffer.extend_from_slice(format!("#TS:{now_s}\r\n").as_bytes());
        }
        encode_all(commands, together, &mut aof.db, &mut aof.buffer);
        aof.fed += (aof.buffer.len() - before) as u64;
    }

    /// Writes what has gathered and syncs as configured. Replies to what was changed may go out only behind this.
    /// `force`: a sync under way is no reason to wait.
    #[inline]
    pub fn flush_aof(&mut self, force: bool) {
        if self.aof.mode != Mode::Off {
            self.flush_aof_now(force);
        }
    }

    fn flush_aof_now(&mut self, force: bool) {
        self.note_sync_progress();
        if !self.aof.buffer.is_empty() {
            let postponed = !force && self.postpone_aof_write();
            if postponed || !self.write_aof() {
                return;
            }
        }
        self.sync_aof(force);
        self.wake_synced();
    }

    /// Whether the write waits for a sync under way, which would hold it up.
    fn postpone_aof_write(&mut self) -> bool {
        if self.config.appendfsync != AppendFsync::Everysec || !self.aof.sync_pending() {
            self.aof.postponed_since_ms = None;
            return false;
        }
        let now_ms = self.clock.unix_ms();
        let since_ms = *self.aof.postponed_since_ms.get_or_insert(now_ms);
        if now_ms - since_ms < POSTPONE_MAX_MS {
            return true;
        }
        self.aof.postponed_since_ms = None;
        self.aof.delayed_syncs += 1;
        self.log(
            LogLevel::Notice,
            "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down the server.",
        );
        false
    }

    /// Whether everything is in the file.
    fn write_aof(&mut self) -> bool {
        if self.debug.aof_flush_sleep_us > 0 {
            (self.host.port.sleep_us)(self.debug.aof_flush_sleep_us);
        }
        if let Err(reason) = self.reopen_last_part() {
            self.aof_write_failed(super::AppendError { written: 0, reason });
            return false;
        }
        let started_us = self.latency_start();
        let Aof { files, buffer, .. } = &mut self.aof;
        let Some(files) = files else { return false };
        let result = files.append(buffer);
        if started_us.is_some() {
            let circumstance = if self.aof.sync_pending() {
                "aof-write-pending-fsync"
            } else if self.has_child() {
                "aof-write-active-child"
            } else {
                "aof-write-alone"
            };
            self.latency_end(started_us, circumstance);
            self.latency_end(started_us, "aof-write");
        }
        match result {
            Ok(()) => {
                let len = self.aof.buffer.len() as u64;
                self.note_written(len);
                // A burst must not keep its memory.
                if self.aof.buffer.capacity() > BUFFER_KEPT_BYTES {
                    self.aof.buffer = Vec::new();
                } else {
                    self.aof.buffer.clear();
                }
                if !self.aof.sync_failed && self.aof.write_error.take().is_some() {
                    self.log(
                        LogLevel::Warning,
                        "AOF write error looks solved. The server can write again.",
                    );
                    self.refresh_writes_refused();
                }
                true
            }
            Err(error) => {
                self.aof_write_failed(error);
                false
            }
        }
    }

    fn note_written(&mut self, bytes: u64) {
        self.aof.written += bytes;
        self.aof.file_bytes += bytes;
        self.aof.current_bytes += bytes;
    }

    fn aof_write_failed(&mut self, error: super::AppendError) {
        let now_s = self.clock.unix_s();
        let can_log = now_s - self.aof.error_logged_s > LOG_ERROR_EVERY_S;
        if can_log {
            self.aof.error_logged_s = now_s;
            self.log(LogLevel::Warning, format!("Error writing to the AOF file: {}", error.reason));
        }
        if error.written > 0 {
            // Half a command must not stay: the file ends where it did, or the rest follows.
            let len = self.aof.file_bytes;
            match self.with_aof_files(|files, _| files.cut(len)) {
                Ok(()) => {}
                Err(reason) => {
                    self.aof.buffer.drain(..error.written);
                    self.note_written(error.written as u64);
                    let text = format!(
                        "Could not remove short write from the append-only file. The server may refuse to load the AOF the next time it starts. ftruncate: {reason}"
                    );
                    self.log(LogLevel::Warning, text);
                }
            }
        }
        if self.aof.temporary {
            self.fail_backup(&format!("failed to write INCR AOF: {}", error.reason));
            return;
        }
        if self.config.appendfsync == AppendFsync::Always {
            self.effects.push(Effect::Fatal {
                text: "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting..."
                    .to_owned(),
            });
        }
        self.aof.write_error = Some(error.reason);
        self.refresh_writes_refused();
    }

    fn sync_aof(&mut self, force: bool) {
        if self.aof.synced >= self.aof.written {
            return;
        }
        if self.config.no_appendfsync_on_rewrite && self.has_child() && !force {
            return;
        }
        let now_s = self.clock.unix_s();
        match self.config.appendfsync {
            AppendFsync::Always => self.sync_aof_now(),
            AppendFsync::Everysec if now_s > self.aof.last_sync_s && !self.aof.sync_pending() => {
                self.aof.last_sync_s = now_s;
                let written = self.aof.written;
                if let Some(files) = &mut self.aof.files {
                    files.sync_in_background(written);
                }
            }
            _ => {}
        }
    }

    /// Waits for the disk; after an error nothing can be promised any more.
    pub(super) fn sync_aof_now(&mut self) {
        let started_us = self.clock.monotonic_us_now();
        match self.with_aof_files(|files, _| files.sync()) {
            Ok(()) => {
                self.aof.synced = self.aof.written;
                self.aof.last_sync_s = self.clock.unix_s();
            }
            Err(reason) if self.aof.temporary => {
                self.fail_backup(&format!("failed to write INCR AOF: {reason}"));
            }
            Err(reason) if self.config.appendfsync == AppendFsync::Always => {
                let text = format!(
                    "Can't persist AOF for fsync error when the AOF fsync policy is 'always': {reason}. Exiting..."
                );
                self.effects.push(Effect::Fatal { text });
                self.aof.write_error = Some(reason);
            }
            Err(reason) => {
                self.log(LogLevel::Warning, format!("Fail to fsync the AOF file: {reason}"))
            }
        }
        let passed_us = self.clock.monotonic_us_now().saturating_sub(started_us);
        self.note_latency("aof-fsync-always", passed_us / 1000);
    }

    fn note_sync_progress(&mut self) {
        let Some(files) = &self.aof.files else { return };
        let progress = files.sync_progress();
        self.aof.synced = self.aof.synced.max(progress.synced);
        match progress.error {
            Some(reason) if self.aof.temporary => {
                self.fail_backup(&format!("failed to write INCR AOF: {reason}"));
            }
            Some(reason) if self.aof.write_error.is_none() => {
                self.log(LogLevel::Warning, format!("Fail to fsync the AOF file: {reason}"));
                self.aof.write_error = Some(reason);
                self.aof.sync_failed = true;
                self.refresh_writes_refused();
            }
            // No write comes that could show it while all are refused.
            None if self.aof.sync_failed && !progress.pending => {
                self.log(
                    LogLevel::Warning,
                    "AOF fsync error looks solved. The server can write again.",
                );
                self.aof.write_error = None;
                self.aof.sync_failed = false;
                self.refresh_writes_refused();
            }
            _ => {}
        }
    }

    /// WAITAOF: the client waits until what was changed so far is on the disk; false if it is already.
    pub fn wait_for_aof_sync(&mut self, client: ClientId) -> bool {
        if self.is_aof_synced() {
            return false;
        }
        self.aof.waiting.push((client, self.aof.fed));
        true
    }

    /// The file will not be written any more: whoever waits for it is told so.
    pub(super) fn refuse_aof_waits(&mut self) {
        let for_replicas_too = self.feed.waits.iter().filter(|wait| wait.is_for_disk_here());
        let waiting: Vec<ClientId> = for_replicas_too
            .map(|wait| wait.client)
            .chain(self.aof.waiting.iter().map(|(client, _)| *client))
            .collect();
        for client in waiting {
            self.unblock_with(client, crate::blocking::Unblock::AofOff);
        }
        self.aof.waiting.clear();
    }

    /// The client waits no more.
    pub(crate) fn forget_aof_wait(&mut self, client: ClientId) {
        self.aof.waiting.retain(|(waiting, _)| *waiting != client);
    }

    /// Whether all that was changed is on the disk, in files that count.
    pub fn is_aof_synced(&mut self) -> bool {
        self.note_sync_progress();
        self.aof.mode != Mode::WaitRewrite && self.aof.fed <= self.aof.synced
    }

    /// Answers those who waited for the disk.
    fn wake_synced(&mut self) {
        self.wake_waiting_for_replicas();
        // Until the first rewrite has ended, what is written counts for nothing.
        if self.aof.waiting.is_empty() || self.aof.mode == Mode::WaitRewrite {
            return;
        }
        let synced = self.aof.synced;
        let (done, waiting) =
            std::mem::take(&mut self.aof.waiting).into_iter().partition(|(_, fed)| *fed <= synced);
        self.aof.waiting = waiting;
        let done: Vec<(ClientId, u64)> = done;
        for (client, _) in done {
            self.unblock_with(client, crate::blocking::Unblock::Timeout);
        }
    }
}

/// Capacity that stays with an empty buffer.
const BUFFER_KEPT_BYTES: usize = 64 * 1024;
