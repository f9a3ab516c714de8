//! Clients while a dataset is loaded: they are told so, see how far it is, and nothing that they do harms the load.

use std::path::PathBuf;

use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::{PATIENCE, eventually, options, run, signal, start, text};

const LOADING: &str = "LOADING Redis is loading the dataset in memory";
const KEYS: &str = "3000";

/// A directory with a dataset that takes seconds to load, told to go slowly.
struct Home {
    directory: tempfile::TempDir,
    appendonly: &'static str,
    digest: String,
}

impl Home {
    fn new(appendonly: &'static str) -> Home {
        let directory = tempfile::tempdir().expect("a directory");
        let mut home = Home { directory, appendonly, digest: String::new() };
        let server = start(&home.options());
        let mut client = client(&server);
        if appendonly == "no" {
            ask(&mut client, &format!("DEBUG POPULATE {KEYS} key 100"));
            ask(&mut client, "SAVE");
        } else {
            let writes = (0..3000)
                .map(|number| vec!["SET".to_owned(), format!("key:{number}"), "value".to_owned()]);
            client.pipeline(writes, 100).expect("it writes");
        }
        home.digest = ask(&mut client, "DEBUG DIGEST");
        assert!(server.stop().is_some_and(|status| status.success()));
        home
    }

    fn options(&self) -> ServerOptions {
        options()
            .directory(self.directory.path())
            .option("appendonly", &[self.appendonly])
            .option("enable-debug-command", &["yes"])
            .option("rdbcompression", &["no"])
    }

    /// The server while it loads.
    fn load(&self) -> ServerProcess {
        start(&self.slow_options())
    }

    fn slow_options(&self) -> ServerOptions {
        self.options().option("key-load-delay", &["3000"]).even_loading()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Ends the delay; all is there then.
    fn assert_loaded(&self, server: &ServerProcess) {
        let mut client = client(server);
        assert_eq!(info(&mut client, "loading"), "1");
        ask(&mut client, "CONFIG SET key-load-delay 0");
        until_loaded(&mut client);
        assert_eq!(ask(&mut client, "DEBUG DIGEST"), self.digest);
        assert!(server.log().contains("Ready to accept connections tcp"));
    }
}

fn client(server: &ServerProcess) -> Client {
    server.client().expect("connected")
}

fn said(client: &mut Client, line: &str) -> String {
    let reply = client.line(line).expect("a reply");
    reply.text().unwrap_or_else(|| format!("{reply:?}"))
}

fn ask(client: &mut Client, line: &str) -> String {
    let reply = client.line(line).expect("a reply");
    assert!(!reply.is_error(), "{line}: {reply:?}");
    reply.text().unwrap_or_else(|| format!("{reply:?}"))
}

fn info(client: &mut Client, field: &str) -> String {
    client.info("persistence", field).expect("it has the field")
}

fn until_loaded(client: &mut Client) {
    eventually("the load ends", || info(client, "loading") == "0");
}

#[test]
fn others_are_told_and_served() {
    let home = Home::new("no");
    let server = start(&home.slow_options().option("enable-protected-configs", &["yes"]));
    let mut one = client(&server);
    for line in ["PING", "GET key:1", "SET a b", "DBSIZE", "EVAL 'return 1' 0", "PSYNC ? -1"] {
        assert_eq!(said(&mut one, line), LOADING, "{line}");
    }
    for line in ["SAVE", "FLUSHALL", "REPLICAOF no one", "DEBUG RELOAD", "DEBUG LOADAOF"] {
        assert_eq!(said(&mut one, line), LOADING, "{line}");
    }
    assert_eq!(said(&mut one, "CONFIG SET dir /tmp"), LOADING);
    assert_eq!(ask(&mut one, "ECHO there"), "there");
    assert!(ask(&mut one, "INFO commandstats").contains("cmdstat_echo:calls=1,"));
    assert_eq!(ask(&mut one, "MULTI"), "OK");
    assert_eq!(said(&mut one, "GET key:1"), LOADING);
    assert!(said(&mut one, "EXEC").starts_with("EXECABORT"));
    // More than one read brings, and an end right behind it.
    let mut many = client(&server);
    many.send("ECHO pipelined\r\n".repeat(20_000).as_bytes()).expect("sent");
    for _ in 0..20_000 {
        assert_eq!(many.read().expect("a reply"), Reply::Bulk(b"pipelined".to_vec()));
    }
    many.send(b"ECHO last\r\n").expect("sent");
    drop(many);
    eventually("who has gone is forgotten", || {
        one.info("clients", "connected_clients").is_ok_and(|count| count == "1")
    });
    // What is loaded is not evicted meanwhile.
    ask(&mut one, "CONFIG SET maxmemory-policy allkeys-lru maxmemory 1");
    ask(&mut one, "ECHO again");
    ask(&mut one, "CONFIG SET maxmemory 0");
    home.assert_loaded(&server);
}

#[test]
fn progress_is_told() {
    let home = Home::new("no");
    let server = home.load();
    let mut one = client(&server);
    let size = std::fs::metadata(home.path("dump.rdb")).expect("the file").len();
    assert_eq!(info(&mut one, "loading_total_bytes"), size.to_string());
    assert_eq!(info(&mut one, "async_loading"), "0");
    assert_ne!(info(&mut one, "loading_rdb_used_mem"), "0");
    let number = |text: String| text.parse::<f64>().expect("a number");
    let mut last = 0.0;
    for _ in 0..3 {
        eventually("it goes on", || number(info(&mut one, "loading_loaded_perc")) > last);
        last = number(info(&mut one, "loading_loaded_perc"));
        let loaded = number(info(&mut one, "loading_loaded_bytes")) / size as f64 * 100.0;
        assert!(last < 100.0 && (loaded - last).abs() < 5.0, "{last} {loaded}");
    }
    let keys = number(info(&mut one, "rdb_last_load_keys_loaded"));
    assert!((1.0..3000.0).contains(&keys), "{keys}");
    assert!(number(info(&mut one, "loading_eta_seconds")) <= 60.0);
    eventually("the log tells", || {
        server.log().lines().any(|line| {
            line.contains("Loading RDB: ")
                && line.contains("% of ")
                && line.ends_with(" seconds left")
        })
    });
    home.assert_loaded(&server);
    assert!(one.info("persistence", "loading_total_bytes").is_err());
}

#[test]
fn who_may_not_is_told_so_first() {
    let home = Home::new("no");
    let server = start(&home.slow_options().option("requirepass", &["secret"]));
    let mut one = client(&server);
    assert!(said(&mut one, "PING").starts_with("NOAUTH"));
    assert!(said(&mut one, "AUTH wrong").starts_with("WRONGPASS"));
    assert_eq!(ask(&mut one, "AUTH secret"), "OK");
    assert_eq!(said(&mut one, "PING"), LOADING);
    assert_eq!(ask(&mut one, "ACL SETUSER limited on nopass +ping"), "OK");
    assert_eq!(ask(&mut one, "AUTH limited any"), "OK");
    assert!(said(&mut one, "INFO").starts_with("NOPERM"));
}

#[test]
fn an_append_only_file_is_loaded_likewise() {
    let home = Home::new("yes");
    let server = home.load();
    let mut one = client(&server);
    assert_eq!(said(&mut one, "PING"), LOADING);
    let part = home.path("appendonlydir/appendonly.aof.1.incr.aof");
    let base = home.path("appendonlydir/appendonly.aof.1.base.rdb");
    let sizes = [part, base].map(|path| std::fs::metadata(path).expect("the file").len());
    assert_eq!(info(&mut one, "loading_total_bytes"), sizes.iter().sum::<u64>().to_string());
    assert_eq!(info(&mut one, "aof_enabled"), "0");
    let mut monitor = client(&server);
    ask(&mut monitor, "MONITOR");
    home.assert_loaded(&server);
    // What the file says is not shown as if somebody had called it.
    ask(&mut one, "SET key:1 new");
    eventually("the watcher hears of calls", || {
        let line = monitor.read().expect("a line").text().expect("a text");
        assert!(!line.contains("\"SET\"") || line.contains("new"), "{line}");
        line.contains("new")
    });
    assert_eq!(info(&mut one, "aof_enabled"), "1");
}

#[test]
fn what_appendonly_shall_be_it_is_behind_the_load() {
    for (at_start, later) in [("no", "yes"), ("yes", "no")] {
        let home = Home::new(at_start);
        let server = home.load();
        let mut one = client(&server);
        ask(&mut one, &format!("CONFIG SET appendonly {later}"));
        assert_eq!(info(&mut one, "loading"), "1");
        home.assert_loaded(&server);
        let on = u8::from(later == "yes").to_string();
        assert_eq!(info(&mut one, "aof_enabled"), on);
        eventually("the rewrite ends", || info(&mut one, "aof_rewrite_in_progress") == "0");
        ask(&mut one, "SET later value");
        drop(server);
        let server = start(&home.options().option("appendonly", &["yes"]));
        let there = ask(&mut client(&server), "EXISTS later");
        assert_eq!(there, on, "{at_start} {later}");
    }
}

#[test]
fn an_end_asked_for_meanwhile_saves_nothing() {
    for (appendonly, file) in
        [("no", "dump.rdb"), ("yes", "appendonlydir/appendonly.aof.1.incr.aof")]
    {
        let home = Home::new(appendonly);
        let before = std::fs::read(home.path(file)).expect("the file");
        for how in ["SHUTDOWN", "SHUTDOWN SAVE", "TERM", "INT"] {
            let mut server = start(&home.slow_options().option("save", &["1 1"]));
            match how {
                "TERM" | "INT" => signal(&server, how),
                how => assert!(client(&server).line(how).is_err(), "{how}"),
            }
            let status = server.wait_exit(PATIENCE).expect("it ends");
            assert_eq!(status.code(), Some(0), "{how}: {}", server.log());
            let log = server.log();
            assert!(!log.contains("Ready to accept") && log.contains("bye bye"), "{how}: {log}");
            let after = std::fs::read(home.path(file)).expect("the file");
            assert!(before == after, "{how}: the file has changed");
        }
        assert!(home.appendonly == "no" || !home.path("dump.rdb").exists());
    }
}

#[test]
fn a_damaged_file_ends_the_start_for_all() {
    let home = Home::new("no");
    let mut bytes = std::fs::read(home.path("dump.rdb")).expect("the file");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 200].fill(0xff);
    std::fs::write(home.path("dump.rdb"), &bytes).expect("written");
    let mut server = home.load();
    let mut one = client(&server);
    assert_eq!(said(&mut one, "PING"), LOADING);
    let mut two = client(&server);
    ask(&mut two, "CONFIG SET key-load-delay 0");
    assert!(one.read().expect_err("it is closed").to_string().contains("closed"));
    let status = server.wait_exit(PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(1));
    let log = server.log();
    assert!(log.contains(" at byte "), "{log}");
    assert!(log.contains("Fatal error loading the DB"), "{log}");
    let socket = home.path("it.sock");
    let directory = home.directory.path().to_str().expect("made of text");
    let again = run(&["--port", "0", "--unixsocket", "it.sock", "--dir", directory]);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again.stdout));
    assert!(!socket.exists());
}

#[test]
fn who_asks_for_a_load_waits_and_others_do_not() {
    for (appendonly, line) in [("no", "DEBUG RELOAD"), ("yes", "DEBUG LOADAOF")] {
        let home = Home::new(appendonly);
        let server = start(&home.options());
        let (mut asking, mut other) = (client(&server), client(&server));
        ask(&mut other, "CONFIG SET key-load-delay 3000");
        asking.send(format!("{line}\r\nECHO behind\r\n").as_bytes()).expect("sent");
        eventually("it loads", || said(&mut other, "PING") == LOADING);
        // This comes while the load is under way, and waits for it.
        asking.send(b"DBSIZE\r\n").expect("sent");
        assert_eq!(said(&mut other, "PING"), LOADING);
        ask(&mut other, "CONFIG SET key-load-delay 0");
        assert_eq!(asking.read().expect("a reply"), Reply::Simple(b"OK".to_vec()));
        assert_eq!(asking.read().expect("a reply"), Reply::Bulk(b"behind".to_vec()));
        assert_eq!(asking.read().expect("a reply"), Reply::Integer(3000));
        assert_eq!(ask(&mut other, "DEBUG DIGEST"), home.digest);
    }
}

#[test]
fn a_replica_serves_others_while_it_loads_what_the_primary_sent() {
    let home = Home::new("no");
    let primary = start(&home.options());
    let replica = start(&options().option("key-load-delay", &["3000"]));
    let mut other = client(&replica);
    ask(&mut other, &format!("REPLICAOF 127.0.0.1 {}", primary.address().port()));
    eventually("it loads", || said(&mut other, "PING") == LOADING);
    let mut writer = client(&primary);
    ask(&mut writer, "SET later value");
    assert_eq!(said(&mut other, "GET later"), LOADING);
    assert_eq!(info(&mut other, "loading"), "1");
    ask(&mut other, "CONFIG SET appendonly yes");
    ask(&mut other, "CONFIG SET key-load-delay 0");
    eventually("the link is up", || {
        said(&mut other, "INFO replication").contains("master_link_status:up")
    });
    eventually("what came meanwhile is there", || said(&mut other, "GET later") == "value");
    assert_eq!(info(&mut other, "aof_enabled"), "1");
    assert_eq!(ask(&mut other, "DBSIZE"), "3001");
}
