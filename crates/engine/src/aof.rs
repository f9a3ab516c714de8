//! The append-only file: every change, written behind the others, so that a start finds all that was acknowledged.
//!
//! The engine decides what is written and when it is synced; the files themselves are the shell's ([`AofFiles`]).

mod as_commands;
mod backup;
mod feed;
mod load;
mod preload;
mod rewrite;
mod stream_as_commands;

pub use backup::{Backup, BackupFiles, Stage};
pub use load::AofLoadError;
pub use rewrite::RewriteError;

use persistence::aof::Manifest;

use crate::client::ClientId;
use crate::host::FileInput;
use crate::state::State;

/// Why an append failed, and how many bytes of it are in the file all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendError {
    pub written: usize,
    pub reason: String,
}

/// How far the syncing thread has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncProgress {
    /// A sync was asked for and has not ended.
    pub pending: bool,
    /// All bytes up to here are on the disk.
    pub synced: u64,
    pub error: Option<String>,
}

/// The directory of the append-only file. Names are those of files in it; errors are for the log.
pub trait AofFiles {
    /// The whole of a small file; `None` if there is none.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String>;
    /// Opens a file to be read; `None` if there is none.
    fn input(&self, name: &str) -> Result<Option<FileInput>, String>;
    fn exists(&self, name: &str) -> bool;
    /// Whether the working directory has such a file.
    fn exists_outside(&self, name: &str) -> bool;
    /// Moves a file of the working directory here.
    fn adopt(&mut self, outside: &str, name: &str) -> Result<(), String>;
    /// Makes a new, empty file the one that is appended to.
    fn create(&mut self, name: &str) -> Result<(), String>;
    /// Appends to this file from now on; its size.
    fn open(&mut self, name: &str) -> Result<u64, String>;
    /// Appends to no file any more.
    fn close(&mut self);
    fn append(&mut self, bytes: &[u8]) -> Result<(), AppendError>;
    /// Cuts the file that is appended to.
    fn cut(&mut self, len: u64) -> Result<(), String>;
    /// Waits until all that was appended is on the disk.
    fn sync(&mut self) -> Result<(), String>;
    /// Has a thread do that; `written` is what [`SyncProgress::synced`] will say.
    fn sync_in_background(&mut self, written: u64);
    fn sync_progress(&self) -> SyncProgress;
    /// Gives a file new contents, whole or not at all.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), String>;
    /// Cuts a file that is not appended to.
    fn truncate(&mut self, name: &str, len: u64) -> Result<(), String>;
    fn rename(&mut self, from: &str, to: &str) -> Result<(), String>;
    /// Takes in a file from elsewhere under this name, in the place of what has it; the same bytes, on the disk.
    fn take_in(&mut self, path: &[u8], name: &str) -> Result<(), String>;
    /// Whether a path means this file.
    fn is_at(&self, path: &[u8], name: &str) -> bool;
    fn remove(&mut self, name: &str);
    fn size(&self, name: &str) -> u64;
    /// Writes the dataset to a new file, here and now.
    fn write_base(&mut self, state: &State, name: &str) -> Result<(), String>;
    /// Starts a process that writes the dataset to a file outside of the directory; its number.
    fn fork_rewrite(&mut self, state: &mut State) -> Result<i32, String>;
    /// The name of what such a process writes.
    fn rewritten_name(&self, process_id: i32) -> String;
}

/// Whether changes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Off,
    /// To a file that counts only once the first rewrite has ended.
    WaitRewrite,
    On,
}

/// A process that writes the dataset.
#[derive(Clone, Copy, Debug)]
struct Child {
    process_id: i32,
    started_s: i64,
}

/// The state of the append-only file.
pub struct Aof {
    pub files: Option<Box<dyn AofFiles>>,
    pub mode: Mode,
    /// It is written for a backup alone: `appendonly` is off.
    temporary: bool,
    /// What is appended to is not listed: the next write must go to the last part that is.
    reopens: bool,
    pub backup: Backup,
    manifest: Manifest,
    /// Bytes that wait to be written.
    buffer: Vec<u8>,
    /// The database that the bytes so far have selected.
    db: Option<usize>,
    /// The last timestamp written among the commands.
    stamped_s: i64,
    /// Bytes since the start of the server: handed over, in the file, on the disk.
    fed: u64,
    written: u64,
    synced: u64,
    /// Of the file that is appended to.
    file_bytes: u64,
    /// Of all parts, now and after the last rewrite.
    pub current_bytes: u64,
    pub base_bytes: u64,
    last_sync_s: i64,
    postponed_since_ms: Option<i64>,
    pub delayed_syncs: u64,
    /// Why the last write failed.
    write_error: Option<String>,
    /// It was a sync in the background that failed; the next one that does not sets it right.
    sync_failed: bool,
    error_logged_s: i64,
    child: Option<Child>,
    pub scheduled: bool,
    pub last_rewrite_succeeded: bool,
    pub last_rewrite_duration_s: i64,
    pub rewrites: u64,
    pub failures_in_row: u64,
    /// Before then no rewrite begins by itself.
    not_before_s: Option<i64>,
    delay_minutes: i64,
    /// WAITAOF: who waits until so many bytes are on the disk.
    waiting: Vec<(ClientId, u64)>,
}

impl Default for Aof {
    fn default() -> Aof {
        Aof {
            files: None,
            mode: Mode::Off,
            temporary: false,
            reopens: false,
            backup: Backup::default(),
            manifest: Manifest::default(),
            buffer: Vec::new(),
            db: None,
            stamped_s: 0,
            fed: 0,
            written: 0,
            synced: 0,
            file_bytes: 0,
            current_bytes: 0,
            base_bytes: 0,
            last_sync_s: 0,
            postponed_since_ms: None,
            delayed_syncs: 0,
            write_error: None,
            sync_failed: false,
            error_logged_s: 0,
            child: None,
            scheduled: false,
            last_rewrite_succeeded: true,
            last_rewrite_duration_s: -1,
            rewrites: 0,
            failures_in_row: 0,
            not_before_s: None,
            delay_minutes: 0,
            waiting: Vec::new(),
        }
    }
}

impl Aof {
    /// The process that rewrites.
    pub fn child(&self) -> Option<i32> {
        self.child.map(|child| child.process_id)
    }

    /// Seconds the rewrite has taken so far; -1 if there is none.
    pub fn current_duration_s(&self, now_s: i64) -> i64 {
        self.child.map_or(-1, |child| now_s - child.started_s)
    }

    /// Why the last write failed, if it did.
    pub fn write_error(&self) -> Option<&str> {
        self.write_error.as_deref()
    }

    /// Whether writing is in trouble: what was found out must be told before anybody is replied to.
    pub fn fails(&self) -> bool {
        self.write_error.is_some()
    }

    /// Whether changes are written because `appendonly` says so.
    pub fn is_on(&self) -> bool {
        self.mode != Mode::Off && !self.temporary
    }

    /// Bytes that were handed over since the start of the server.
    pub fn fed_bytes(&self) -> u64 {
        self.fed
    }

    /// Whether so much of what was written is on the disk, in files that count.
    pub fn is_kept(&self, written: u64) -> bool {
        self.mode != Mode::WaitRewrite && written <= self.synced
    }

    pub fn buffered_bytes(&self) -> usize {
        self.buffer.len()
    }

    pub fn sync_pending(&self) -> bool {
        self.files.as_ref().is_some_and(|files| files.sync_progress().pending)
    }

    /// What the names of all files begin with.
    fn stem(state: &State) -> String {
        String::from_utf8_lossy(&state.config.appendfilename).into_owned()
    }

    fn manifest_name(state: &State) -> String {
        format!("{}.manifest", Aof::stem(state))
    }
}

impl State {
    /// Does something with the files while the state is without them.
    fn with_aof_files<R>(
        &mut self,
        body: impl FnOnce(&mut dyn AofFiles, &mut State) -> Result<R, String>,
    ) -> Result<R, String> {
        let Some(mut files) = self.aof.files.take() else {
            return Err("there is no disk".to_owned());
        };
        let result = body(&mut *files, self);
        self.aof.files = Some(files);
        result
    }

    /// Writes a manifest and, if that went well, goes by it.
    fn use_manifest(&mut self, manifest: Manifest) -> Result<(), String> {
        let text = manifest.to_text();
        self.with_aof_files(|files, state| files.replace(&Aof::manifest_name(state), &text))?;
        self.aof.manifest = manifest;
        Ok(())
    }

    /// Removes the files that the manifest calls history, unless that is disabled.
    pub(crate) fn remove_aof_history(&mut self) {
        if self.config.aof_disable_auto_gc || self.aof.manifest.history.is_empty() {
            return;
        }
        let mut manifest = self.aof.manifest.clone();
        for info in std::mem::take(&mut manifest.history) {
            let text = format!("Removing the history file {} in the background", info.name);
            self.log(crate::effect::LogLevel::Notice, text);
            // Whether it can be removed shows at the next start at the latest.
            let _ = self.with_aof_files(|files, _| {
                files.remove(&info.name);
                Ok(())
            });
        }
        // The old manifest lists files that are gone, which does no harm.
        if let Err(reason) = self.use_manifest(manifest) {
            self.log(crate::effect::LogLevel::Warning, reason);
        }
    }

    /// Bytes of all parts, as the directory has them.
    fn measure_aof(&mut self) -> u64 {
        let names: Vec<String> = self.aof.manifest.parts().map(|info| info.name.clone()).collect();
        self.aof.files.as_ref().map_or(0, |files| names.iter().map(|name| files.size(name)).sum())
    }
}
