//! `rdb-version-write`: files that Debian's redis-server 7.0.15 starts from, with equal data.

use testkit::{Client, ServerOptions};

use super::support::prepared;
use super::{eventually, options, start};

fn ask(client: &mut Client, words: &[&str]) -> String {
    let reply = client.command(words).expect("the server answers");
    reply.text().unwrap_or_else(|| format!("{reply:?}"))
}

/// Each type in each form, as far as 7.0 has it.
fn fill(client: &mut Client) {
    ask(
        client,
        &[
            "FUNCTION",
            "LOAD",
            "#!lua name=l\nredis.register_function('f', function() return 1 end)",
        ],
    );
    let long = "long".repeat(50);
    for line in [
        "SET string value EX 1000",
        "SET integer 12345",
        "SADD set:intset 1 2 3",
        "SADD set:listpack a b c",
        "ZADD zset:listpack 1.5 a 2 b",
        "HSET hash:listpack f v g w",
        "RPUSH list:listpack a b 3",
        "XADD stream 1-1 a b",
        "XADD stream 2-1 a c d e",
        "XGROUP CREATE stream group 0",
        "XREADGROUP GROUP group consumer COUNT 1 STREAMS stream >",
        "PFADD hll a b c",
        "HIMPORT PREPARE names f g",
        "HIMPORT SET hash:template names v w",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let reply = ask(client, &words);
        assert!(!reply.starts_with("ERR"), "{line}: {reply}");
    }
    for number in 0..600 {
        let (member, number) = (format!("{long}{number}"), number.to_string());
        ask(client, &["SADD", "set:table", &member]);
        ask(client, &["ZADD", "zset:skiplist", &number, &member]);
        ask(client, &["HSET", "hash:table", &member, &number]);
        ask(client, &["RPUSH", "list:nodes", &member]);
    }
}

#[test]
fn an_older_server_starts_from_what_is_saved_for_it() {
    let Some(older) = prepared("BULKHEAD_REDISEARCH_ORACLE") else { return };
    let Some(libraries) = prepared("BULKHEAD_REDISEARCH_ORACLE_LIBRARIES") else { return };
    let libraries = libraries.to_str().expect("a path of text").to_owned();
    let folder = std::env::temp_dir().join(format!("bulkhead-older-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary directory can be written");
    let file = folder.join("dump.rdb");
    let debug = |options: ServerOptions| options.option("enable-debug-command", &["yes"]);
    let server = start(&debug(options()).option("rdb-version-write", &["10"]));
    let mut client = server.client().expect("it is ready");
    fill(&mut client);
    for command in ["SAVE", "BGSAVE"] {
        ask(&mut client, &["INCR", "integer"]);
        ask(&mut client, &[command]);
        eventually("it is saved", || {
            client.info("persistence", "rdb_bgsave_in_progress").is_ok_and(|there| there == "0")
        });
        let digest = ask(&mut client, &["DEBUG", "DIGEST"]);
        std::fs::copy(server.directory().join("dump.rdb"), &file).expect("it can be copied");
        let there = debug(ServerOptions::new(&older).directory(&folder))
            .environment("LD_LIBRARY_PATH", &libraries);
        let there = start(&there);
        let mut other = there.client().expect("it is ready");
        assert_eq!(ask(&mut other, &["DEBUG", "DIGEST"]), digest, "{command}\n{}", there.log());
        assert_eq!(ask(&mut other, &["FCALL", "f", "0"]), "1");
    }
    drop(client);
    std::fs::remove_dir_all(&folder).expect("it is there");
}

#[test]
fn what_an_older_version_does_not_know_is_named() {
    let server = start(&options().option("rdb-version-write", &["11"]));
    let mut client = server.client().expect("it is ready");
    let cases: [(&[&str], &str); 4] = [
        (&["ARSET", "key", "0", "a"], "an array"),
        (
            &["HSETEX", "key", "EX", "100", "FIELDS", "1", "f", "v"],
            "a hash with fields that expire",
        ),
        (&["XADD", "key", "IDMP", "p", "i", "*", "a", "b"], "a stream with idempotent producers"),
        (&["XADD", "key", "1-1", "a", "b"], "a stream with entries that were given back"),
    ];
    for (command, what) in cases {
        ask(&mut client, &["DEL", "key"]);
        ask(&mut client, &["SAVE"]);
        let before = std::fs::read(server.directory().join("dump.rdb")).expect("it was saved");
        let reply = ask(&mut client, command);
        assert!(!reply.starts_with("ERR"), "{reply}");
        if what.ends_with("given back") {
            ask(&mut client, &["XGROUP", "CREATE", "key", "g", "0"]);
            ask(&mut client, &["XREADGROUP", "GROUP", "g", "c", "STREAMS", "key", ">"]);
            ask(&mut client, &["XNACK", "key", "g", "FAIL", "IDS", "1", "1-1"]);
        }
        let reply = ask(&mut client, &["SAVE"]);
        let expected = format!("ERR key 'key' of database 0 holds {what}");
        assert!(reply.starts_with(&expected), "{reply}");
        let after = std::fs::read(server.directory().join("dump.rdb")).expect("it is still there");
        assert_eq!(after, before);
    }
    ask(&mut client, &["CONFIG", "SET", "rdb-version-write", "newest"]);
    assert_eq!(ask(&mut client, &["SAVE"]), "OK");
}
