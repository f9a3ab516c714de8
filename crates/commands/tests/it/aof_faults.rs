//! The append-only file on a disk that fails: nothing acknowledged is lost, and what was refused is told.

use std::cell::RefCell;
use std::rc::Rc;

use config::Config;
use config::enums::AppendFsync;
use engine::{ClientId, Effect};

use crate::failing_disk::{CHILD, Disk, Handle};
use crate::in_process::InProcess;

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
    for (number, for_good) in (begun..ended).flat_map(|at| [(at, true), (at, false)]) {
        let disk = Rc::new(RefCell::new(Disk::default()));
        let mut server = start(&disk, AppendFsync::Always);
        if for_good {
            disk.borrow_mut().fails_from = Some(number);
        } else {
            disk.borrow_mut().fails_at = Some(number);
        }
        let acknowledged = work(&mut server);
        drop(server);
        disk.borrow_mut().lose_power();
        let mut server = start(&disk, AppendFsync::Always);
        let client = server.connect();
        for key in &acknowledged {
            let reply = ask(&mut server, client, &format!("GET {key}"));
            assert_eq!(reply.as_deref(), Some("$5|value|"), "{key} after operation {number}");
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
