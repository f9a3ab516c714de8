//! The directory of the append-only file, as the engine asks for it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use engine::State;
use engine::aof::{AofFiles, AppendError, SyncProgress};
use engine::host::FileInput;
use sys::background::Job;
use sys::poll::Waker;

use crate::disk;
use crate::listen::describe;
use crate::log::log;
use crate::startup::path_of;

/// See the module text.
pub struct AofDirectory {
    path: PathBuf,
    /// What is appended to, and how many bytes it has.
    current: Option<(Arc<File>, u64)>,
    progress: Arc<Mutex<SyncProgress>>,
    queue: Sender<Job>,
    waker: Arc<Waker>,
}

impl AofDirectory {
    pub fn new(config: &config::Config, queue: Sender<Job>, waker: Arc<Waker>) -> AofDirectory {
        AofDirectory {
            path: path_of(&config.appenddirname).to_owned(),
            current: None,
            progress: Arc::default(),
            queue,
            waker,
        }
    }

    fn of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes the directory, which may be there.
    fn make(&self) -> io::Result<()> {
        match std::fs::DirBuilder::new().mode(0o755).create(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// So that names, too, are on the disk.
    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn failed(&self, name: &str, error: &io::Error) -> String {
        format!("{}: {}", self.of(name).display(), describe(error))
    }

    fn write_whole(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.make()?;
        disk::replace(&self.of(name), &self.of(&format!("temp-{name}")), bytes)
    }
}

impl AofFiles for AofDirectory {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match std::fs::read(self.of(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(describe(&error).to_string()),
        }
    }

    fn input(&self, name: &str) -> Result<Option<FileInput>, String> {
        disk::open(&self.of(name)).map_err(|error| describe(&error))
    }

    fn exists(&self, name: &str) -> bool {
        self.of(name).is_file()
    }

    fn exists_outside(&self, name: &str) -> bool {
        Path::new(name).is_file()
    }

    fn adopt(&mut self, outside: &str, name: &str) -> Result<(), String> {
        self.make()
            .and_then(|()| std::fs::rename(outside, self.of(name)))
            .and_then(|()| self.sync_names())
            .map_err(|error| self.failed(name, &error))
    }

    fn create(&mut self, name: &str) -> Result<(), String> {
        let file = self.make().and_then(|()| File::create(self.of(name)));
        let file = file.map_err(|error| self.failed(name, &error))?;
        self.current = Some((Arc::new(file), 0));
        // What has happened to another file is no reason to mistrust this one.
        self.change_progress(|progress| progress.error = None);
        Ok(())
    }

    fn open(&mut self, name: &str) -> Result<u64, String> {
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.of(name))
            .and_then(|file| file.metadata().map(|facts| (file, facts.len())));
        let (file, len) = opened.map_err(|error| self.failed(name, &error))?;
        self.current = Some((Arc::new(file), len));
        Ok(len)
    }

    fn close(&mut self) {
        self.current = None;
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), AppendError> {
        let Some((file, len)) = &mut self.current else {
            return Err(AppendError { written: 0, reason: "no file is open".to_owned() });
        };
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match (&**file).write(rest) {
                Ok(0) => {
                    return Err(AppendError { written, reason: "nothing was written".to_owned() });
                }
                Ok(count) => {
                    written += count;
                    *len += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(AppendError { written, reason: describe(&error).to_string() });
                }
            }
        }
        Ok(())
    }

    fn cut(&mut self, len: u64) -> Result<(), String> {
        use std::io::{Seek as _, SeekFrom};
        let Some((file, have)) = &mut self.current else { return Ok(()) };
        file.set_len(len)
            .and_then(|()| (&**file).seek(SeekFrom::Start(len)))
            .map_err(|error| describe(&error).to_string())?;
        *have = len;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), String> {
        let Some((file, _)) = &self.current else { return Ok(()) };
        file.sync_data().map_err(|error| describe(&error).to_string())
    }

    fn sync_in_background(&mut self, written: u64) {
        let Some((file, _)) = &self.current else { return };
        let (file, progress, waker) = (file.clone(), self.progress.clone(), self.waker.clone());
        self.change_progress(|progress| progress.pending = true);
        let job: Job = Box::new(move || {
            let result = file.sync_data();
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.pending = false;
            match result {
                Ok(()) => {
                    progress.synced = written;
                    progress.error = None;
                }
                Err(error) => progress.error = Some(describe(&error).to_string()),
            }
            drop(progress);
            waker.wake();
        });
        if let Err(unsent) = self.queue.send(job) {
            // The thread has ended: here, then.
            (unsent.0)();
        }
    }

    fn sync_progress(&self) -> SyncProgress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.write_whole(name, bytes).map_err(|error| self.failed(name, &error))
    }

    fn truncate(&mut self, name: &str, len: u64) -> Result<(), String> {
        OpenOptions::new()
            .write(true)
            .open(self.of(name))
            .and_then(|file| file.set_len(len).and_then(|()| file.sync_all()))
            .map_err(|error| self.failed(name, &error))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), String> {
        std::fs::rename(self.of(from), self.of(to))
            .and_then(|()| self.sync_names())
            .map_err(|error| self.failed(from, &error))
    }

    fn take_in(&mut self, path: &[u8], name: &str) -> Result<(), String> {
        self.bring(path_of(path), &self.of(name))
            .map_err(|error| format!("{}: {}", path_of(path).display(), describe(&error)))
    }

    fn is_at(&self, path: &[u8], name: &str) -> bool {
        match (path_of(path).canonicalize(), self.of(name).canonicalize()) {
            (Ok(there), Ok(here)) => there == here,
            _ => false,
        }
    }

    fn remove(&mut self, name: &str) {
        // It may be gone already.
        let _ = disk::remove_in_background(&self.queue, &self.of(name));
    }

    fn size(&self, name: &str) -> u64 {
        std::fs::metadata(self.of(name)).map_or(0, |facts| facts.len())
    }

    fn write_base(&mut self, state: &State, name: &str) -> Result<(), String> {
        self.make()
            .and_then(|()| disk::write_aof_base(state, &self.of(name)))
            .and_then(|()| self.sync_names())
            .map_err(|error| self.failed(name, &error))
    }

    fn fork_rewrite(&mut self, state: &mut State) -> Result<i32, String> {
        disk::fork_rewrite(state)
    }

    fn rewritten_name(&self, process_id: i32) -> String {
        disk::rewritten_name(process_id)
    }
}

impl AofDirectory {
    /// The same bytes under another name, or, on another file system, a copy.
    fn bring(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.make()?;
        // A link to the link would be none to the file.
        let from = from.canonicalize()?;
        File::open(&from)?.sync_all()?;
        match std::fs::remove_file(to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if let Err(error) = std::fs::hard_link(&from, to) {
            log!(
                Notice,
                "Can't hard-link preload file {} as {}, copying it instead: {}",
                from.display(),
                to.display(),
                describe(&error)
            );
            let copied = std::fs::copy(&from, to).and_then(|_| File::open(to)?.sync_all());
            // Half a copy is of no use.
            copied.inspect_err(|_| drop(std::fs::remove_file(to)))?;
        }
        self.sync_names()
    }

    fn change_progress(&self, change: impl FnOnce(&mut SyncProgress)) {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
