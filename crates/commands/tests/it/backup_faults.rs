//! BACKUP and `preload-file` on a disk that fails: a backup is whole or has failed and says why, and nothing else suffers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use config::Config;
use config::enums::AppendFsync;
use engine::Effect;

use crate::failing_disk::{CHILD, Disk, Handle};
use crate::in_process::InProcess;

const MANIFEST: &str = "aof:/backup/appendonly.aof.manifest";

thread_local! {
    /// What a start reads from elsewhere.
    static ELSEWHERE: RefCell<BTreeMap<String, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
}

fn server(disk: &Rc<RefCell<Disk>>, appendonly: bool, preload_file: &str) -> InProcess {
    let config = Config {
        appendonly,
        appendfsync: AppendFsync::Always,
        preload_file: preload_file.into(),
        ..Config::default()
    };
    let mut server = InProcess::with_config(config);
    let state = &mut server.engine.state;
    state.aof.files = Some(Box::new(Handle(disk.clone())));
    state.aof.backup.files = Some(Box::new(Handle(disk.clone())));
    state.host.port.read_file = |path| {
        let path = String::from_utf8_lossy(path).into_owned();
        let bytes = ELSEWHERE.with_borrow(|files| files.get(&path).cloned());
        bytes.ok_or_else(|| "No such file or directory".to_owned())
    };
    server
}

fn start(disk: &Rc<RefCell<Disk>>, appendonly: bool) -> InProcess {
    let mut server = server(disk, appendonly, "");
    if appendonly {
        server.engine.state.open_aof().expect("a start finds what was left");
    }
    server
}

/// The same from files elsewhere.
fn preload(
    disk: &Rc<RefCell<Disk>>,
    appendonly: bool,
    files: &BTreeMap<String, Vec<u8>>,
) -> (InProcess, Result<(), String>) {
    ELSEWHERE.set(files.clone());
    disk.borrow_mut().elsewhere.clone_from(files);
    let mut server = server(disk, appendonly, MANIFEST);
    let result = server.engine.state.preload().map_err(|error| error.0);
    (server, result)
}

/// What a client hears, and whether the server is still there.
fn ask(server: &mut InProcess, line: &str) -> Option<String> {
    let client = server.connect();
    let reply = server.send(client, line);
    server.engine.state.flush_aof(false);
    let ends = server.engine.state.effects.drain(..).any(|one| matches!(one, Effect::Fatal { .. }));
    (!ends).then_some(reply)
}

fn status(server: &mut InProcess) -> (String, String) {
    let reply = ask(server, "BACKUP STATUS").expect("that needs no disk");
    let words: Vec<&str> = reply.split('|').collect();
    (words[4].to_owned(), words[8].to_owned())
}

fn keys(server: &mut InProcess) -> Vec<String> {
    let reply = ask(server, "KEYS *").expect("that needs no disk");
    let mut keys: Vec<String> =
        reply.split('|').filter(|word| word.starts_with("key")).map(str::to_owned).collect();
    keys.sort();
    keys
}

/// Takes a backup and writes meanwhile. The keys acknowledged before it was sealed, and all; `None`: the server has
/// ended.
fn back_up(server: &mut InProcess) -> (Vec<String>, Vec<String>, bool) {
    let (mut sealed, mut all, mut number) = (Vec::new(), Vec::new(), 0);
    let steps = ["", "", "BACKUP START", "", "end", "", "", "BACKUP SEAL", "", ""];
    for step in steps {
        if step == "end" {
            server.engine.state.rewrite_ended(CHILD, Some(0), None);
            continue;
        }
        number += 1;
        let key = format!("key{number}");
        let line = if step.is_empty() { format!("SET {key} value") } else { step.to_owned() };
        match (step, ask(server, &line).as_deref()) {
            (_, None) => return (sealed, all, false),
            ("", Some("+OK|")) => all.push(key),
            ("BACKUP SEAL", Some("+OK|")) => sealed.clone_from(&all),
            (_, Some("+OK|")) => {}
            ("", Some(reply)) => assert!(reply.starts_with("-MISCONF"), "{reply}"),
            (_, Some(reply)) => assert!(reply.starts_with("-ERR"), "{reply}"),
        }
    }
    (sealed, all, true)
}

/// The files of the backup, as they are found elsewhere.
fn copied(disk: &Rc<RefCell<Disk>>) -> BTreeMap<String, Vec<u8>> {
    let files = disk.borrow().backup.clone().unwrap_or_default();
    files.into_iter().map(|(name, bytes)| (format!("/backup/{name}"), bytes)).collect()
}

/// A backup on a disk of which one operation fails, or all from it on.
fn try_fault(appendonly: bool, fails: Option<(usize, bool)>) -> usize {
    let disk = Rc::new(RefCell::new(Disk::default()));
    let mut server = start(&disk, appendonly);
    let begun = disk.borrow().operations;
    match fails {
        Some((at, true)) => disk.borrow_mut().fails_from = Some(begun + at),
        Some((at, false)) => disk.borrow_mut().fails_at = Some(begun + at),
        None => {}
    }
    let (sealed, all, lives) = back_up(&mut server);
    let operations = disk.borrow().operations - begun;
    assert!(lives || appendonly, "{fails:?}: a backup is no reason to end");
    if lives {
        assert_eq!(keys(&mut server), all, "{fails:?}");
        let (state, error) = status(&mut server);
        let files = copied(&disk);
        assert!(fails.is_some() || state == "sealed", "{state}: {error}");
        match state.as_str() {
            "sealed" => {
                for (path, bytes) in &files {
                    let name = path.rsplit('/').next().expect("a name");
                    let live = disk.borrow().files.get(name).map(|file| file.bytes.clone());
                    let is_list = name.ends_with(".manifest");
                    assert!(is_list || live.is_none_or(|live| live == *bytes), "{fails:?} {name}");
                }
                let empty = Rc::new(RefCell::new(Disk::default()));
                let (mut restored, loaded) = preload(&empty, false, &files);
                assert_eq!(loaded, Ok(()), "{fails:?}");
                assert_eq!(keys(&mut restored), sealed, "{fails:?}");
            }
            "failed" => assert!(!error.is_empty() && files.is_empty(), "{fails:?} {error}"),
            // The directory could not be made.
            "idle" => assert!(files.is_empty(), "{fails:?}"),
            other => panic!("{fails:?} leaves {other}"),
        }
        if !appendonly {
            assert_eq!(all.len(), 7, "{fails:?}: a backup is no reason to refuse anything");
            let left = disk.borrow().files.keys().cloned().collect::<Vec<_>>();
            assert!(left.is_empty(), "{fails:?} {left:?}");
        }
        // The next one is as good as any.
        disk.borrow_mut().heal();
        ask(&mut server, "BACKUP CLEANUP");
        ask(&mut server, "SET key0 value");
        ask(&mut server, "SET key0 value");
        assert_eq!(ask(&mut server, "BACKUP START").as_deref(), Some("+OK|"), "{fails:?}");
        server.engine.state.rewrite_ended(CHILD, Some(0), None);
        assert_eq!(ask(&mut server, "BACKUP SEAL").as_deref(), Some("+OK|"), "{fails:?}");
    }
    drop(server);
    if appendonly {
        disk.borrow_mut().lose_power();
        let mut server = start(&disk, true);
        let there = keys(&mut server);
        for key in &all {
            assert!(there.contains(key), "{fails:?}: {key} is lost");
        }
    }
    operations
}

#[test]
fn a_backup_is_whole_or_has_failed_whatever_operation_fails() {
    for appendonly in [false, true] {
        let operations = try_fault(appendonly, None);
        assert!(operations > 15, "there is something to fail: {operations}");
        for at in 0..operations {
            try_fault(appendonly, Some((at, true)));
            try_fault(appendonly, Some((at, false)));
        }
    }
}

/// A sealed backup of five keys.
fn sealed() -> BTreeMap<String, Vec<u8>> {
    let disk = Rc::new(RefCell::new(Disk::default()));
    let mut server = start(&disk, false);
    let (sealed, ..) = back_up(&mut server);
    assert_eq!(sealed.len(), 5);
    copied(&disk)
}

/// A server's own append-only file, with parts whose names are those of the backup if `same`.
fn own_files(same: bool) -> Rc<RefCell<Disk>> {
    let disk = Rc::new(RefCell::new(Disk::default()));
    let mut server = start(&disk, true);
    for _ in 0..if same { 0 } else { 5 } {
        ask(&mut server, "BGREWRITEAOF");
        server.engine.state.rewrite_ended(CHILD, Some(0), None);
    }
    ask(&mut server, "SET keyown value");
    disk
}

#[test]
fn what_was_here_stays_until_what_is_preloaded_takes_its_place() {
    let files = sealed();
    for same in [false, true] {
        let disk = own_files(same);
        let begun = disk.borrow().operations;
        let (mut server, loaded) = preload(&disk, true, &files);
        assert_eq!(loaded, Ok(()));
        let expected = keys(&mut server);
        assert_eq!(expected.len(), 5);
        drop(server);
        let operations = disk.borrow().operations - begun;
        assert_eq!(keys(&mut start(&disk, true)), expected, "it is the server's own from now on");
        for at in 0..operations {
            let disk = own_files(same);
            let number = disk.borrow().operations + at;
            disk.borrow_mut().fails_from = Some(number);
            let (server, loaded) = preload(&disk, true, &files);
            drop(server);
            disk.borrow_mut().lose_power();
            let manifest = |disk: &Disk, name: &str| disk.files.contains_key(name);
            if loaded.is_err() && manifest(&disk.borrow(), "appendonly.aof.manifest") {
                assert_eq!(keys(&mut start(&disk, true)), ["keyown"], "operation {at}");
            } else if loaded.is_err() {
                assert!(same && manifest(&disk.borrow(), "appendonly.aof.manifest.replaced"));
            }
            let (mut server, loaded) = preload(&disk, true, &files);
            assert_eq!(loaded, Ok(()), "operation {at}");
            assert_eq!(keys(&mut server), expected, "operation {at}");
            drop(server);
            assert_eq!(keys(&mut start(&disk, true)), expected, "operation {at}");
        }
    }
}

#[test]
fn a_part_that_is_damaged_is_refused_and_left_as_it_is() {
    let whole = sealed();
    let incr = "/backup/appendonly.aof.1.incr.aof";
    let cut = whole[incr].len() - 3;
    for damage in ["cut", "gone", "rubbish"] {
        let mut files = whole.clone();
        match damage {
            "cut" => files.get_mut(incr).expect("it is there").truncate(cut),
            "gone" => drop(files.remove(incr)),
            _ => files.get_mut(incr).expect("it is there").extend_from_slice(b"rubbish\r\n"),
        }
        let disk = own_files(true);
        let before = disk.borrow().files.keys().cloned().collect::<Vec<_>>();
        let (_, loaded) = preload(&disk, true, &files);
        let reason = loaded.expect_err(damage);
        assert!(reason.starts_with("FATAL: pre-load from AOF failed!"), "{reason}");
        assert_eq!(disk.borrow().files.keys().cloned().collect::<Vec<_>>(), before);
        assert_eq!(keys(&mut start(&disk, true)), ["keyown"]);
    }
}
