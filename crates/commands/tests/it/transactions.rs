//! Transactions, watching and messages between clients, through the whole engine.

use crate::in_process::InProcess;

#[test]
fn exec_runs_the_queue() {
    let mut server = InProcess::new();
    let client = server.connect();
    assert_eq!(server.send(client, "MULTI"), "+OK|");
    assert_eq!(server.send(client, "SET k v"), "+QUEUED|");
    assert_eq!(server.send(client, "GET k"), "+QUEUED|");
    assert_eq!(server.send(client, "EXEC"), "*2|+OK|$1|v|");
    assert_eq!(server.send(client, "EXEC"), "-ERR EXEC without MULTI|");
}

#[test]
fn a_bad_command_aborts_the_transaction() {
    let mut server = InProcess::new();
    let client = server.connect();
    server.send(client, "MULTI");
    assert!(server.send(client, "NOSUCH a b").starts_with("-ERR unknown command 'NOSUCH'"));
    assert_eq!(
        server.send(client, "EXEC"),
        "-EXECABORT Transaction discarded because of previous errors.|"
    );
}

#[test]
fn a_touched_key_fails_the_transaction() {
    let mut server = InProcess::new();
    let (first, second) = (server.connect(), server.connect());
    server.send(first, "WATCH k");
    server.send(second, "SET k other");
    server.send(first, "MULTI");
    server.send(first, "SET k mine");
    assert_eq!(server.send(first, "EXEC"), "*-1|");
    assert_eq!(server.send(first, "GET k"), "$5|other|");
}

#[test]
fn an_expired_key_is_gone() {
    let mut server = InProcess::new();
    let client = server.connect();
    assert_eq!(server.send(client, "SET k v PX 50"), "+OK|");
    assert_eq!(server.send(client, "GET k"), "$1|v|");
    server.advance(60);
    assert_eq!(server.send(client, "GET k"), "$-1|");
    assert_eq!(server.engine.state.stats.expired_keys, 1);
}

#[test]
fn messages_reach_subscribers() {
    let mut server = InProcess::new();
    let (listener, speaker) = (server.connect(), server.connect());
    assert_eq!(server.send(listener, "SUBSCRIBE c"), "*3|$9|subscribe|$1|c|:1|");
    assert_eq!(server.send(listener, "PSUBSCRIBE c*"), "*3|$10|psubscribe|$2|c*|:2|");
    assert_eq!(server.send(speaker, "PUBLISH c hi"), ":2|");
    assert_eq!(server.take(listener), "*3|$7|message|$1|c|$2|hi|*4|$8|pmessage|$2|c*|$1|c|$2|hi|");
    assert!(server.send(listener, "GET k").starts_with("-ERR Can't execute 'get'"));
}
