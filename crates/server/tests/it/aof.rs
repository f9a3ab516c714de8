//! The append-only file of the real binary: what was acknowledged is there after the process was killed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::{Client, Reply, ServerOptions, ServerProcess};

use super::{eventually, options, run, signal, start, text};

/// A directory of its own, removed in the end.
pub struct Home(pub PathBuf);

impl Home {
    pub fn new(name: &str) -> Home {
        let path = std::env::temp_dir().join(format!("bulkhead-aof-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary directory can be written");
        Home(path)
    }

    pub fn options(&self) -> ServerOptions {
        options()
            .directory(&self.0)
            .option("appendonly", &["yes"])
            .option("appendfsync", &["always"])
            .option("enable-debug-command", &["yes"])
            .option("save", &[""])
    }

    pub fn part(&self, name: &str) -> PathBuf {
        self.0.join("appendonlydir").join(name)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // It is a temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn ask(client: &mut Client, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let reply = client.command(&words).expect("the server answers");
    assert!(!reply.is_error(), "{line}: {reply:?}");
    reply.text().unwrap_or_else(|| format!("{reply:?}"))
}

/// Something of every kind, some of it in several steps, some of it gone again.
const WRITES: &[&str] = &[
    "SET string value",
    "SETRANGE string 10 more",
    "INCRBY number 41",
    "SET volatile value EX 1000",
    "RPUSH list a b c",
    "LPOP list",
    "SADD set 1 2 3 x",
    "SPOP set",
    "ZADD zset 1.5 a -inf b",
    "HSET hash f v g w",
    "HEXPIRE hash 1000 FIELDS 1 f",
    "MSET {m}1 a {m}2 b",
    "RENAME {m}1 {m}3",
    "EVAL return{redis.call('SET','s1','a'),redis.call('SET','s2','b')} 0",
    "SWAPDB 0 3",
    "SET after swap",
];

pub fn fill(client: &mut Client) -> String {
    ask(client, "SET gone soon PX 1");
    eventually("the short-lived key goes", || ask(client, "EXISTS gone") == "0");
    for line in WRITES {
        ask(client, line);
    }
    ask(client, "DEBUG DIGEST")
}

pub fn killed(server: ServerProcess) {
    let mut server = server;
    signal(&server, "KILL");
    assert!(server.wait_exit(Duration::from_secs(10)).is_some(), "it was killed");
}

fn digest_after_restart(home: &Home) -> (ServerProcess, String) {
    let server = start(&home.options());
    let digest = ask(&mut server.client().expect("it is ready"), "DEBUG DIGEST");
    (server, digest)
}

#[test]
fn acknowledged_writes_survive_a_kill() {
    let home = Home::new("kill");
    let server = start(&home.options());
    let mut client = server.client().expect("it is ready");
    let before = fill(&mut client);
    let here_and_there = client.command(&["WAITAOF", "1", "0", "0"]).expect("an answer");
    assert_eq!(here_and_there, Reply::Array(vec![Reply::Integer(1), Reply::Integer(0)]));
    killed(server);
    let (server, after) = digest_after_restart(&home);
    assert_eq!(after, before);
    assert!(server.log().contains("DB loaded from append only file"), "{}", server.log());
}

#[test]
fn rewriting_keeps_everything() {
    for preamble in ["yes", "no"] {
        let home = Home::new(preamble);
        let server = start(&home.options());
        let mut client = server.client().expect("it is ready");
        ask(&mut client, &format!("CONFIG SET aof-use-rdb-preamble {preamble}"));
        fill(&mut client);
        ask(&mut client, "BGREWRITEAOF");
        // This goes to the file behind the new base.
        ask(&mut client, "RPUSH list later");
        let before = ask(&mut client, "DEBUG DIGEST");
        let format = if preamble == "yes" { "rdb" } else { "aof" };
        let base = home.part(&format!("appendonly.aof.2.base.{format}"));
        eventually("the rewrite ends", || base.is_file());
        eventually("the old base goes", || !home.part("appendonly.aof.1.base.rdb").is_file());
        killed(server);
        let (_, after) = digest_after_restart(&home);
        assert_eq!(after, before, "preamble {preamble}");
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("the part is there");
    file.write_all(bytes).expect("it can be written");
}

#[test]
fn half_a_command_is_cut_off_or_refused() {
    let home = Home::new("cut");
    let server = start(&home.options());
    let before = fill(&mut server.client().expect("it is ready"));
    killed(server);
    let part = home.part("appendonly.aof.1.incr.aof");
    let whole = std::fs::metadata(&part).expect("the part is there").len();
    // A transaction counts only as a whole.
    append(&part, b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$3\r\nDEL");
    let directory = home.0.to_str().expect("made of text");
    let refused = run(&[
        "--port",
        "0",
        "--unixsocket",
        "it.sock",
        "--dir",
        directory,
        "--appendonly",
        "yes",
        "--aof-load-truncated",
        "no",
    ]);
    assert!(text(&refused.stdout).contains("Unexpected end of file reading the append only file"));
    assert!(!refused.status.success());
    let (server, after) = digest_after_restart(&home);
    assert_eq!(after, before);
    assert!(server.log().contains("loaded anyway because aof-load-truncated is enabled"));
    killed(server);
    assert_eq!(std::fs::metadata(&part).expect("the part is there").len(), whole);
    append(&part, b"nonsense\r\n");
    let listening = ["--port", "0", "--unixsocket", "it.sock"];
    let refused = run(&[&listening[..], &["--dir", directory, "--appendonly", "yes"]].concat());
    assert!(text(&refused.stdout).contains("Bad file format reading the append only file"));
    assert!(!refused.status.success());
}

#[test]
fn what_expires_later_is_there_while_loading() {
    let home = Home::new("expiry");
    let server = start(&home.options());
    let mut client = server.client().expect("it is ready");
    for line in [
        "HSET hash f 1 g 1",
        "HPEXPIRE hash 300 FIELDS 1 f",
        "HINCRBY hash f 1",
        "SET key 1 PX 300",
        "INCR key",
    ] {
        ask(&mut client, line);
    }
    killed(server);
    // Behind their time, so that the start meets them when it is over.
    std::thread::sleep(Duration::from_millis(400));
    let server = start(&home.options());
    let mut client = server.client().expect("it is ready");
    // Had they gone before the increments, those would have made new ones without an expiry.
    assert_eq!(ask(&mut client, "EXISTS key"), "0");
    assert_eq!(ask(&mut client, "HEXISTS hash f"), "0");
    assert_eq!(ask(&mut client, "HEXISTS hash g"), "1");
}

#[test]
fn switched_on_while_running() {
    let home = Home::new("switch");
    let server = start(&home.options().option("appendonly", &["no"]));
    let mut client = server.client().expect("it is ready");
    let before = fill(&mut client);
    ask(&mut client, "CONFIG SET appendonly yes");
    eventually("the first rewrite ends", || {
        client.info("persistence", "aof_rewrite_in_progress").is_ok_and(|running| running == "0")
    });
    killed(server);
    let (_, after) = digest_after_restart(&home);
    assert_eq!(after, before);
}
