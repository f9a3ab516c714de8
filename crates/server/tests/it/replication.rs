//! A primary and its replicas, all of them real servers: the data is the same everywhere, also behind breaks.

use std::io::{Read as _, Write as _};

use testkit::{Client, Reply, ServerProcess};

use crate::{eventually, options, start};

/// Commands that leave keys of every type, some with expiries.
const DATA: &[&str] = &[
    "SET string value",
    "SET number 12345",
    "SET volatile value PX 10000000",
    "RPUSH list a b c",
    "SADD set a b c",
    "SADD numbers 1 2 3",
    "ZADD sorted 1 a 2.5 b",
    "HSET hash a 1 b 2",
    "HPEXPIRE hash 10000000 FIELDS 1 a",
    "XADD stream 1-1 a b",
    "XGROUP CREATE stream group 0",
    "XREADGROUP GROUP group consumer STREAMS stream >",
    "PFADD log a b c",
    "SETBIT bits 100 1",
    "GEOADD places 13.361389 38.115556 Palermo",
    "ARSET array 5 a",
];

fn ask(client: &mut Client, line: &str) -> Reply {
    client.line(line).expect("a reply")
}

fn text_of(client: &mut Client, line: &str) -> String {
    ask(client, line).text().expect("a text")
}

fn fill(server: &ServerProcess, db: usize) {
    let mut client = server.client().expect("connected");
    ask(&mut client, &format!("SELECT {db}"));
    for line in DATA {
        let reply = ask(&mut client, line);
        assert!(!matches!(reply, Reply::Error(_)), "{line}: {reply:?}");
    }
}

fn follow(replica: &ServerProcess, primary: &ServerProcess) {
    let mut client = replica.client().expect("connected");
    let line = format!("REPLICAOF 127.0.0.1 {}", primary.address().port());
    assert_eq!(ask(&mut client, &line), Reply::Simple(b"OK".to_vec()));
    until_linked(replica);
}

fn info(server: &ServerProcess) -> String {
    let mut client = server.client().expect("connected");
    text_of(&mut client, "INFO replication")
}

fn until_linked(replica: &ServerProcess) {
    eventually("the link is up", || info(replica).contains("master_link_status:up"));
}

fn digest(server: &ServerProcess) -> Reply {
    let mut client = server.client().expect("connected");
    ask(&mut client, "DEBUG DIGEST")
}

fn until_same(one: &ServerProcess, other: &ServerProcess) {
    eventually("the data is the same", || digest(one) == digest(other));
}

fn server() -> ServerProcess {
    start(&options().option("enable-debug-command", &["yes"]))
}

#[test]
fn every_type_reaches_replicas_of_replicas() {
    let (primary, replica, second) = (server(), server(), server());
    fill(&primary, 0);
    follow(&replica, &primary);
    until_same(&primary, &replica);
    follow(&second, &replica);
    fill(&primary, 9);
    let mut client = primary.client().expect("connected");
    ask(&mut client, "MULTI");
    ask(&mut client, "INCR number");
    ask(&mut client, "SELECT 3");
    ask(&mut client, "SET in-transaction 1");
    ask(&mut client, "EXEC");
    assert_eq!(ask(&mut client, "WAIT 1 10000"), Reply::Integer(1));
    assert_eq!(digest(&primary), digest(&replica));
    until_same(&primary, &second);
    assert!(info(&second).contains("role:slave"));
}

#[test]
fn a_broken_link_is_mended_without_sending_everything_again() {
    let (primary, replica) = (server(), server());
    fill(&primary, 0);
    follow(&replica, &primary);
    let mut client = primary.client().expect("connected");
    ask(&mut client, "SELECT 5");
    ask(&mut client, "SET before 1");
    assert_eq!(ask(&mut client, "CLIENT KILL TYPE replica"), Reply::Integer(1));
    ask(&mut client, "SET during 1");
    until_linked(&replica);
    ask(&mut client, "SET after 1");
    until_same(&primary, &replica);
    let stats = text_of(&mut client, "INFO stats");
    assert!(stats.contains("sync_full:1") && stats.contains("sync_partial_ok:1"), "{stats}");
}

#[test]
fn a_promoted_replica_is_followed_by_its_former_primary() {
    let (primary, replica) = (server(), server());
    fill(&primary, 2);
    follow(&replica, &primary);
    until_same(&primary, &replica);
    let mut client = replica.client().expect("connected");
    assert!(text_of(&mut client, "SET key value").starts_with("READONLY"));
    ask(&mut client, "REPLICAOF NO ONE");
    ask(&mut client, "SET key value");
    follow(&primary, &replica);
    until_same(&primary, &replica);
}

#[test]
fn a_server_may_start_as_a_replica_and_change_its_primary() {
    let (first, second) = (server(), server());
    fill(&first, 0);
    fill(&second, 7);
    let port = first.address().port().to_string();
    let replica = start(
        &options()
            .option("enable-debug-command", &["yes"])
            .option("replicaof", &["127.0.0.1", port.as_str()]),
    );
    until_linked(&replica);
    until_same(&first, &replica);
    drop(first);
    eventually("the link is down", || info(&replica).contains("master_link_status:down"));
    follow(&replica, &second);
    until_same(&second, &replica);
}

#[test]
fn who_waits_on_a_primary_is_told_that_it_is_none_any_more() {
    let (primary, other) = (server(), server());
    let mut waiting = primary.client().expect("connected");
    waiting.send(b"BLPOP list 0\r\n").expect("sent");
    eventually("it waits", || {
        let mut client = primary.client().expect("connected");
        text_of(&mut client, "INFO clients").contains("blocked_clients:1\r\n")
    });
    follow(&primary, &other);
    let told = "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
    assert_eq!(waiting.read().expect("a reply"), Reply::Error(told.into()));
    let mut client = primary.client().expect("connected");
    let counted = text_of(&mut client, "INFO commandstats");
    let line = counted.lines().find(|line| line.starts_with("cmdstat_blpop:")).expect("a line");
    assert!(line.starts_with("cmdstat_blpop:calls=1,"), "{line}");
    assert!(line.ends_with("rejected_calls=0,failed_calls=1"), "{line}");
    assert!(text_of(&mut client, "INFO errorstats").contains("errorstat_UNBLOCKED:count=1"));
}

#[test]
fn a_replica_keeps_what_it_follows_in_its_append_only_file() {
    let primary = server();
    fill(&primary, 0);
    let options = options().option("enable-debug-command", &["yes"]).option("appendonly", &["yes"]);
    let replica = start(&options);
    follow(&replica, &primary);
    let mut client = primary.client().expect("connected");
    ask(&mut client, "SET more 1");
    until_same(&primary, &replica);
    let mut client = replica.client().expect("connected");
    eventually("the file begins with the data", || {
        let persistence = text_of(&mut client, "INFO persistence");
        persistence.contains("aof_rewrite_in_progress:0")
            && persistence.contains("aof_rewrite_scheduled:0")
    });
    ask(&mut client, "REPLICAOF NO ONE");
    ask(&mut client, "DEBUG LOADAOF");
    assert_eq!(digest(&primary), digest(&replica));
}

#[test]
fn a_restart_goes_on_with_the_stream() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options().option("enable-debug-command", &["yes"]).directory(folder.path());
    let (mut primary, replica) = (start(&options), server());
    fill(&primary, 3);
    follow(&replica, &primary);
    let mut client = primary.client().expect("connected");
    ask(&mut client, "SET key value");
    until_same(&primary, &replica);
    assert_eq!(ask(&mut client, "SAVE"), Reply::Simple(b"OK".to_vec()));
    let _ = client.line("SHUTDOWN NOSAVE");
    primary.wait_exit(std::time::Duration::from_secs(20)).expect("it ends");

    let primary = start(&options);
    follow(&replica, &primary);
    let mut client = primary.client().expect("connected");
    ask(&mut client, "SET key another");
    until_same(&primary, &replica);
    let stats = text_of(&mut client, "INFO stats");
    assert!(stats.contains("sync_full:0") && stats.contains("sync_partial_ok:1"), "{stats}");
}

#[test]
fn words_are_sent_to_replicas_and_what_fails_there_is_told() {
    let (primary, replica) = (server(), server());
    follow(&replica, &primary);
    let mut client = primary.client().expect("connected");
    assert_eq!(ask(&mut client, "DEBUG REPLICATE SET only there"), Reply::Simple(b"OK".to_vec()));
    assert_eq!(ask(&mut client, "GET only"), Reply::Null);
    let mut other = replica.client().expect("connected");
    eventually("the key is there", || text_of(&mut other, "EXISTS only") == "1");
    ask(&mut client, "DEBUG REPLICATE LPUSH only there");
    eventually("the error is in the log", || {
        replica.log().contains("== CRITICAL == This replica is sending an error to its master")
    });
}

#[test]
fn the_dataset_comes_by_file_where_that_is_wanted() {
    let primary = start(
        &options()
            .option("enable-debug-command", &["yes"])
            .option("repl-diskless-sync", &["no"])
            .option("save", &[""]),
    );
    let (one, other) = (server(), server());
    fill(&primary, 0);
    let mut client = primary.client().expect("connected");
    ask(&mut client, "DEBUG POPULATE 20000 key 200");
    follow(&one, &primary);
    follow(&other, &primary);
    fill(&primary, 4);
    until_same(&primary, &one);
    until_same(&primary, &other);
    assert!(primary.log().contains("Starting BGSAVE for SYNC with target: disk"));
}

/// Lets a replica begin to follow, and returns when the primary's child is at work for it.
fn begin_to_follow(replica: &ServerProcess, primary: &ServerProcess) {
    let mut client = replica.client().expect("connected");
    let line = format!("REPLICAOF 127.0.0.1 {}", primary.address().port());
    assert_eq!(ask(&mut client, &line), Reply::Simple(b"OK".to_vec()));
    let mut client = primary.client().expect("connected");
    eventually("the child is at work", || {
        text_of(&mut client, "INFO persistence").contains("rdb_bgsave_in_progress:1")
    });
}

#[test]
fn others_are_served_while_a_replica_gets_the_dataset() {
    for diskless in ["yes", "no"] {
        let (primary, replica) = (server(), server());
        let mut client = primary.client().expect("connected");
        ask(&mut client, &format!("CONFIG SET repl-diskless-sync {diskless} save \"\""));
        ask(&mut client, "DEBUG POPULATE 1000 key 200");
        ask(&mut client, "CONFIG SET rdb-key-save-delay 1000");
        begin_to_follow(&replica, &primary);
        assert!(info(&primary).contains("state=wait_bgsave"), "{}", info(&primary));
        ask(&mut client, "SELECT 7");
        for number in 0..100 {
            ask(&mut client, &format!("SET during:{number} value"));
        }
        assert!(info(&primary).contains("state=wait_bgsave"), "{}", info(&primary));
        until_linked(&replica);
        until_same(&primary, &replica);
        eventually("it is online", || info(&primary).contains("state=online"));
    }
}

/// What a replica that says so is sent, until the server closes the connection.
fn dataset_for(server: &ServerProcess, words: &str) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(server.address()).expect("connected");
    stream.set_read_timeout(Some(crate::PATIENCE)).expect("a timeout");
    write!(stream, "REPLCONF {words} rdb-only 1\r\nSYNC\r\n").expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the dataset and the end");
    bytes
}

#[test]
fn a_replica_may_want_a_part_of_the_dataset_only() {
    for diskless in ["yes", "no"] {
        let primary = server();
        let mut client = primary.client().expect("connected");
        ask(&mut client, &format!("CONFIG SET repl-diskless-sync {diskless} save \"\""));
        ask(&mut client, "SET the-key the-value");
        let library = b"#!lua name=l\nredis.register_function('f', function() return 1 end)";
        client.command(&[b"FUNCTION", b"LOAD".as_slice(), library]).expect("a reply");
        std::thread::scope(|scope| {
            let parts = [
                ("capa eof rdb-filter-only functions", false, true),
                ("capa eof", true, true),
                ("capa eof rdb-filter-only \"\"", false, false),
                ("", true, true),
            ];
            for (words, keys, functions) in parts {
                let primary = &primary;
                scope.spawn(move || {
                    let bytes = dataset_for(primary, words);
                    let has = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
                    assert!(has(b"REDIS00"), "{words}: {bytes:?}");
                    assert_eq!(has(b"the-key"), keys, "{words}");
                    assert_eq!(has(b"register_function"), functions, "{words}");
                });
            }
        });
    }
}

#[test]
fn a_child_for_replicas_ends_with_the_last_of_them() {
    let (primary, replica) = (server(), server());
    let mut client = primary.client().expect("connected");
    ask(&mut client, "DEBUG POPULATE 1000 key 200");
    ask(&mut client, "CONFIG SET rdb-key-save-delay 100000");
    begin_to_follow(&replica, &primary);
    ask(&mut replica.client().expect("connected"), "REPLICAOF NO ONE");
    eventually("the child is ended", || {
        text_of(&mut client, "INFO persistence").contains("rdb_bgsave_in_progress:0")
    });
    ask(&mut client, "CONFIG SET rdb-key-save-delay 0");
    follow(&replica, &primary);
    until_same(&primary, &replica);
}

#[test]
fn a_child_that_is_killed_is_followed_by_another() {
    for diskless in ["yes", "no"] {
        let (primary, replica) = (server(), server());
        let mut client = primary.client().expect("connected");
        ask(&mut client, &format!("CONFIG SET repl-diskless-sync {diskless} save \"\""));
        ask(&mut client, "DEBUG POPULATE 1000 key 200");
        ask(&mut client, "CONFIG SET rdb-key-save-delay 100000");
        begin_to_follow(&replica, &primary);
        ask(&mut client, "CONFIG SET rdb-key-save-delay 0");
        // It ends the child, and with it what the replica was promised.
        ask(&mut client, "FLUSHALL");
        ask(&mut client, "SET key value");
        until_linked(&replica);
        until_same(&primary, &replica);
    }
}

#[test]
fn a_replica_asks_for_nothing_on_its_link() {
    let primary = server();
    let mut link = primary.client().expect("connected");
    assert!(text_of(&mut link, "PSYNC ? -1").starts_with("FULLRESYNC "));
    // Nothing comes but the dataset and the end.
    let _ = link.line("GET key");
    eventually("it is closed", || {
        primary.log().contains("Replica generated a reply to command 'get', disconnecting it")
    });
    assert!(
        primary.log().contains("== CRITICAL == This master is sending an error to its replica")
    );
    eventually("it is gone", || info(&primary).contains("connected_slaves:0"));
}

#[test]
fn a_primary_may_say_what_its_clients_may() {
    let primary = server();
    let replica = start(
        &options()
            .option("client-query-buffer-limit", &["1mb"])
            .option("enable-debug-command", &["yes"]),
    );
    follow(&replica, &primary);
    let mut client = primary.client().expect("connected");
    // It reaches the replica in more than one read.
    let value = vec![b'v'; 20_000_000];
    client.command(&[b"SET".as_slice(), b"long", &value]).expect("a reply");
    until_same(&replica, &primary);
    assert!(!replica.log().contains("reached max query buffer length"));
    assert!(info(&replica).contains("master_link_status:up"));
}

#[test]
fn what_a_slow_replica_is_owed_is_kept_once() {
    let (primary, one, other) = (server(), server(), server());
    let mut client = primary.client().expect("connected");
    ask(&mut client, "CONFIG SET client-output-buffer-limit \"replica 0 0 0\"");
    ask(&mut client, "CONFIG SET repl-backlog-size 16kb");
    for replica in [&one, &other] {
        follow(replica, &primary);
        crate::signal(replica, "STOP");
    }
    let value = "x".repeat(100_000);
    for _ in 0..200 {
        client.command(&["SET", "key", &value]).expect("a reply");
    }
    let memory = text_of(&mut client, "INFO memory");
    let bytes = |name: &str| -> u64 {
        let line = memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|text| text.trim().parse().ok()).unwrap_or_else(|| panic!("{memory}"))
    };
    let kept = bytes("mem_total_replication_buffers");
    // The kernel has taken some of the twenty megabytes.
    assert!((1_000_000..25_000_000).contains(&kept), "{memory}");
    assert!(bytes("mem_not_counted_for_evict") > kept - 100_000, "{memory}");
    for replica in [&one, &other] {
        crate::signal(replica, "CONT");
    }
    until_same(&primary, &one);
    until_same(&primary, &other);
    eventually("only the backlog is left", || {
        let kept = client.info("memory", "mem_total_replication_buffers").expect("a field");
        kept.parse::<u64>().expect("a number") < 100_000
    });
}

#[test]
fn the_end_waits_for_a_replica_that_is_behind() {
    let (mut primary, replica) = (server(), server());
    follow(&replica, &primary);
    let mut client = primary.client().expect("connected");
    ask(&mut client, "SET key 1");
    until_same(&primary, &replica);
    crate::signal(&replica, "STOP");
    ask(&mut client, "SET key 2");
    let mut asking = primary.client().expect("connected");
    asking.send(b"SHUTDOWN NOSAVE\r\n").expect("sent");
    eventually("the server waits", || {
        text_of(&mut client, "INFO server").contains("shutdown_in_milliseconds:")
    });
    ask(&mut client, "SHUTDOWN ABORT");
    assert!(asking.read().expect("a reply").is_error());
    ask(&mut client, "SET key 3");
    asking.send(b"SHUTDOWN NOSAVE\r\n").expect("sent");
    eventually("the server waits", || {
        text_of(&mut client, "INFO server").contains("shutdown_in_milliseconds:")
    });
    crate::signal(&replica, "CONT");
    assert!(primary.wait_exit(crate::PATIENCE).is_some(), "{}", primary.log());
    assert!(primary.log().contains("1 of 1 replicas are in sync when shutting down."));
    let mut client = replica.client().expect("connected");
    eventually("it has all", || text_of(&mut client, "GET key") == "3");
}

#[test]
fn a_slow_replica_that_goes_holds_nobody_up() {
    let (primary, replica) = (server(), server());
    let mut client = primary.client().expect("connected");
    ask(&mut client, "CONFIG SET repl-diskless-sync-delay 60 repl-diskless-sync-max-replicas 2");
    // Nothing else comes that would have them written to.
    ask(&mut client, "CONFIG SET repl-ping-replica-period 3600 rdbcompression no save \"\"");
    ask(&mut client, "DEBUG POPULATE 40000 key 1000");
    let mut slow = primary.client().expect("connected");
    slow.send(b"REPLCONF capa eof\r\nSYNC\r\n").expect("sent");
    eventually("it waits", || info(&primary).contains("connected_slaves:1"));
    begin_to_follow(&replica, &primary);
    let mut before = String::new();
    eventually("it takes no more", || {
        let clients = text_of(&mut client, "CLIENT LIST TYPE replica");
        let sent = clients.split(' ').filter(|word| word.starts_with("tot-net-out="));
        let sent: String = sent.collect();
        let stands = sent == before;
        before = sent;
        stands
    });
    drop(slow);
    until_linked(&replica);
    until_same(&primary, &replica);
}
