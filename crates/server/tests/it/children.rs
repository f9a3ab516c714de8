//! Children of the server: what they tell while they work, and what is left when one is killed.

use std::process::Command;

use testkit::{Client, ServerProcess};

use crate::support::{Modules, load};
use crate::{eventually, options, start, support};

/// A server with a thousand keys.
fn server() -> ServerProcess {
    let options = options().option("enable-debug-command", &["yes"]).option("save", &[""]);
    let server = start(&options.option("loglevel", &["verbose"]));
    ask(&mut server.client().expect("connected"), "DEBUG POPULATE 1000 key 500");
    server
}

fn ask(client: &mut Client, line: &str) -> String {
    let reply = client.line(line).expect("a reply");
    assert!(!reply.is_error(), "{line}: {reply:?}");
    reply.text().unwrap_or_default()
}

/// A number of INFO persistence.
fn figure(client: &mut Client, name: &str) -> f64 {
    let info = ask(client, "INFO persistence");
    let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|text| text.trim().parse().ok()).unwrap_or_else(|| panic!("{name} in {info}"))
}

/// Lets a child work through a thousand keys of which each takes its time, and looks at what it tells meanwhile.
fn watch(begin: &str, last_cow: &str, line: &str) {
    let server = server();
    let mut client = server.client().expect("connected");
    assert_eq!(figure(&mut client, last_cow), 0.0);
    ask(&mut client, "CONFIG SET rdb-key-save-delay 2500");
    ask(&mut client, begin);
    assert_eq!(figure(&mut client, "current_save_keys_total"), 1000.0);
    let mut number = 0;
    eventually("the child tells of its work", || {
        // What is written here is shared no more.
        ask(&mut client, &format!("SETRANGE key:{number} 0 changed"));
        number += 1;
        figure(&mut client, "current_cow_size") > 0.0
            && figure(&mut client, "current_save_keys_processed") > 100.0
    });
    assert!(figure(&mut client, "current_fork_perc") > 1.0);
    assert!(figure(&mut client, "current_cow_peak") >= figure(&mut client, "current_cow_size"));
    assert!(figure(&mut client, "current_cow_size_age") <= 2.0);
    eventually("the child ends", || figure(&mut client, last_cow) > 0.0);
    eventually("nothing is under way", || figure(&mut client, "current_cow_size") == 0.0);
    assert_eq!(figure(&mut client, "current_save_keys_total"), 0.0);
    assert!(server.log().contains(line), "{}", server.log());
}

#[test]
fn a_save_tells_of_its_progress() {
    watch("BGSAVE", "rdb_last_cow_size", "Fork CoW for RDB: current ");
}

#[test]
fn a_rewrite_tells_of_its_progress() {
    watch("BGREWRITEAOF", "aof_last_cow_size", "Fork CoW for AOF rewrite: current ");
}

#[test]
fn a_killed_save_leaves_no_file_and_counts_as_failed() {
    let server = server();
    let mut client = server.client().expect("connected");
    ask(&mut client, "CONFIG SET rdb-key-save-delay 1000000");
    ask(&mut client, "BGSAVE");
    let temporary = || {
        let entries = std::fs::read_dir(server.directory()).expect("a directory");
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.into_iter().find(|name| name.starts_with("temp-"))
    };
    eventually("the child writes", || temporary().is_some());
    let name = temporary().expect("it was there");
    let process_id = name.trim_start_matches("temp-").trim_end_matches(".rdb");
    let status = Command::new("kill").args(["-s", "KILL", process_id]).status();
    assert!(status.expect("kill exists").success());
    eventually("the end is noticed", || figure(&mut client, "rdb_bgsave_in_progress") == 0.0);
    assert_eq!(temporary(), None);
    assert_eq!(figure(&mut client, "rdb_saves_consecutive_failures"), 1.0);
    assert!(server.log().contains("Background saving terminated by signal 9"));
}

#[test]
fn a_save_that_nobody_needs_any_more_is_no_failure() {
    let server = server();
    let mut client = server.client().expect("connected");
    ask(&mut client, "CONFIG SET rdb-key-save-delay 1000000");
    ask(&mut client, "BGSAVE");
    ask(&mut client, "FLUSHALL");
    eventually("the child is ended", || figure(&mut client, "rdb_bgsave_in_progress") == 0.0);
    assert_eq!(figure(&mut client, "rdb_saves_consecutive_failures"), 0.0);
    assert_eq!(figure(&mut client, "current_save_keys_total"), 0.0);
}

#[test]
fn a_save_that_was_ended_for_a_shutdown_that_failed_is_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options().option("enable-debug-command", &["yes"]).option("save", &[""]);
    let server = start(&options.directory(folder.path()));
    let mut client = server.client().expect("connected");
    ask(&mut client, "DEBUG POPULATE 1000 key 100");
    ask(&mut client, "CONFIG SET rdb-key-save-delay 100000");
    ask(&mut client, "BGSAVE");
    ask(&mut client, "CONFIG SET rdb-key-save-delay 0");
    // Nothing can take the place of a folder that is not empty.
    std::fs::create_dir_all(folder.path().join("dump.rdb/in")).expect("made");
    let reply = client.line("SHUTDOWN SAVE").expect("a reply").text().unwrap_or_default();
    assert!(reply.starts_with("ERR Errors trying to SHUTDOWN"), "{reply}");
    assert_eq!(figure(&mut client, "rdb_bgsave_in_progress"), 0.0);
    assert_eq!(server.log().matches("Error saving DB on disk").count(), 1);
    std::fs::remove_dir_all(folder.path().join("dump.rdb")).expect("removed");
    ask(&mut client, "SAVE");
}

#[test]
fn the_child_of_a_module_ends_with_the_server() {
    const FORKS: &str = r#"
#include <unistd.h>
static int (*Fork)(void *, void *);
static int begin(void *c, void **v, int n) {
    int child = Fork(0, 0);
    if (child == 0) for (;;) pause();
    return ReplyWithLongLong(c, child);
}
int RedisModule_OnLoad(void *c, void **v, int n) {
    init(c, "forks", 1);
    GetApi("RedisModule_Fork", (void *)&Fork);
    return CreateCommand(c, "forks.begin", begin, "", 0, 0, 0);
}
"#;
    let (mut server, modules) = (start(&support::options()), Modules::new());
    let mut client = server.client().expect("connected");
    assert!(!load(&mut client, &modules.compile("forks", FORKS)).is_error());
    let child = ask(&mut client, "FORKS.BEGIN");
    let _ = client.line("SHUTDOWN NOSAVE");
    server.wait_exit(std::time::Duration::from_secs(20)).expect("it ends");
    assert!(!std::path::Path::new("/proc").join(child).exists());
}

#[test]
fn modules_hear_of_the_end_of_each_child() {
    const HEARS: &str = r#"
#include <stdint.h>
struct event { uint64_t id, version; };
static int (*Subscribe)(void *, struct event, void (*)(void *, struct event, uint64_t, void *));
static long long born, died;
static void hear(void *c, struct event e, uint64_t sub, void *d) { if (sub) died++; else born++; }
static int told(void *c, void **v, int n) { return ReplyWithLongLong(c, born * 10 + died); }
int RedisModule_OnLoad(void *c, void **v, int n) {
    struct event child = { 13, 1 };
    init(c, "hears", 1);
    GetApi("RedisModule_SubscribeToServerEvent", (void *)&Subscribe);
    return Subscribe(c, child, hear) || CreateCommand(c, "hears.told", told, "", 0, 0, 0);
}
"#;
    let options = support::options().option("enable-debug-command", &["yes"]);
    let (server, modules) = (start(&options), Modules::new());
    let mut client = server.client().expect("connected");
    assert!(!load(&mut client, &modules.compile("hears", HEARS)).is_error());
    ask(&mut client, "DEBUG POPULATE 1000 key 100");
    ask(&mut client, "BGSAVE");
    eventually("the child ends", || ask(&mut client, "HEARS.TOLD") == "11");
    ask(&mut client, "CONFIG SET rdb-key-save-delay 100000");
    ask(&mut client, "BGSAVE");
    ask(&mut client, "FLUSHALL");
    eventually("the child is ended", || ask(&mut client, "HEARS.TOLD") == "22");
    ask(&mut client, "DEBUG POPULATE 1000 key 100");
    ask(&mut client, "CONFIG SET appendonly yes");
    ask(&mut client, "CONFIG SET appendonly no");
    eventually("the rewrite is ended", || ask(&mut client, "HEARS.TOLD") == "33");
}
