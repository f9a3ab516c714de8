//! Scripts that a client runs step by step, in the server or in a child of it.

use testkit::{Client, Reply, ServerProcess};

use crate::{eventually, options, start};

const SCRIPT: &str = "local a = {1, x = 'y'}
redis.call('set', 'k', '1')
redis.debug(a)
return redis.call('get', 'k')";

/// A client for which the script stands at its first line.
fn begin(server: &ServerProcess, mode: &str) -> Client {
    let mut client = server.client().expect("connected");
    let set = client.command(&["SCRIPT", "DEBUG", mode]).expect("a reply");
    assert_eq!(set, Reply::Simple(b"OK".to_vec()));
    let said = client.command(&["EVAL", SCRIPT, "0"]).expect("a reply");
    assert_eq!(
        lines(&said),
        ["* Stopped at 1, stop reason = step over", "-> 1   local a = {1, x = 'y'}"]
    );
    client
}

fn lines(said: &Reply) -> Vec<String> {
    let lines = said.elements().expect("an array").iter();
    lines.map(|line| line.text().expect("a text")).collect()
}

fn say(client: &mut Client, words: &[&str]) -> Vec<String> {
    lines(&client.command(words).expect("a reply"))
}

fn get(server: &ServerProcess) -> Option<String> {
    server.client().expect("connected").line("GET k").expect("a reply").text()
}

#[test]
fn the_server_itself_goes_step_by_step() {
    let server = start(&options());
    let mut client = begin(&server, "SYNC");
    say(&mut client, &["step"]);
    assert_eq!(say(&mut client, &["print"]), ["<value> a = {[1]=1; [\"x\"]=\"y\"}"]);
    let said = say(&mut client, &["next"]);
    assert_eq!(said[..2], ["<redis> set k 1", "<reply> \"+OK\""]);
    assert_eq!(say(&mut client, &["break", "4"])[1], "  #4   return redis.call('get', 'k')");
    let said = say(&mut client, &["continue"]);
    assert_eq!(said[0], "<debug> line 3: {[1]=1; [\"x\"]=\"y\"}");
    assert_eq!(said[1], "* Stopped at 4, stop reason = break point");
    assert_eq!(say(&mut client, &["eval", "1 + 1"]), ["<retval> 2"]);
    assert_eq!(say(&mut client, &["c"]), ["<endsession>"]);
    assert_eq!(client.read().expect("a reply"), Reply::Bulk(b"1".to_vec()));
    assert!(client.read().is_err(), "the connection has ended");
    assert_eq!(get(&server).as_deref(), Some("1"));
}

#[test]
fn a_child_goes_step_by_step_and_changes_nothing() {
    let server = start(&options());
    let mut client = begin(&server, "YES");
    let mut other = server.client().expect("connected");
    assert_eq!(other.line("PING").expect("served"), Reply::Simple(b"PONG".to_vec()));
    // Neither does a save that runs meanwhile take the connection away.
    other.line("BGSAVE").expect("a reply");
    say(&mut client, &["redis", "set", "k", "2"]);
    assert_eq!(say(&mut client, &["continue"])[1], "<endsession>");
    assert_eq!(client.read().expect("a reply"), Reply::Bulk(b"1".to_vec()));
    assert!(client.read().is_err(), "the connection has ended");
    assert_eq!(get(&server), None);
}

#[test]
fn without_its_client_a_script_runs_to_its_end() {
    let server = start(&options());
    let mut client = begin(&server, "SYNC");
    say(&mut client, &["break", "4"]);
    drop(client);
    eventually("it has ended", || get(&server).is_some());
}

#[test]
fn an_aborted_script_is_an_error() {
    let server = start(&options());
    let mut client = begin(&server, "SYNC");
    assert_eq!(say(&mut client, &["abort"]), ["<endsession>"]);
    let reply = client.read().expect("a reply").text().expect("a text");
    assert!(reply.starts_with("ERR script aborted for user request script: "), "{reply}");
}

#[test]
fn a_script_that_cannot_begin_ends_the_session() {
    let server = start(&options());
    for (words, error) in [
        (["EVAL", "return 1", "x"], "ERR value is not an integer or out of range"),
        (["EVAL", "return 1", "-1"], "ERR Number of keys can't be negative"),
        (["EVAL", "return +", "0"], "ERR Error compiling script"),
    ] {
        let mut client = server.client().expect("connected");
        client.command(&["SCRIPT", "DEBUG", "SYNC"]).expect("a reply");
        assert_eq!(say(&mut client, &words), ["<endsession>"]);
        let reply = client.read().expect("a reply").text().expect("a text");
        assert!(reply.starts_with(error), "{reply}");
        assert!(client.read().is_err(), "the connection has ended");
    }
}
