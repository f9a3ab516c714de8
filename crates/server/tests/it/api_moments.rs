//! Functions of the Module API whose case takes more than one command, in a module of our own: `tests/modules/moments.c`.

use std::time::Instant;

use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::api_cases::compiled;
use crate::support::options;
use crate::{PATIENCE, start};

/// A server with the module.
struct Moments {
    server: ServerProcess,
    client: Client,
    _directory: tempfile::TempDir,
}

impl Moments {
    fn start(compiler: &str, options: &ServerOptions) -> Option<Moments> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let module = compiled("moments", compiler, directory.path())?;
        let server = start(options);
        let mut client = server.client().expect("a connection");
        let loaded = client.command(&["MODULE", "LOAD", &module]).expect("a reply");
        assert_eq!(loaded, Reply::Simple(b"OK".to_vec()), "{compiler}");
        Some(Moments { server, client, _directory: directory })
    }

    fn command(&mut self, words: &[&str]) -> Reply {
        self.client.command(words).expect("a reply")
    }

    fn act(&mut self, words: &[&str]) -> Reply {
        self.command(&[&["MOMENTS.DO"], words].concat())
    }

    /// What the module has noted, once it has noted something.
    fn said(&mut self) -> String {
        let began = Instant::now();
        loop {
            let said = self.command(&["MOMENTS.SAID"]).text().expect("a text");
            if !said.is_empty() {
                return said;
            }
            assert!(began.elapsed() < PATIENCE, "the module has noted nothing");
        }
    }

    /// Asks until the field of INFO is this.
    fn wait_for(&mut self, section: &str, field: &str, value: &str) {
        let began = Instant::now();
        loop {
            let now = self.client.info(section, field).expect("a field");
            if now == value {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{field} is {now}, not {value}");
        }
    }
}

/// What a genuine server says, too, if not noted otherwise. With both compilers, as far as they are here.
#[test]
fn functions_do_what_they_do_in_redis() {
    for compiler in ["gcc", "clang"] {
        let Some(mut moments) =
            Moments::start(compiler, &options().option("enable-debug-command", &["yes"]))
        else {
            continue;
        };
        blocked_client(&mut moments);
        jobs_for_keys(&mut moments);
        login_ended(&mut moments);
        child(&mut moments);
        defragmentation(&mut moments);
        // In no cluster there is nobody to send anything to.
        moments.act(&["cluster", "none"]);
        assert_eq!(moments.said(), "1 1 1 1 1", "{compiler}");
        obedience(&mut moments);
        arguments(&mut moments);
    }
}

fn blocked_client(moments: &mut Moments) {
    let mut other = moments.server.client().expect("a connection");
    other.send(b"MOMENTS.DO block\r\n").expect("it is sent");
    moments.wait_for("clients", "blocked_clients", "1");
    moments.act(&["unblock"]);
    assert_eq!(other.read().expect("a reply"), Reply::Integer(1));
    assert_eq!(moments.said(), "unblocked 0 ");

    other.send(b"MOMENTS.DO block\r\n").expect("it is sent");
    moments.wait_for("clients", "blocked_clients", "1");
    drop(other);
    moments.wait_for("clients", "blocked_clients", "0");
    moments.act(&["unblock"]);
    assert_eq!(moments.said(), "unblocked 1 ");
}

fn jobs_for_keys(moments: &mut Moments) {
    moments.command(&["SET", "job:1", "x"]);
    assert_eq!(moments.said(), "set 0 job job:1 data free data ");
    moments.command(&["MSET", "job:1", "x", "job:2", "y"]);
    let jobs = "job job:1 data free data job job:2 data free data ";
    assert_eq!(moments.said(), format!("set 0 set 0 {jobs}"));
    // Each command of a transaction, or of a script, has its own.
    let twice = ["1", "2"].map(|job| format!("set 0 job job:{job} data free data "));
    moments.command(&["MULTI"]);
    moments.command(&["SET", "job:1", "x"]);
    moments.command(&["SET", "job:2", "x"]);
    moments.command(&["EXEC"]);
    assert_eq!(moments.said(), twice.concat());
    let script = "redis.call('SET', 'job:1', 'x') redis.call('SET', 'job:2', 'x')";
    moments.command(&["EVAL", script, "0"]);
    assert_eq!(moments.said(), twice.concat());
}

fn login_ended(moments: &mut Moments) {
    let mut other = moments.server.client().expect("a connection");
    let id = other.command(&["MOMENTS.DO", "id"]).expect("a reply");
    let Reply::Integer(id) = id else { panic!("no number: {id:?}") };
    moments.act(&["close", &id.to_string()]);
    moments.act(&["close", "1000000"]);
    assert_eq!(moments.said(), "01");
    assert!(other.command(&["PING"]).is_err(), "the connection is closed");
}

fn child(moments: &mut Moments) {
    moments.act(&["fork"]);
    moments.wait_for("persistence", "current_fork_perc", "25.00");
    moments.act(&["unfork"]);
    assert_eq!(moments.said(), "0");
}

fn defragmentation(moments: &mut Moments) {
    let parameters = [
        ("hz", "100"),
        ("active-defrag-ignore-bytes", "1"),
        ("active-defrag-threshold-lower", "0"),
        ("active-defrag-cycle-min", "99"),
        ("activedefrag", "yes"),
    ];
    moments.act(&["keep", "kept"]);
    for i in 0..2000 {
        moments.command(&["SET", &format!("filler:{i}"), &"x".repeat(100)]);
    }
    for i in (0..2000).step_by(2) {
        moments.command(&["DEL", &format!("filler:{i}")]);
    }
    for (name, value) in parameters {
        moments.command(&["CONFIG", "SET", name, value]);
    }
    // On a genuine server the string stays where it is: the function that moves it is Valkey's.
    assert_eq!(moments.said(), "kept a string that is moved");
    moments.command(&["CONFIG", "SET", "activedefrag", "no"]);
    moments.command(&["FLUSHALL"]);
}

/// Redis does not have the function.
fn obedience(moments: &mut Moments) {
    moments.act(&["obey"]);
    assert_eq!(moments.said(), "0 ");
    moments.command(&["CONFIG", "SET", "appendonly", "yes"]);
    moments.wait_for("persistence", "aof_rewrite_in_progress", "0");
    moments.act(&["obey"]);
    assert_eq!(moments.said(), "0 ");
    let loaded = moments.command(&["DEBUG", "LOADAOF"]);
    assert_eq!(loaded, Reply::Simple(b"OK".to_vec()));
    assert_eq!(moments.said(), "1 ", "what the file says is to be done");
}

/// Redis does not have the function.
fn arguments(moments: &mut Moments) {
    moments.act(&["args", "of its own"]);
    assert_eq!(moments.said(), "0");
    let listed = format!("{:?}", moments.command(&["MODULE", "LIST"]).to_resp2());
    let word = |word: &str| format!("{:?}", Reply::Bulk(word.as_bytes().to_vec()));
    let words = [word("args"), word("of its own")].join(", ");
    assert!(listed.contains(&words), "{listed} has not {words}");
}

#[test]
fn a_node_alone_is_as_in_redis() {
    for compiler in ["gcc", "clang"] {
        let options = options().option("cluster-enabled", &["yes"]);
        let Some(mut moments) = Moments::start(compiler, &options) else { continue };
        let id = moments.command(&["CLUSTER", "MYID"]).text().expect("a name");
        moments.act(&["cluster", &id]);
        assert_eq!(moments.said(), "0 1 1 1 1", "{compiler}");
        // Redis does not have this one.
        moments.act(&["node", &id]);
        assert_eq!(moments.said(), "0 1 3 1", "{compiler}");

        let served = Reply::Simple(b"OK".to_vec());
        for (flags, is_served) in [("0", false), ("4", true), ("2", false), ("6", true)] {
            moments.act(&["flags", flags]);
            let set = moments.command(&["SET", "a", "1"]);
            assert_eq!(set == served, is_served, "{compiler}: flags {flags}: {set:?}");
        }
    }
}
