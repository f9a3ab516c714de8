//! What modules attach to keys: as on a genuine server, and kept while its module is away.

use std::path::Path;

use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::support::{options, prepared};
use crate::{eventually, start};

/// Of the classes that a test registers; each goes along with its key wherever it goes.
const SPEC: &str = "KEEPONCOPY:KEEPONRENAME:KEEPONMOVE:RDBLOAD:RDBSAVE";

fn ask(client: &mut Client, line: &str) -> Reply {
    client.line(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn done(client: &mut Client, line: &str) {
    let reply = ask(client, line);
    assert!(!reply.is_error(), "{line}: {reply:?}");
}

/// Loads Redis's test module and registers classes by their names.
fn register(client: &mut Client, module: &Path, classes: &[&str]) {
    done(client, &format!("MODULE LOAD {}", module.display()));
    done(client, "DEBUG ENABLE-KEYMETA-RUNTIME-REGISTRATION 1");
    for class in classes {
        done(client, &format!("KEYMETA.REGISTER {class} 3 {SPEC}"));
    }
}

fn debuggable(options: ServerOptions) -> ServerOptions {
    options.option("enable-module-command", &["yes"]).option("enable-debug-command", &["yes"])
}

fn bulk(reply: Reply) -> Vec<u8> {
    let Reply::Bulk(bytes) = reply else { panic!("no text: {reply:?}") };
    bytes
}

fn restore(client: &mut Client, key: &str, payload: &[u8]) -> Reply {
    client.command(&[b"RESTORE", key.as_bytes(), b"0", payload]).expect("a reply")
}

/// A server of ours with a key that has metadata of two classes, and its payload.
fn with_metadata(module: &Path) -> (ServerProcess, Client, Vec<u8>) {
    let server = start(&debuggable(options()));
    let mut client = server.client().expect("a connection");
    register(&mut client, module, &["ONE_", "TWO-"]);
    for line in ["SET key value", "KEYMETA.SET TWO- key second", "KEYMETA.SET ONE_ key first"] {
        done(&mut client, line);
    }
    let payload = bulk(ask(&mut client, "DUMP key"));
    (server, client, payload)
}

#[test]
fn it_goes_to_a_genuine_server_and_comes_back() {
    let Some(modules) = prepared("BULKHEAD_TEST_MODULES") else { return };
    let module = modules.join("test_keymeta.so");
    let (ours, mut client, payload) = with_metadata(&module);
    let oracle = start(&debuggable(ServerOptions::new(modules.join("../../src/redis-server"))));
    let mut other = oracle.client().expect("a connection");
    // In another order: the names count.
    register(&mut other, &module, &["TWO-", "ONE_"]);
    done(&mut client, "EXPIRE key 1000");
    done(&mut client, "SAVE");
    std::fs::copy(ours.directory().join("dump.rdb"), oracle.directory().join("dump.rdb"))
        .expect("the file is copied");
    done(&mut other, "DEBUG RELOAD NOSAVE");
    for (class, text) in [("ONE_", "first"), ("TWO-", "second")] {
        assert_eq!(bulk(ask(&mut other, &format!("KEYMETA.GET {class} key"))), text.as_bytes());
    }
    let back = bulk(ask(&mut other, "DUMP key"));
    assert_eq!(restore(&mut client, "back", &back), Reply::Simple(b"OK".to_vec()));
    assert_eq!(bulk(ask(&mut client, "DUMP back")), payload);
    // No other module could take over what this one knows of it.
    let refused = ask(&mut client, &format!("MODULE UPGRADE test_keymeta {}", module.display()));
    let text = refused.text().unwrap_or_default();
    assert!(text.contains("attaches metadata to keys"), "{text}");
}

#[test]
fn without_its_module_it_is_kept_as_it_is() {
    let Some(modules) = prepared("BULKHEAD_TEST_MODULES") else { return };
    let module = modules.join("test_keymeta.so");
    let (_, _, payload) = with_metadata(&module);
    let server = start(&debuggable(options()));
    let mut client = server.client().expect("a connection");
    assert_eq!(restore(&mut client, "key", &payload), Reply::Simple(b"OK".to_vec()));
    let lines = ["COPY key copy", "RENAME key renamed", "MOVE renamed 1", "SWAPDB 0 1", "SAVE"];
    for line in lines.into_iter().chain(["DEBUG RELOAD"]) {
        done(&mut client, line);
    }
    assert_eq!(bulk(ask(&mut client, "DUMP renamed")), payload);
    // What is changed in its place keeps it, what is overwritten does not.
    done(&mut client, "APPEND renamed !");
    assert!(bulk(ask(&mut client, "DUMP renamed")).len() > payload.len());
    done(&mut client, "SET renamed value");
    assert!(bulk(ask(&mut client, "DUMP renamed")).len() < payload.len());

    done(&mut client, "SELECT 1");
    register(&mut client, &module, &["ONE_"]);
    assert_eq!(bulk(ask(&mut client, "KEYMETA.GET ONE_ copy")), b"first");
    assert_eq!(ask(&mut client, "KEYMETA.ACTIVE"), Reply::Integer(1));
    done(&mut client, "FLUSHALL ASYNC");
    eventually("the metadata is freed", || ask(&mut client, "KEYMETA.ACTIVE") == Reply::Integer(0));
}

#[test]
fn it_outlives_an_append_only_file_without_rdb() {
    let Some(modules) = prepared("BULKHEAD_TEST_MODULES") else { return };
    let module = modules.join("test_keymeta.so");
    let (_, _, payload) = with_metadata(&module);
    let server = start(&debuggable(options()).option("aof-use-rdb-preamble", &["no"]));
    let mut client = server.client().expect("a connection");
    assert_eq!(restore(&mut client, "key", &payload), Reply::Simple(b"OK".to_vec()));
    done(&mut client, "EXPIRE key 1000");
    done(&mut client, "CONFIG SET appendonly yes");
    eventually("the file is written", || {
        client.info("persistence", "aof_rewrite_in_progress").expect("INFO") == "0"
    });
    done(&mut client, "DEBUG LOADAOF");
    assert_eq!(bulk(ask(&mut client, "DUMP key")), payload);
    assert_ne!(ask(&mut client, "TTL key"), Reply::Integer(-1));
}

#[test]
fn a_key_has_no_more_than_a_file_may_hold() {
    let Some(modules) = prepared("BULKHEAD_TEST_MODULES") else { return };
    let server = start(&debuggable(options()));
    let mut client = server.client().expect("a connection");
    done(&mut client, "DEBUG SET-SKIP-CHECKSUM-VALIDATION 1");
    done(&mut client, "SET plain value");
    let plain = bulk(ask(&mut client, "DUMP plain"));
    // Seven classes that nobody knows, each with nothing but its end.
    let mut full = vec![0xf3, 7];
    full.extend((1..=7).flat_map(|class| [0, 0, 0, class, 0]));
    full.extend(plain);
    assert_eq!(restore(&mut client, "key", &full), Reply::Simple(b"OK".to_vec()));
    register(&mut client, &modules.join("test_keymeta.so"), &["ONE_"]);
    let refused = ask(&mut client, "KEYMETA.SET ONE_ key text");
    assert!(refused.is_error(), "{refused:?}");
    done(&mut client, "KEYMETA.SET ONE_ plain text");
    done(&mut client, "DEBUG RELOAD");
    assert_eq!(bulk(ask(&mut client, "KEYMETA.GET ONE_ plain")), b"text");
    assert_eq!(ask(&mut client, "DBSIZE"), Reply::Integer(2));
}

#[test]
fn a_damaged_payload_is_refused() {
    let Some(modules) = prepared("BULKHEAD_TEST_MODULES") else { return };
    let (_server, mut client, payload) = with_metadata(&modules.join("test_keymeta.so"));
    done(&mut client, "DEBUG SET-SKIP-CHECKSUM-VALIDATION 1");
    let bad = Reply::Error(b"ERR Bad data format".to_vec());
    for index in 1..payload.len() - 10 {
        let mut damaged = payload.clone();
        damaged[index] ^= 0xff;
        // Some changes only make another text of it.
        let reply = restore(&mut client, "damaged", &damaged);
        assert!(reply == bad || !reply.is_error(), "byte {index}: {reply:?}");
        done(&mut client, "DEL damaged");
    }
    assert_eq!(ask(&mut client, "KEYMETA.ACTIVE"), Reply::Integer(2), "nothing is left behind");
    let older = ["CONFIG SET rdb-version-write 10", "SAVE"].map(|line| ask(&mut client, line));
    assert!(older[1].is_error(), "an older file has no place for it: {older:?}");
}
