//! Modules that are replaced while they run.

use std::path::{Path, PathBuf};

use testkit::{Client, Reply};

use crate::parked_modules::{ask, done, says, typed};
use crate::support::{Modules, load, options, prepared};
use crate::{eventually, start};

/// The module with a type, whose values have a digest.
fn digested() -> String {
    const DIGEST: &str = "
static void (*DigestAddStringBuffer)(void *, const char *, size_t);
static void (*DigestEndSequence)(void *);
static void value_digest(void *digest, void *data) {
    Value *value = data;
    DigestAddStringBuffer(digest, value->text, value->len);
    DigestEndSequence(digest);
}
int RedisModule_OnUnload";
    typed("value_save")
        .replace("0, 0, 0, value_free", "0, 0, value_digest, value_free")
        .replacen("int RedisModule_OnUnload", DIGEST, 1)
        .replace(
            "FETCH(StringPtrLen, ",
            "FETCH(DigestAddStringBuffer, \"DigestAddStringBuffer\"); \
             FETCH(DigestEndSequence, \"DigestEndSequence\"); FETCH(StringPtrLen, ",
        )
}

fn upgrade(client: &mut Client, name: &str, path: &Path) -> Reply {
    let path = path.to_str().expect("a path of text");
    client.command(&["MODULE", "UPGRADE", name, path]).expect("a reply")
}

fn fill(client: &mut Client) {
    for number in 0..300 {
        done(client, &format!("TYPED.SET key:{number} text{number}"));
        done(client, &format!("SET string:{number} {number}"));
    }
    done(client, "RPUSH list a b c");
    done(client, "SELECT 3");
    done(client, "TYPED.SET other text");
    done(client, "EXPIRE other 1000");
    done(client, "SELECT 0");
}

/// All that is to be the same after an upgrade.
fn seen(client: &mut Client) -> Vec<Reply> {
    let lines = [
        "DEBUG DIGEST",
        "DUMP key:7",
        "TYPED.GET key:299",
        "DBSIZE",
        "COMMAND INFO typed.set typed.get",
    ];
    lines.iter().map(|line| ask(client, line)).collect()
}

fn blocks(client: &mut Client) -> String {
    let info = ask(client, "INFO modulestats").text().unwrap_or_default();
    let start = info.find("memory_blocks=").unwrap_or_else(|| panic!("{info}"));
    info[start..].split(',').next().expect("a field").to_owned()
}

fn field<'a>(reply: &'a Reply, name: &str) -> &'a Reply {
    let Reply::Array(words) = reply else { panic!("{reply:?}") };
    let found = words.chunks(2).find(|pair| pair[0] == Reply::Bulk(name.as_bytes().to_vec()));
    &found.unwrap_or_else(|| panic!("no {name} in {reply:?}"))[1]
}

#[test]
fn a_module_is_replaced_with_its_values() {
    let modules = Modules::new();
    let path = modules.compile("typed", &digested());
    let server = start(&options().option("enable-debug-command", &["yes"]));
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    fill(&mut client);
    let (before, held) = (seen(&mut client), blocks(&mut client));
    let mut other = server.client().expect("a connection");
    done(&mut other, "MULTI");
    done(&mut other, "TYPED.GET key:5");
    // What the new one is told stays with it; it has its own data, though its file is the same.
    for _ in 0..3 {
        done(&mut client, "TYPED.STAY");
        let reply = upgrade(&mut client, "typed", &path);
        assert!(!reply.is_error(), "{reply:?} {}", server.log());
        assert_eq!(*field(&reply, "values"), Reply::Integer(301));
        assert_eq!(field(&reply, "from-sha256"), field(&reply, "to-sha256"));
        assert_eq!(seen(&mut client), before);
        assert_eq!(blocks(&mut client), held);
    }
    // A new file under the old name.
    let newer = modules
        .compile("newer", &digested().replace("unload_refused = argc > 1", "unload_refused = 0"));
    std::fs::rename(&newer, &path).expect("it is there");
    let reply = upgrade(&mut client, "typed", &path);
    assert_ne!(field(&reply, "from-sha256"), field(&reply, "to-sha256"));
    assert_eq!(seen(&mut client), before);
    assert_eq!(blocks(&mut client), held);
    let Reply::Array(replies) = ask(&mut other, "EXEC") else { panic!("no array") };
    assert_eq!(replies, [Reply::Bulk(b"text5".to_vec())]);
    // The newer one would refuse to go otherwise.
    done(&mut client, "TYPED.STAY please");
    done(&mut client, "TYPED.SET key:1 new");
    says(&ask(&mut client, "TYPED.GET key:1"), "new");
    done(&mut client, "DEBUG RELOAD");
    says(&ask(&mut client, "TYPED.GET key:1"), "new");
    done(&mut client, "MODULE UNLOAD typed PARK");
    says(&ask(&mut client, "TYPE key:1"), "typed-one");
    assert!(!server.log().contains("stays in memory"), "{}", server.log());
}

/// Files that cannot take the module's place: what is wrong with each, and what the reply says of it.
fn unfit(modules: &Modules) -> Vec<(&'static str, PathBuf, &'static str)> {
    let code = digested();
    let keeps = "int RedisModule_OnLoad(void *ctx, void **argv, int argc) {";
    let mut attempts = vec![
        ("is not there", modules.path("nowhere.so"), "No such file"),
        (
            "dies",
            modules.compile("dies", &code.replace(keeps, &format!("{keeps} abort();"))),
            "SIGABRT",
        ),
        (
            "fails",
            modules.compile(
                "fails",
                &code.replace(
                    "\"typed.stay\", stay, \"\", 0, 0, 0)",
                    "\"typed.stay\", stay, \"\", 0, 0, 0) || 1",
                ),
            ),
            "its OnLoad function returned an error",
        ),
        (
            "has another name",
            modules.compile(
                "named",
                &code.replace("init(ctx, \"typed\", 1)", "init(ctx, \"named\", 1)"),
            ),
            "the name of the new module is 'named'",
        ),
        (
            "lacks the type",
            modules.compile("lacks", &code.replace("\"typed-one\", 3", "\"typed-two\", 3")),
            "the new module has no type 'typed-one', of which there are values",
        ),
        (
            "refuses the values",
            modules.compile(
                "refuses",
                &code.replace("value->text[0] == '!'", "value->len > 4 && value->text[4] == '7'"),
            ),
            "the new module does not take 11 of 301 values, the first of them",
        ),
    ];
    let text = modules.path("text.so");
    std::fs::write(&text, "no library").expect("a file");
    attempts.push(("is a text", text, "execute"));
    attempts
}

#[test]
fn an_upgrade_that_fails_has_changed_nothing() {
    let modules = Modules::new();
    let path = modules.compile("typed", &digested());
    let attempts = unfit(&modules);
    for probe in ["yes", "no"] {
        let server = start(
            &options().option("enable-debug-command", &["yes"]).option("module-probe", &[probe]),
        );
        let mut client = server.client().expect("a connection");
        assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
        fill(&mut client);
        let (before, held) = (seen(&mut client), blocks(&mut client));
        for (what, file, reason) in &attempts {
            if (*what, probe) == ("dies", "no") {
                continue;
            }
            let reply = upgrade(&mut client, "typed", file);
            says(&reply, "ERR Error upgrading module: ");
            says(&reply, reason);
            assert_eq!(seen(&mut client), before, "{what}: {}", server.log());
            assert_eq!(blocks(&mut client), held, "{what}");
            let list = ask(&mut client, "INFO modules");
            let lines = list.text().unwrap_or_default();
            assert_eq!(lines.matches("module:name=").count(), 1, "{what}: {lines}");
            let parked = lines.lines().filter(|line| line.starts_with("parked:"));
            for line in parked {
                assert!(line.contains(",values=0,"), "{what}: {line}");
            }
        }
        // The old one does not want to go: by then its values are those of the new one.
        done(&mut client, "TYPED.STAY please");
        let reply = upgrade(&mut client, "typed", &path);
        says(&reply, "the OnUnload function of the old module refuses");
        assert_eq!(seen(&mut client), before, "{}", server.log());
        assert_eq!(blocks(&mut client), held);
        done(&mut client, "TYPED.STAY");
        assert!(!upgrade(&mut client, "typed", &path).is_error());
        assert_eq!(seen(&mut client), before);
        done(&mut client, "MODULE UNLOAD typed PARK");
        assert!(!server.log().contains("stays in memory"), "{}", server.log());
    }
}

const WAITING: &str = r#"
static void *(*BlockClient)(void *, void *, void *, void *, long long);
static int (*UnblockClient)(void *, void *);
static void *(*BlockClientOnKeys)(void *, void *, void *, void *, long long, void **, int, void *);
static void *(*CreateTimer)(void *, long long, void *, void *);
static int (*RegisterNumericConfig)(void *, const char *, long long, unsigned, long long, long long, void *, void *, void *, void *);
static int (*LoadConfigs)(void *);
static int (*AddACLCategory)(void *, const char *);
static long long level = 1;
static long long get_level(const char *name, void *data) { return level; }
static int set_level(const char *name, long long value, void *data, void **error) { level = value; return 0; }
static int served(void *ctx, void **argv, int argc) { return ReplyWithLongLong(ctx, 1); }
static void *waiter;
static int waits(void *ctx, void **argv, int argc) { waiter = BlockClient(ctx, served, 0, 0, 0); return 0; }
static int ends(void *ctx, void **argv, int argc) { return ReplyWithLongLong(ctx, UnblockClient(waiter, 0)); }
static int on_key(void *ctx, void **argv, int argc) {
    BlockClientOnKeys(ctx, served, served, 0, 0, argv + 1, 1, 0);
    return 0;
}
static void late(void *ctx, void *data) { *(volatile int *)0 = 1; }
static int timed(void *ctx, void **argv, int argc) { CreateTimer(ctx, 1500, late, 0); return ReplyWithLongLong(ctx, 1); }
int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    if (init(ctx, "waiting", 1)) return 1;
#define FETCH(name) GetApi("RedisModule_" #name, (void *)&name)
    FETCH(BlockClient); FETCH(UnblockClient); FETCH(BlockClientOnKeys); FETCH(CreateTimer); FETCH(RegisterNumericConfig); FETCH(LoadConfigs);
    FETCH(AddACLCategory);
    if (AddACLCategory(ctx, "waiters")) return 1;
    if (RegisterNumericConfig(ctx, "level", 1, 0, 0, MAX, get_level, set_level, 0, 0) || LoadConfigs(ctx)) return 1;
    return CreateCommand(ctx, "wait.ever", waits, "", 0, 0, 0) || CreateCommand(ctx, "wait.key", on_key, "", 1, 1, 1)
        || CreateCommand(ctx, "wait.timed", timed, "", 0, 0, 0) || CreateCommand(ctx, "wait.end", ends, "", 0, 0, 0) || argc != 1;
}
"#;

#[test]
fn what_a_module_is_used_for_goes_on_or_is_told() {
    let modules = Modules::new();
    let path = modules.compile("waiting", &WAITING.replace("MAX", "10"));
    let small = modules.compile("small", &WAITING.replace("MAX", "5"));
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    let text = path.to_str().expect("a path of text");
    assert!(load(&mut client, &path).is_error(), "it wants an argument");
    assert_eq!(client.command(&["MODULE", "LOAD", text, "x"]), Ok(Reply::Simple(b"OK".to_vec())));
    done(&mut client, "CONFIG SET waiting.level 7");
    done(&mut client, "WAIT.TIMED");
    let mut waiters = ["WAIT.EVER", "WAIT.KEY k"].map(|line| {
        let mut waiter = server.client().expect("a connection");
        waiter.send(format!("{line}\r\n").as_bytes()).expect("it is sent");
        waiter
    });
    eventually("they wait", || client.info("clients", "blocked_clients").expect("INFO") == "2");
    let stats = ask(&mut client, "INFO modulestats");
    says(&stats, "blocked_clients=2,timers=1");
    // One that would not take the value of a parameter.
    let reply = upgrade(&mut client, "waiting", &small);
    says(&reply, "waiting.level");
    assert_eq!(client.info("clients", "blocked_clients").expect("INFO"), "2");
    says(&ask(&mut client, "MODULE UNLOAD waiting"), "blocked clients");

    // Without arguments it gets those of the old one.
    let reply = upgrade(&mut client, "waiting", &path);
    assert_eq!(*field(&reply, "unblocked-clients"), Reply::Integer(2), "{reply:?}");
    for waiter in &mut waiters {
        let error = "UNBLOCKED the module 'waiting' was upgraded, the call has to be made again";
        assert_eq!(waiter.read().expect("a reply").text().as_deref(), Some(error));
        assert_eq!(ask(waiter, "ECHO x").text().as_deref(), Some("x"));
    }
    let Reply::Array(level) = ask(&mut client, "CONFIG GET waiting.level") else {
        panic!("no array")
    };
    assert_eq!(level[1], Reply::Bulk(b"7".to_vec()));
    done(&mut client, "ACL SETUSER someone +@waiters");
    done(&mut client, "RPUSH k v");
    // The timer of the old one would have ended the server.
    std::thread::sleep(std::time::Duration::from_millis(1600));
    done(&mut client, "PING");
    // Whose wait has ended by then is answered as ever.
    let mut waiter = server.client().expect("a connection");
    waiter.send(b"WAIT.EVER\r\n").expect("it is sent");
    eventually("it waits", || client.info("clients", "blocked_clients").expect("INFO") == "1");
    for line in ["MULTI", "WAIT.END", &format!("MODULE UPGRADE waiting {text}")] {
        done(&mut client, line);
    }
    let Reply::Array(replies) = ask(&mut client, "EXEC") else { panic!("no array") };
    assert_eq!(*field(&replies[1], "unblocked-clients"), Reply::Integer(0), "{replies:?}");
    assert_eq!(waiter.read().expect("a reply"), Reply::Integer(1));
    done(&mut client, "MODULE UNLOAD waiting");
    says(&upgrade(&mut client, "waiting", &path), "no such module with that name");
}

#[test]
fn threads_of_a_module_go_on_when_they_have_been_looked_at() {
    // Its threads have a handler of their own for the signal with which they are asked.
    let Some(redisearch) = prepared("BULKHEAD_REDISEARCH") else { return };
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &redisearch), Reply::Simple(b"OK".to_vec()));
    done(&mut client, "FT.CREATE books SCHEMA title TEXT");
    done(&mut client, "FT.ADD books one 1.0 FIELDS title harbour");
    for _ in 0..2 {
        says(&upgrade(&mut client, "ft", &redisearch), "threads of the module run");
        let found = ask(&mut client, "FT.SEARCH books harbour NOCONTENT");
        assert_eq!(found, Reply::Array(vec![Reply::Integer(1), Reply::Bulk(b"one".to_vec())]));
    }
}

#[test]
fn redis_cell_is_replaced_by_itself() {
    let Some(redis_cell) = prepared("BULKHEAD_REDIS_CELL") else { return };
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &redis_cell), Reply::Simple(b"OK".to_vec()));
    for left in [2, 1, 0] {
        let Reply::Array(figures) = ask(&mut client, "CL.THROTTLE visitor 2 1 3600") else {
            panic!("no array")
        };
        assert_eq!(figures[2], Reply::Integer(left));
        let reply = upgrade(&mut client, "redis-cell", &redis_cell);
        assert_eq!(*field(&reply, "values"), Reply::Integer(0), "{reply:?}");
    }
    done(&mut client, "MODULE UNLOAD redis-cell");
}
