//! Saving on a disk that fails: the file before stays whole until the new one is, and INFO tells how it went.

use std::cell::RefCell;
use std::collections::BTreeMap;

use config::Config;
use engine::State;
use engine::save_file::SaveDisk;

use crate::in_process::InProcess;

const FILE: &str = "dump.rdb";
const TEMPORARY: &str = "temp-1.rdb";

/// What the disk holds. Operation `fails_at` fails, and with `for_good` every later one; an append leaves half of itself.
#[derive(Default)]
struct Disk {
    files: BTreeMap<String, Vec<u8>>,
    /// How many bytes of each file a loss of power leaves.
    synced: BTreeMap<String, usize>,
    /// The names as they are after a loss of power: what each file was called when the names were last synced.
    durable: BTreeMap<String, Vec<u8>>,
    open: String,
    operations: usize,
    fails_at: Option<usize>,
    for_good: bool,
}

impl Disk {
    fn step(&mut self) -> Result<(), String> {
        let number = self.operations;
        self.operations += 1;
        let fails =
            self.fails_at.is_some_and(|at| if self.for_good { number >= at } else { number == at });
        if fails { Err("No space left on device".to_owned()) } else { Ok(()) }
    }
}

impl SaveDisk for Disk {
    fn create(&mut self, name: &str) -> Result<(), String> {
        self.step()?;
        self.files.insert(name.to_owned(), Vec::new());
        self.synced.insert(name.to_owned(), 0);
        self.open = name.to_owned();
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        let result = self.step();
        let written = if result.is_ok() { bytes.len() } else { bytes.len() / 2 };
        let file = self.files.get_mut(&self.open).expect("a file is open");
        file.extend_from_slice(&bytes[..written]);
        result
    }

    fn sync(&mut self) -> Result<(), String> {
        self.step()?;
        self.synced.insert(self.open.clone(), self.files[&self.open].len());
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), String> {
        self.step()?;
        let bytes = self.files.remove(from).ok_or("No such file or directory")?;
        let synced = self.synced.remove(from).unwrap_or_default();
        self.files.insert(to.to_owned(), bytes);
        self.synced.insert(to.to_owned(), synced);
        Ok(())
    }

    fn sync_names(&mut self) -> Result<(), String> {
        self.step()?;
        let synced = |name: &String, bytes: &Vec<u8>| bytes[..self.synced[name]].to_vec();
        self.durable =
            self.files.iter().map(|(name, bytes)| (name.clone(), synced(name, bytes))).collect();
        Ok(())
    }

    fn remove(&mut self, name: &str) {
        self.files.remove(name);
    }
}

thread_local! {
    static DISK: RefCell<Disk> = RefCell::default();
}

fn on_disk<T>(act: impl FnOnce(&mut Disk) -> T) -> T {
    DISK.with_borrow_mut(act)
}

/// A server on the disk.
fn start() -> InProcess {
    let mut server = InProcess::with_config(Config::default());
    let port = &mut server.engine.state.host.port;
    port.save = |state: &State| on_disk(|disk| state.save_on(disk, TEMPORARY).map(drop));
    port.open_saved = |_| Ok(on_disk(|disk| disk.files.get(FILE).cloned().map(Into::into)));
    server
}

/// What a start finds on the disk under the file's name.
fn number_saved(files: BTreeMap<String, Vec<u8>>) -> String {
    on_disk(|disk| disk.files = files);
    let mut server = start();
    server.engine.state.load_saved().expect("a start takes what was left");
    let client = server.connect();
    server.send(client, "GET number")
}

/// Fills the server so that a save takes several appends.
fn fill(server: &mut InProcess) {
    let client = server.connect();
    let value = "random-enough-".repeat(10);
    for number in 0..2000 {
        server.send(client, &format!("SET key{number} {value}{number}"));
    }
}

fn save(server: &mut InProcess, number: u32) -> String {
    let client = server.connect();
    server.send(client, &format!("SET number {number}"));
    server.send(client, "SAVE")
}

#[test]
fn a_whole_file_is_there_whatever_operation_fails() {
    let mut server = start();
    fill(&mut server);
    assert_eq!(save(&mut server, 1), "+OK|");
    let first = on_disk(|disk| disk.operations);
    assert_eq!(save(&mut server, 2), "+OK|");
    let last = on_disk(|disk| disk.operations);
    assert!(last - first >= 6, "a save takes {} operations", last - first);
    let files = on_disk(|disk| disk.files.clone());
    let (synced, durable) = on_disk(|disk| (disk.synced.clone(), disk.durable.clone()));
    for (fails_at, for_good) in (0..last - first).flat_map(|at| [(at, false), (at, true)]) {
        on_disk(|disk| {
            *disk = Disk {
                files: files.clone(),
                synced: synced.clone(),
                durable: durable.clone(),
                fails_at: Some(fails_at),
                for_good,
                ..Disk::default()
            };
        });
        let reply = save(&mut server, 3);
        assert!(reply.starts_with("-ERR"), "operation {fails_at}: {reply}");
        let (now, after_power_loss) = on_disk(|disk| (disk.files.clone(), disk.durable.clone()));
        assert!(!now.contains_key(TEMPORARY), "operation {fails_at} leaves the temporary file");
        // Only the very last operation fails when the new file already has the name.
        let expected = if fails_at == last - first - 1 { "$1|3|" } else { "$1|2|" };
        assert_eq!(number_saved(now), expected, "operation {fails_at}");
        assert_eq!(number_saved(after_power_loss), "$1|2|", "operation {fails_at}, no power");
        on_disk(|disk| {
            disk.files.clone_from(&files);
            (disk.fails_at, disk.operations) = (None, 0);
        });
        assert_eq!(save(&mut server, 4), "+OK|");
        assert_eq!(number_saved(on_disk(|disk| disk.durable.clone())), "$1|4|");
    }
}

#[test]
fn a_reload_that_cannot_save_says_so_and_leaves_the_data() {
    let mut server = start();
    server.engine.state.config.enable_debug_command = config::enums::ProtectedAction::Yes;
    assert_eq!(save(&mut server, 1), "+OK|");
    let client = server.connect();
    server.send(client, "SET number 2");
    on_disk(|disk| (disk.fails_at, disk.for_good) = (Some(disk.operations), true));
    assert!(server.send(client, "DEBUG RELOAD").starts_with("-ERR"));
    assert_eq!(server.send(client, "GET number"), "$1|2|");
    on_disk(|disk| disk.fails_at = None);
    assert_eq!(server.send(client, "DEBUG RELOAD"), "+OK|");
    assert_eq!(server.send(client, "GET number"), "$1|2|");
}

#[test]
fn a_failed_background_save_shows_and_stops_writes_until_one_succeeds() {
    const CHILD: i32 = 4712;
    let mut server = start();
    server.engine.state.host.port.fork_save = |_| Ok(CHILD);
    let client = server.connect();
    let status = |server: &mut InProcess| {
        let info = server.send(client, "INFO persistence");
        info.split('|').find(|line| line.starts_with("rdb_last_bgsave_status")).map(str::to_owned)
    };
    assert_eq!(server.send(client, "SET key value"), "+OK|");
    server.send(client, "BGSAVE");
    server.engine.state.background_save_ended(CHILD, Some(1), None);
    assert_eq!(status(&mut server).as_deref(), Some("rdb_last_bgsave_status:err"));
    assert!(server.send(client, "SET key value").starts_with("-MISCONF"));
    assert_eq!(server.send(client, "GET key"), "$5|value|");
    server.send(client, "BGSAVE");
    server.engine.state.background_save_ended(CHILD, Some(0), None);
    assert_eq!(status(&mut server).as_deref(), Some("rdb_last_bgsave_status:ok"));
    assert_eq!(server.send(client, "SET key value"), "+OK|");
}
