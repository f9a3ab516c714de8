//! A disk in memory that fails when it is told to: the directory of the append-only file, and that of backups.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::State;
use engine::aof::{AofFiles, AppendError, BackupFiles, SyncProgress};
use engine::host::FileInput;

/// Number of the process that "rewrites"; it has ended as soon as it was started.
pub const CHILD: i32 = 4711;

/// A file: its bytes, and how many of them a loss of power leaves.
#[derive(Clone, Default)]
pub struct FileState {
    pub bytes: Vec<u8>,
    synced: usize,
}

/// What the disk holds. From operation `fails_from` on, every one fails, and operation `fails_at` fails; an append leaves
/// half of itself.
#[derive(Default)]
pub struct Disk {
    pub files: BTreeMap<String, FileState>,
    pub outside: BTreeMap<String, Vec<u8>>,
    /// The directory of backups, if there is one.
    pub backup: Option<BTreeMap<String, Vec<u8>>>,
    /// Files elsewhere, by their paths.
    pub elsewhere: BTreeMap<String, Vec<u8>>,
    current: Option<String>,
    progress: SyncProgress,
    pub operations: usize,
    pub fails_from: Option<usize>,
    pub fails_at: Option<usize>,
}

impl Disk {
    fn step(&mut self) -> Result<(), String> {
        let number = self.operations;
        self.operations += 1;
        let fails =
            self.fails_from.is_some_and(|from| number >= from) || self.fails_at == Some(number);
        if fails { Err("Input/output error".to_owned()) } else { Ok(()) }
    }

    fn current(&mut self) -> &mut FileState {
        let name = self.current.clone().expect("a file is open");
        self.files.get_mut(&name).expect("what is open is there")
    }

    /// All works from now on.
    pub fn heal(&mut self) {
        self.fails_from = None;
        self.fails_at = None;
    }

    /// The power goes and comes back.
    pub fn lose_power(&mut self) {
        for file in self.files.values_mut() {
            file.bytes.truncate(file.synced);
        }
        self.current = None;
        self.heal();
        self.progress = SyncProgress::default();
    }
}

/// Shares the disk between a test and the server on it.
pub struct Handle(pub Rc<RefCell<Disk>>);

impl AofFiles for Handle {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.borrow().files.get(name).map(|file| file.bytes.clone()))
    }

    fn input(&self, name: &str) -> Result<Option<FileInput>, String> {
        Ok(self.read(name)?.map(FileInput::from))
    }

    fn exists(&self, name: &str) -> bool {
        self.0.borrow().files.contains_key(name)
    }

    fn exists_outside(&self, name: &str) -> bool {
        self.0.borrow().outside.contains_key(name)
    }

    fn adopt(&mut self, outside: &str, name: &str) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let bytes = disk.outside.remove(outside).ok_or("No such file or directory")?;
        let synced = bytes.len();
        disk.files.insert(name.to_owned(), FileState { bytes, synced });
        Ok(())
    }

    fn create(&mut self, name: &str) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        disk.files.insert(name.to_owned(), FileState::default());
        disk.current = Some(name.to_owned());
        disk.progress.error = None;
        Ok(())
    }

    fn open(&mut self, name: &str) -> Result<u64, String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        disk.files.entry(name.to_owned()).or_default();
        disk.current = Some(name.to_owned());
        Ok(disk.current().bytes.len() as u64)
    }

    fn close(&mut self) {
        self.0.borrow_mut().current = None;
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), AppendError> {
        let mut disk = self.0.borrow_mut();
        if disk.current.is_none() {
            return Err(AppendError { written: 0, reason: "no file is open".to_owned() });
        }
        let result = disk.step();
        let written = if result.is_ok() { bytes.len() } else { bytes.len() / 2 };
        disk.current().bytes.extend_from_slice(&bytes[..written]);
        result.map_err(|reason| AppendError { written, reason })
    }

    fn cut(&mut self, len: u64) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        if disk.current.is_some() {
            disk.current().bytes.truncate(usize::try_from(len).expect("small files"));
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        if disk.current.is_none() {
            return Ok(());
        }
        let file = disk.current();
        file.synced = file.bytes.len();
        Ok(())
    }

    fn sync_in_background(&mut self, written: u64) {
        let result = self.sync();
        let progress = &mut self.0.borrow_mut().progress;
        progress.error = result.err();
        if progress.error.is_none() {
            progress.synced = written;
        }
    }

    fn sync_progress(&self) -> SyncProgress {
        self.0.borrow().progress.clone()
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let file = FileState { bytes: bytes.to_vec(), synced: bytes.len() };
        disk.files.insert(name.to_owned(), file);
        Ok(())
    }

    fn truncate(&mut self, name: &str, len: u64) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let file = disk.files.get_mut(name).ok_or("No such file or directory")?;
        file.bytes.truncate(usize::try_from(len).expect("small files"));
        file.synced = file.bytes.len();
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let file = disk.files.remove(from).ok_or("No such file or directory")?;
        if disk.current.as_deref() == Some(from) {
            disk.current = Some(to.to_owned());
        }
        disk.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn take_in(&mut self, path: &[u8], name: &str) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let path = String::from_utf8_lossy(path);
        let bytes = disk.elsewhere.get(&*path).ok_or("No such file or directory")?.clone();
        let synced = bytes.len();
        disk.files.insert(name.to_owned(), FileState { bytes, synced });
        Ok(())
    }

    fn is_at(&self, _path: &[u8], _name: &str) -> bool {
        false
    }

    fn remove(&mut self, name: &str) {
        self.0.borrow_mut().files.remove(name);
    }

    fn size(&self, name: &str) -> u64 {
        self.0.borrow().files.get(name).map_or(0, |file| file.bytes.len() as u64)
    }

    fn write_base(&mut self, state: &State, name: &str) -> Result<(), String> {
        self.replace(name, &base(state))
    }

    fn fork_rewrite(&mut self, state: &mut State) -> Result<i32, String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let name = self.rewritten_name(CHILD);
        disk.outside.insert(name, base(state));
        Ok(CHILD)
    }

    fn rewritten_name(&self, process_id: i32) -> String {
        format!("rewritten-{process_id}")
    }
}

fn base(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    state
        .write_aof_base(&mut |part: &[u8]| {
            bytes.extend_from_slice(part);
            Ok::<(), String>(())
        })
        .expect("memory takes everything");
    bytes
}

impl BackupFiles for Handle {
    fn prepare(&mut self) -> Result<bool, String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        Ok(disk.backup.get_or_insert_default().is_empty())
    }

    fn is_aof_directory_empty(&self) -> bool {
        self.0.borrow().files.is_empty()
    }

    fn pin(&mut self, name: &str) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let file = disk.files.get(name).ok_or("No such file or directory")?;
        assert_eq!(file.synced, file.bytes.len(), "what is pinned is on the disk");
        let bytes = file.bytes.clone();
        disk.backup.as_mut().ok_or("No such file or directory")?.insert(name.to_owned(), bytes);
        Ok(())
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        let backup = disk.backup.as_mut().ok_or("No such file or directory")?;
        backup.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn clear(&mut self) {
        if let Some(files) = &mut self.0.borrow_mut().backup {
            files.clear();
        }
    }

    fn path_of(&self, name: &str) -> Vec<u8> {
        format!("/backup/{name}").into_bytes()
    }
}
