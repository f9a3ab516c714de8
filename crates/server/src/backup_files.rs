//! The directory of backups, as the engine asks for it.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use engine::aof::BackupFiles;
use sys::background::Job;

use crate::disk;
use crate::listen::describe;
use crate::log::log;
use crate::startup::path_of;

/// See the module text.
pub struct BackupDirectory {
    name: PathBuf,
    /// The directory of the append-only file.
    parts: PathBuf,
    /// The absolute path since the directory was made: the working directory may become another.
    path: Option<PathBuf>,
    queue: Sender<Job>,
}

impl BackupDirectory {
    pub fn new(config: &config::Config, queue: Sender<Job>) -> BackupDirectory {
        BackupDirectory {
            name: path_of(&config.backupdirname).to_owned(),
            parts: path_of(&config.appenddirname).to_owned(),
            path: None,
            queue,
        }
    }

    fn path(&self) -> PathBuf {
        match &self.path {
            Some(path) => path.clone(),
            None => std::path::absolute(&self.name).unwrap_or_else(|_| self.name.clone()),
        }
    }

    fn try_clear(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(self.path())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                log!(Warning, "BACKUP: leaving {} alone, a directory", entry.path().display());
            } else {
                disk::remove_in_background(&self.queue, &entry.path())?;
            }
        }
        File::open(self.path())?.sync_all()
    }
}

fn told(error: io::Error) -> String {
    describe(&error).to_string()
}

impl BackupFiles for BackupDirectory {
    fn prepare(&mut self) -> Result<bool, String> {
        let path = std::path::absolute(&self.name).map_err(told)?;
        let made = std::fs::DirBuilder::new().mode(0o755).create(&path);
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(told(error)),
            // Without its name on the disk, what is in it could be lost.
            Ok(()) => File::open(".").and_then(|folder| folder.sync_all()).map_err(told)?,
            Err(_) if !path.is_dir() => return Err("Not a directory".to_owned()),
            Err(_) => {}
        }
        let empty = std::fs::read_dir(&path).map_err(told)?.next().is_none();
        self.path = Some(path);
        Ok(empty)
    }

    fn is_aof_directory_empty(&self) -> bool {
        std::fs::read_dir(&self.parts).map_or_else(
            |error| error.kind() == io::ErrorKind::NotFound,
            |mut entries| entries.next().is_none(),
        )
    }

    fn pin(&mut self, name: &str) -> Result<(), String> {
        std::fs::hard_link(self.parts.join(name), self.path().join(name))
            .and_then(|()| File::open(self.path())?.sync_all())
            .map_err(told)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let folder = self.path();
        disk::replace(&folder.join(name), &folder.join(format!("temp-{name}")), bytes).map_err(told)
    }

    fn clear(&mut self) {
        match self.try_clear() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                log!(
                    Warning,
                    "BACKUP: can't remove all of {}: {}",
                    self.path().display(),
                    told(error)
                );
            }
            _ => {}
        }
        self.path = None;
    }

    fn path_of(&self, name: &str) -> Vec<u8> {
        self.path().join(name).as_os_str().as_bytes().to_vec()
    }
}
