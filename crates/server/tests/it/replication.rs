//! A primary and its replicas, all of them real servers: the data is the same everywhere, also behind breaks.

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
