//! The append-only file on a disk that fails: nothing acknowledged is lost, and what was refused is told.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use config::Config;
use config::enums::AppendFsync;
use engine::aof::{AofFiles, AppendError, SyncProgress};
use engine::{ClientId, Effect, State};

use crate::in_process::InProcess;

/// Number of the process that "rewrites"; it has ended as soon as it was started.
const CHILD: i32 = 4711;

/// A file: its bytes, and how many of them a loss of power leaves.
#[derive(Clone, Default)]
struct FileState {
    bytes: Vec<u8>,
    synced: usize,
}

/// What the disk holds. From operation `fails_from` on, every one fails; an append leaves half of itself.
#[derive(Default)]
struct Disk {
    files: BTreeMap<String, FileState>,
    outside: BTreeMap<String, Vec<u8>>,
    current: Option<String>,
    progress: SyncProgress,
    operations: usize,
    fails_from: Option<usize>,
}

impl Disk {
    fn step(&mut self) -> Result<(), String> {
        self.operations += 1;
        let fails = self.fails_from.is_some_and(|from| self.operations > from);
        if fails { Err("Input/output error".to_owned()) } else { Ok(()) }
    }

    fn current(&mut self) -> &mut FileState {
        let name = self.current.clone().expect("a file is open");
        self.files.get_mut(&name).expect("what is open is there")
    }

    /// The power goes and comes back.
    fn lose_power(&mut self) {
        for file in self.files.values_mut() {
            file.bytes.truncate(file.synced);
        }
        self.current = None;
        self.fails_from = None;
        self.progress = SyncProgress::default();
    }
}

struct Handle(Rc<RefCell<Disk>>);

impl AofFiles for Handle {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.borrow().files.get(name).map(|file| file.bytes.clone()))
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
        let result = disk.step();
        let written = if result.is_ok() { bytes.len() } else { bytes.len() / 2 };
        disk.current().bytes.extend_from_slice(&bytes[..written]);
        result.map_err(|reason| AppendError { written, reason })
    }

    fn cut(&mut self, len: u64) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
        disk.current().bytes.truncate(usize::try_from(len).expect("small files"));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), String> {
        let mut disk = self.0.borrow_mut();
        disk.step()?;
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

/// A server on the disk, as after a start; the disk must be in order.
fn start(disk: &Rc<RefCell<Disk>>, appendfsync: AppendFsync) -> InProcess {
    let mut server =
        InProcess::with_config(Config { appendonly: true, appendfsync, ..Config::default() });
    let state = &mut server.engine.state;
    state.aof.files = Some(Box::new(Handle(disk.clone())));
    state.open_aof().expect("a start finds what was left");
    server
}

/// Sends, and does what the shell does before it replies; `None` if the server ended instead.
fn ask(server: &mut InProcess, client: ClientId, line: &str) -> Option<String> {
    let reply = server.send(client, line);
    server.engine.state.flush_aof(false);
    let ends = server.engine.state.effects.drain(..).any(|one| matches!(one, Effect::Fatal { .. }));
    (!ends).then_some(reply)
}

/// Writes and rewrites until the server ends or refuses; the keys it acknowledged.
fn work(server: &mut InProcess) -> Vec<String> {
    let client = server.connect();
    let mut acknowledged = Vec::new();
    for number in 0..12 {
        let key = format!("key{number}");
        match ask(server, client, &format!("SET {key} value")).as_deref() {
            Some("+OK|") => acknowledged.push(key),
            Some(reply) => assert!(reply.starts_with("-MISCONF"), "{reply}"),
            None => return acknowledged,
        }
        if number % 5 == 3 && ask(server, client, "BGREWRITEAOF").is_none() {
            return acknowledged;
        }
        server.engine.state.rewrite_ended(CHILD, Some(0), None);
    }
    acknowledged
}

#[test]
fn with_always_nothing_acknowledged_is_lost_wherever_the_disk_fails() {
    let disk = Rc::new(RefCell::new(Disk::default()));
    let mut server = start(&disk, AppendFsync::Always);
    let begun = disk.borrow().operations;
    assert_eq!(work(&mut server).len(), 12, "a disk in order takes everything");
    let ended = disk.borrow().operations;
    assert!(ended > begun + 20, "there is something to fail");
    for fails_from in begun..ended {
        let disk = Rc::new(RefCell::new(Disk::default()));
        let mut server = start(&disk, AppendFsync::Always);
        disk.borrow_mut().fails_from = Some(fails_from);
        let acknowledged = work(&mut server);
        drop(server);
        disk.borrow_mut().lose_power();
        let mut server = start(&disk, AppendFsync::Always);
        let client = server.connect();
        for key in &acknowledged {
            let reply = ask(&mut server, client, &format!("GET {key}"));
            assert_eq!(reply.as_deref(), Some("$5|value|"), "{key} after operation {fails_from}");
        }
        assert_eq!(ask(&mut server, client, "SET later value").as_deref(), Some("+OK|"));
    }
}

#[test]
fn writes_are_refused_until_the_disk_is_well_again() {
    let disk = Rc::new(RefCell::new(Disk::default()));
    let mut server = start(&disk, AppendFsync::No);
    let client = server.connect();
    assert_eq!(ask(&mut server, client, "SET before value").as_deref(), Some("+OK|"));
    disk.borrow_mut().fails_from = Some(0);
    // This one is taken: without a sync only the next hears of it.
    ask(&mut server, client, "SET during value");
    let refused = "-MISCONF Errors writing to the AOF file: Input/output error|";
    assert_eq!(ask(&mut server, client, "SET refused value").as_deref(), Some(refused));
    disk.borrow_mut().fails_from = None;
    server.engine.state.flush_aof(false);
    assert_eq!(ask(&mut server, client, "SET after value").as_deref(), Some("+OK|"));
    drop(server);
    let mut server = start(&disk, AppendFsync::No);
    let client = server.connect();
    assert_eq!(ask(&mut server, client, "EXISTS before during after").as_deref(), Some(":3|"));
    assert_eq!(ask(&mut server, client, "EXISTS refused").as_deref(), Some(":0|"));
}

#[test]
fn a_sync_that_failed_is_made_good_by_the_next() {
    let disk = Rc::new(RefCell::new(Disk::default()));
    let mut server = start(&disk, AppendFsync::Everysec);
    let client = server.connect();
    server.advance(1100);
    let operations = disk.borrow().operations;
    disk.borrow_mut().fails_from = Some(operations + 1);
    // The append goes well, the sync behind it does not.
    assert_eq!(ask(&mut server, client, "SET key value").as_deref(), Some("+OK|"));
    let refused = "-MISCONF Errors writing to the AOF file: Input/output error|";
    server.engine.state.flush_aof(false);
    assert_eq!(ask(&mut server, client, "SET key other").as_deref(), Some(refused));
    disk.borrow_mut().fails_from = None;
    server.advance(1100);
    server.engine.state.flush_aof(false);
    server.engine.state.flush_aof(false);
    assert_eq!(ask(&mut server, client, "SET key other").as_deref(), Some("+OK|"));
}
