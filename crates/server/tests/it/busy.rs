//! Scripts that run for long: others are served meanwhile, and nothing that has to wait for them is lost.

use std::time::Duration;

use testkit::{Client, Reply, ServerProcess};

use crate::{eventually, options, start};

const ENDLESS: &[&str] = &["while true do end", "0"];

const LONG: &str = "local began = os.clock()
    repeat until os.clock() - began > 0.3
    return 'done'";

/// Puts a server to sleep: what comes meanwhile is read in one round, in the order in which it came.
fn sleep(sleeper: &mut Client) {
    send(sleeper, &["DEBUG", "SLEEP", "0.5"]);
    std::thread::sleep(Duration::from_millis(100));
}

fn client(server: &ServerProcess) -> Client {
    server.client().expect("connected")
}

fn send(client: &mut Client, words: &[&str]) {
    client.send(&testkit::encode_command(words)).expect("sent");
}

fn is_busy(client: &mut Client) -> bool {
    client.line("PING").expect("a reply").text().is_some_and(|text| text.starts_with("BUSY"))
}

/// A script that has no end runs: others hear so, and may end it.
fn ends_when_killed(server: &ServerProcess, runner: &mut Client) {
    let mut other = client(server);
    eventually("others are served", || is_busy(&mut other));
    let killed = other.line("SCRIPT KILL").expect("a reply");
    assert_eq!(killed, Reply::Simple(b"OK".to_vec()));
    let reply = runner.read().expect("a reply").text().expect("a text");
    assert!(reply.contains("Script killed by user"), "{reply}");
    assert!(!is_busy(&mut other));
}

#[test]
fn scripts_under_other_names_are_ended() {
    let options = options()
        .option("busy-reply-threshold", &["10"])
        .option("rename-command", &["EVAL", "perform"]);
    let server = start(&options);
    let mut runner = client(&server);
    send(&mut runner, &[&["perform"], ENDLESS].concat());
    ends_when_killed(&server, &mut runner);
}

#[test]
fn scripts_that_were_held_back_are_ended() {
    let server = start(&options().option("busy-reply-threshold", &["10"]));
    let (mut runner, mut other) = (client(&server), client(&server));
    other.line("CLIENT PAUSE 200 WRITE").expect("a reply");
    send(&mut runner, &[&["EVAL"], ENDLESS].concat());
    send(&mut runner, &["ECHO", "behind"]);
    ends_when_killed(&server, &mut runner);
    assert_eq!(runner.read().expect("a reply"), Reply::Bulk(b"behind".to_vec()));
}

#[test]
fn what_the_primary_says_meanwhile_waits_for_the_script() {
    let primary = start(&options());
    let port = primary.address().port().to_string();
    let options = options()
        .option("busy-reply-threshold", &["10"])
        .option("enable-debug-command", &["yes"])
        .option("replicaof", &["127.0.0.1", port.as_str()]);
    let replica = start(&options);
    let (mut writer, mut sleeper) = (client(&primary), client(&replica));
    let (mut runner, mut reader) = (client(&replica), client(&replica));
    eventually("the link is up", || {
        let info = reader.line("INFO replication").expect("a reply").text().expect("a text");
        info.contains("master_link_status:up")
    });
    // With a query buffer of its own the primary would not share a round's batch; at rest it loses it.
    std::thread::sleep(Duration::from_millis(3500));
    // First the script, behind it the primary.
    sleep(&mut sleeper);
    send(&mut runner, &["EVAL_RO", LONG, "0"]);
    send(&mut runner, &["GET", "key"]);
    std::thread::sleep(Duration::from_millis(50));
    writer.line("SET key value").expect("a reply");
    assert_eq!(runner.read().expect("a reply"), Reply::Bulk(b"done".to_vec()));
    runner.read().expect("a reply");
    eventually("the write is there", || {
        reader.line("GET key").expect("a reply") == Reply::Bulk(b"value".to_vec())
    });
}
