//! BACKUP: the dataset as it was at one moment and what was changed since, in files that stay as they are.
//!
//! A backup is taken from the append-only file. A rewrite gives its base, the part that begins with the rewrite gives
//! the changes, and SEAL lists both in a manifest. While `appendonly` is off, the file is written for the backup alone.

use persistence::aof::Manifest;

use super::{Aof, Mode};
use crate::effect::LogLevel;
use crate::error::{CommandError, CommandResult};
use crate::state::State;

/// The directory of backups. Names are those of files in it and in the directory of the append-only file, which is
/// beside it; errors are the system's.
pub trait BackupFiles {
    /// Makes the directory, if there is none; whether it is empty.
    fn prepare(&mut self) -> Result<bool, String>;
    /// Whether the directory of the append-only file is missing or empty.
    fn is_aof_directory_empty(&self) -> bool;
    /// Takes in a part of the append-only file, whose bytes are on the disk, and which is not changed any more; nor
    /// is it copied.
    fn pin(&mut self, name: &str) -> Result<(), String>;
    /// Writes a file, whole or not at all.
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), String>;
    /// Removes all files.
    fn clear(&mut self);
    /// The absolute path of a file.
    fn path_of(&self, name: &str) -> Vec<u8>;
}

/// How far a backup has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Idle,
    /// Waits until a rewrite can begin.
    Pending,
    /// The rewrite is under way.
    Snapshotting,
    /// The base is there, and changes are written behind it.
    Incrementing,
    /// All files are there.
    Sealed,
    Failed,
}

impl Stage {
    /// As BACKUP STATUS tells it.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Idle => "idle",
            Stage::Pending => "pending",
            Stage::Snapshotting => "snapshotting",
            Stage::Incrementing => "incrementing",
            Stage::Sealed => "sealed",
            Stage::Failed => "failed",
        }
    }
}

/// The state of the backup.
#[derive(Default)]
pub struct Backup {
    pub files: Option<Box<dyn BackupFiles>>,
    pub stage: Stage,
    /// Why it has failed.
    pub error: String,
    /// When its rewrite began, and when it was sealed; 0: not yet.
    pub started_s: i64,
    pub ended_s: i64,
    pinned: Vec<String>,
    /// The directory of the append-only file was empty: what is written there for the backup is removed behind it.
    cleans_up: bool,
}

impl Backup {
    /// Whether files are still being gathered.
    pub fn in_progress(&self) -> bool {
        matches!(self.stage, Stage::Pending | Stage::Snapshotting | Stage::Incrementing)
    }

    fn enter(&mut self, stage: Stage) {
        *self = Backup { files: self.files.take(), stage, ..Backup::default() };
    }
}

/// What has gone wrong when a backup was to be sealed: for BACKUP STATUS, for the client, and for the log.
struct SealFailure {
    error: &'static str,
    reply: CommandError,
    reason: String,
}

const UNDER_WAY: CommandError =
    CommandError::constant("ERR A backup is already in progress, ABORT it first");
const SEALED: CommandError = CommandError::constant("ERR A sealed backup exists, CLEANUP it first");
const NOT_STARTED: CommandError =
    CommandError::constant("ERR Can't start the AOF rewrite for the backup");
const NOT_READY: CommandError =
    CommandError::constant("ERR No backup ready to seal (must be in the incrementing state)");
const NOT_WRITTEN: CommandError =
    CommandError::constant("ERR Can't write the INCR AOF for the backup");
const NOT_PINNED: CommandError =
    CommandError::constant("ERR Can't pin the INCR AOF for the backup");
const NOT_LISTED: CommandError = CommandError::constant("ERR Can't write the backup manifest");
const NONE: CommandError = CommandError::constant("ERR No backup in progress");
const IN_PROGRESS: CommandError = CommandError::constant("ERR Backup is in progress");

impl State {
    /// BACKUP START: begins with a rewrite, at once or as soon as one can begin.
    pub fn start_backup(&mut self) -> CommandResult {
        if self.aof.backup.in_progress() {
            return Err(UNDER_WAY);
        }
        if self.aof.backup.stage == Stage::Sealed {
            return Err(SEALED);
        }
        let directory = String::from_utf8_lossy(&self.config.backupdirname).into_owned();
        let empty = self.with_backup_files(|files| files.prepare()).map_err(|reason| {
            CommandError::err(format!("Can't create backup directory {directory}: {reason}"))
        })?;
        if !empty {
            let text = format!("Backup directory {directory} is not empty, CLEANUP it first");
            return Err(CommandError::err(text));
        }
        self.aof.backup.enter(Stage::Pending);
        if self.aof.mode != Mode::Off && self.aof.child.is_some() {
            // A rewrite is under way whose base and changes will do.
            self.backup_rewrite_begun();
            return Ok(());
        }
        // Inside a transaction the process would see half of it.
        if self.has_child() || self.is_in_transaction() {
            return Ok(());
        }
        self.begin_backup()
    }

    /// A rewrite can begin.
    pub(super) fn begin_backup(&mut self) -> CommandResult {
        let temporary = self.aof.mode == Mode::Off;
        if temporary {
            let empty = self.with_backup_files(|files| Ok(files.is_aof_directory_empty()));
            self.aof.backup.cleans_up = empty.unwrap_or(false);
            self.aof.temporary = true;
            self.take_changes();
        }
        let begun = self.begin_rewrite();
        begun.map_err(|reason| {
            self.log(LogLevel::Warning, reason);
            self.fail_backup(if temporary {
                "failed to temporarily enable AOF for backup"
            } else {
                "failed to start AOF rewrite for backup"
            });
            NOT_STARTED
        })
    }

    /// A rewrite has begun, and what is changed from now on goes to a part of its own.
    pub(super) fn backup_rewrite_begun(&mut self) {
        if self.aof.backup.stage == Stage::Pending && self.aof.mode != Mode::Off {
            self.aof.backup.stage = Stage::Snapshotting;
            self.aof.backup.started_s = self.clock.unix_s();
        }
    }

    /// The rewrite has ended, well or with a reason.
    pub(super) fn backup_rewrite_ended(&mut self, failure: Option<String>) {
        if self.aof.backup.stage != Stage::Snapshotting {
            return;
        }
        if let Some(reason) = failure {
            self.fail_backup(&format!("snapshot rewrite failed: {reason}"));
            return;
        }
        let base =
            self.aof.manifest.base.as_ref().map(|base| base.name.clone()).unwrap_or_default();
        match self.with_backup_files(|files| files.pin(&base)) {
            Ok(()) => {
                let text = format!("BACKUP: snapshot pinned ({base}), now accumulating writes");
                self.log(LogLevel::Notice, text);
                self.aof.backup.pinned = vec![base];
                self.aof.backup.stage = Stage::Incrementing;
            }
            Err(reason) => {
                self.log(LogLevel::Warning, format!("BACKUP: can't pin {base}: {reason}"));
                self.fail_backup("failed to pin snapshot file");
            }
        }
    }

    /// Gives up a backup that is not sealed yet, and removes what there is of it.
    pub fn fail_backup(&mut self, error: &str) {
        if !self.aof.backup.in_progress() {
            return;
        }
        self.aof.backup.stage = Stage::Failed;
        error.clone_into(&mut self.aof.backup.error);
        self.log(LogLevel::Warning, format!("BACKUP: failed: {error}"));
        self.clear_backup();
        if self.aof.temporary {
            // Nobody needs what it holds.
            self.aof.buffer.clear();
            self.end_temporary_aof();
            self.remove_temporary_aof();
        }
    }

    fn clear_backup(&mut self) {
        self.aof.backup.pinned.clear();
        // Where there is no disk there is nothing to remove.
        let _ = self.with_backup_files(|files| {
            files.clear();
            Ok(())
        });
    }

    /// BACKUP ABORT.
    pub fn abort_backup(&mut self) -> CommandResult {
        if !self.aof.backup.in_progress() {
            return Err(NONE);
        }
        self.fail_backup("aborted by user");
        Ok(())
    }

    /// BACKUP CLEANUP: removes all files, those that a server before has left as well.
    pub fn clean_up_backup(&mut self) -> CommandResult {
        if self.aof.backup.in_progress() {
            return Err(IN_PROGRESS);
        }
        self.clear_backup();
        self.aof.backup.enter(Stage::Idle);
        Ok(())
    }

    /// BACKUP SEAL: the backup ends with what has been changed until now.
    pub fn seal_backup(&mut self) -> CommandResult {
        if self.aof.backup.stage != Stage::Incrementing {
            return Err(NOT_READY);
        }
        let temporary = self.aof.temporary;
        let sealed = self.flush_for_backup().and_then(|()| self.pin_changes());
        let result = match sealed {
            Ok(pinned) => {
                self.aof.backup.pinned.extend(pinned);
                self.aof.backup.stage = Stage::Sealed;
                self.aof.backup.ended_s = self.clock.unix_s();
                let directory = String::from_utf8_lossy(&self.config.backupdirname).into_owned();
                self.log(LogLevel::Notice, format!("BACKUP: sealed backup in {directory}"));
                Ok(())
            }
            Err(failure) => {
                self.log(LogLevel::Warning, format!("BACKUP: {}", failure.reason));
                self.fail_backup(failure.error);
                Err(failure.reply)
            }
        };
        if temporary {
            self.remove_temporary_aof();
        }
        result
    }

    /// All that has been changed is on the disk.
    fn flush_for_backup(&mut self) -> Result<(), SealFailure> {
        self.flush_aof(true);
        self.sync_aof_now();
        let kept = self.aof.buffer.is_empty() && self.aof.synced >= self.aof.written;
        // What the file was written for may have been given up on the way.
        if kept && self.aof.mode == Mode::On {
            return Ok(());
        }
        let told = self.aof.write_error.as_ref().or(Some(&self.aof.backup.error));
        let told = told.filter(|told| !told.is_empty()).map_or("it cannot be synced", |told| told);
        let reason = format!("can't write the INCR AOF: {told}");
        Err(SealFailure { error: "failed to write INCR AOF", reply: NOT_WRITTEN, reason })
    }

    /// Ends the last part and takes it in, and all others, with a list; the new files.
    fn pin_changes(&mut self) -> Result<Vec<String>, SealFailure> {
        let manifest = self.sealed_manifest();
        if self.aof.temporary {
            self.end_temporary_aof();
        } else {
            // First: a part that is pinned must not be appended to.
            self.begin_part(true).map_err(|reason| SealFailure {
                error: "failed to open a new INCR AOF",
                reply: NOT_PINNED,
                reason,
            })?;
        }
        let mut pinned: Vec<String> = Vec::new();
        for part in &manifest.incr {
            self.with_backup_files(|files| files.pin(&part.name)).map_err(|reason| {
                let reason = format!("can't pin {}: {reason}", part.name);
                SealFailure { error: "failed to pin INCR AOF", reply: NOT_PINNED, reason }
            })?;
            pinned.push(part.name.clone());
        }
        let name = Aof::manifest_name(self);
        let text = manifest.to_text();
        self.with_backup_files(|files| files.write(&name, &text)).map_err(|reason| {
            SealFailure {
                error: "failed to write backup manifest",
                reply: NOT_LISTED,
                reason: format!("can't write {name}: {reason}"),
            }
        })?;
        pinned.push(name);
        Ok(pinned)
    }

    fn sealed_manifest(&self) -> Manifest {
        let mut manifest = self.aof.manifest.clone();
        manifest.history.clear();
        manifest.end_last(i64::try_from(self.feed.offset).unwrap_or(i64::MAX));
        manifest
    }

    /// The append-only file was written for the backup alone, and is not any more.
    fn end_temporary_aof(&mut self) {
        // A rewrite that was asked for meanwhile still has to come.
        let scheduled = self.aof.scheduled;
        self.end_aof();
        self.aof.scheduled = scheduled;
        self.aof.temporary = false;
    }

    /// Removes the files it has left, unless others were there before.
    fn remove_temporary_aof(&mut self) {
        if !std::mem::take(&mut self.aof.backup.cleans_up) {
            return;
        }
        let mut manifest = std::mem::take(&mut self.aof.manifest);
        let name = Aof::manifest_name(self);
        // A rewrite that could not be ended may have left files that are not listed yet.
        let stem = Aof::stem(self);
        manifest.replace_base(&stem, self.config.aof_use_rdb_preamble, 0);
        manifest.add_incr(&stem, 0);
        // What cannot be removed does no harm while `appendonly` is off.
        let _ = self.with_aof_files(|files, _| {
            files.remove(&name);
            for info in manifest.parts().chain(&manifest.history) {
                files.remove(&info.name);
            }
            Ok(())
        });
    }

    /// `appendonly` has been turned on: what was written for the backup is the append-only file from now on.
    pub(super) fn keep_temporary_aof(&mut self) {
        self.aof.temporary = false;
        self.aof.backup.cleans_up = false;
    }

    /// The files there are, by their absolute paths.
    pub fn backup_paths(&self) -> Vec<Vec<u8>> {
        let Some(files) = &self.aof.backup.files else { return Vec::new() };
        self.aof.backup.pinned.iter().map(|name| files.path_of(name)).collect()
    }

    /// A sealed backup does not stay for longer than configured.
    pub(super) fn expire_backup(&mut self) {
        let ttl_s = self.config.backup_sealed_ttl;
        if self.aof.backup.stage != Stage::Sealed || ttl_s <= 0 {
            return;
        }
        if self.clock.unix_s().saturating_sub(self.aof.backup.ended_s) >= ttl_s {
            let text = format!("BACKUP: auto cleaning sealed backup after {ttl_s} seconds");
            self.log(LogLevel::Notice, text);
            self.clear_backup();
            self.aof.backup.enter(Stage::Idle);
        }
    }

    fn with_backup_files<R>(
        &mut self,
        body: impl FnOnce(&mut dyn BackupFiles) -> Result<R, String>,
    ) -> Result<R, String> {
        match &mut self.aof.backup.files {
            Some(files) => body(&mut **files),
            None => Err("there is no disk".to_owned()),
        }
    }
}
