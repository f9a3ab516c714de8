//! Values of modules that are not there: kept as they are, and alive again when their module comes.

use std::path::{Path, PathBuf};

use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::support::{Modules, load, options, prepared};
use crate::{eventually, start};

/// Test modules of Redis, each with a type of its own, with arguments; and commands that make values.
const MODULES: &[(&str, &[&str])] = &[
    ("datatype", &[]),
    ("datatype2", &[]),
    ("blockonkeys", &[]),
    ("mallocsize", &[]),
    ("test_lazyfree", &[]),
    ("testrdb", &["6"]),
];
const COMMANDS: &[&str] = &[
    "DATATYPE.SET data -71 textthatislongenoughtobecompressed:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "DATATYPE.SET number 12345 77",
    "MEM.ALLOC memory 3",
    "MEM.WRITE memory 0 hello",
    "FSL.PUSH list 3",
    "FSL.PUSH list 70000",
    "MALLOCSIZE.SETRAW raw 40",
    "LAZYFREELINK.INSERT link 17",
    "LAZYFREELINK.INSERT link 1700",
    "TESTRDB.SET.KEY text value",
    "TESTRDB.SET.BEFORE beforekeys",
    "TESTRDB.SET.AFTER behindkeys",
    "SET plain string",
];
const KEYS: &[(&str, &str)] = &[
    ("data", "test___dt"),
    ("number", "test___dt"),
    ("memory", "mem_alloc"),
    ("list", "fsltype_t"),
    ("raw", "allocsize"),
    ("link", "test_lazy"),
    ("text", "test__rdb"),
];

/// The folder of Redis's test modules, and its server.
fn genuine() -> Option<(PathBuf, ServerOptions)> {
    let modules = prepared("BULKHEAD_TEST_MODULES")?;
    let server = modules.join("../../src/redis-server");
    let options = ServerOptions::new(server).option("enable-module-command", &["yes"]);
    Some((modules, options.option("enable-debug-command", &["yes"])))
}

fn with_modules(mut options: ServerOptions, modules: &Path) -> ServerOptions {
    for (name, arguments) in MODULES {
        let path = modules.join(format!("{name}.so"));
        let mut words = vec![path.to_str().expect("a path of text")];
        words.extend(*arguments);
        options = options.option("loadmodule", &words);
    }
    options
}

pub fn ask(client: &mut Client, line: &str) -> Reply {
    client.line(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

pub fn done(client: &mut Client, line: &str) {
    let reply = ask(client, line);
    assert!(!reply.is_error(), "{line}: {reply:?}");
}

fn dumps(client: &mut Client) -> Vec<Reply> {
    KEYS.iter().map(|(key, _)| ask(client, &format!("DUMP {key}"))).collect()
}

pub fn says(reply: &Reply, part: &str) {
    let text = reply.text().unwrap_or_default();
    assert!(text.contains(part), "{reply:?} does not say '{part}'");
}

fn saved(client: &mut Client) {
    assert_eq!(ask(client, "SAVE"), Reply::Simple(b"OK".to_vec()));
}

#[test]
fn values_pass_through_without_their_modules() {
    let Some((modules, oracle)) = genuine() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let there = with_modules(oracle.directory(directory.path()), &modules);
    let server = start(&there);
    let mut client = server.client().expect("a connection");
    COMMANDS.iter().for_each(|line| done(&mut client, line));
    let expected = dumps(&mut client);
    saved(&mut client);
    server.stop();

    let here = options().directory(directory.path()).option("enable-debug-command", &["yes"]);
    let server = start(&here);
    let mut client = server.client().expect("a connection");
    for (key, type_name) in KEYS {
        assert_eq!(ask(&mut client, &format!("TYPE {key}")).text().as_deref(), Some(*type_name));
    }
    assert_eq!(dumps(&mut client), expected);
    saved(&mut client);
    server.stop();

    // By way of an append-only file, with and without a base in RDB.
    for preamble in ["yes", "no"] {
        let here = here.clone().option("appendonly", &["no"]);
        let server = start(&here.option("aof-use-rdb-preamble", &[preamble]));
        let mut client = server.client().expect("a connection");
        done(&mut client, "CONFIG SET appendonly yes");
        eventually("the file is written", || {
            client.info("persistence", "aof_rewrite_in_progress").expect("INFO") == "0"
        });
        done(&mut client, "DEL plain");
        done(&mut client, "DEBUG LOADAOF");
        assert_eq!(dumps(&mut client), expected);
        // Of each type, at the start and now.
        assert_eq!(server.log().matches("are kept parked").count(), 2 * MODULES.len());
        done(&mut client, "SET plain string");
        server.stop();
    }

    let server = start(&there);
    let mut client = server.client().expect("a connection");
    assert_eq!(dumps(&mut client), expected);
    assert_eq!(ask(&mut client, "TESTRDB.GET.BEFORE").text().as_deref(), Some("beforekeys"));
    assert_eq!(ask(&mut client, "TESTRDB.GET.AFTER").text().as_deref(), Some("behindkeys"));
    server.stop();
}

#[test]
fn values_come_alive_with_their_modules() {
    let Some((modules, oracle)) = genuine() else { return };
    let server = start(&with_modules(oracle, &modules));
    let mut client = server.client().expect("a connection");
    COMMANDS.iter().for_each(|line| done(&mut client, line));
    let payloads = dumps(&mut client);
    drop((client, server));

    let server = start(&options());
    let mut client = server.client().expect("a connection");
    for ((key, _), payload) in KEYS.iter().zip(&payloads) {
        let Reply::Bulk(payload) = payload else { panic!("{payload:?}") };
        let words: [&[u8]; 4] = [b"RESTORE", key.as_bytes(), b"0", payload];
        assert_eq!(client.command(&words), Ok(Reply::Simple(b"OK".to_vec())));
    }
    // What nobody can look into is not taken where payloads are to be looked into.
    done(&mut client, "CONFIG SET sanitize-dump-payload yes");
    let Reply::Bulk(payload) = &payloads[0] else { panic!("{payloads:?}") };
    let words: [&[u8]; 4] = [b"RESTORE", b"other", b"0", payload];
    says(&client.command(&words).expect("a reply"), "ERR Bad data format");
    done(&mut client, "CONFIG SET sanitize-dump-payload no");
    let unknown = ask(&mut client, "DATATYPE.GET data");
    says(&unknown, "ERR unknown command 'DATATYPE.GET'");
    says(
        &unknown,
        "'data' holds a value of the module type 'test___dt', which no loaded module has",
    );
    says(&ask(&mut client, "GET data"), "WRONGTYPE");
    says(&ask(&mut client, "OBJECT ENCODING data"), "parked");
    let info = ask(&mut client, "INFO modules");
    says(&info, "parked:type=test___dt,values=2,");

    let path = |name: &str| modules.join(format!("{name}.so"));
    assert_eq!(load(&mut client, &path("datatype")), Reply::Simple(b"OK".to_vec()));
    eventually("the other comes alive by itself", || {
        let text = ask(&mut client, "INFO modules").text().unwrap_or_default();
        text.contains("parked:type=test___dt,values=0,bytes=0,revived=2,refused=0")
    });
    assert_eq!(ask(&mut client, "OBJECT ENCODING data").text().as_deref(), Some("raw"));
    let number = Reply::Bulk(b"77".to_vec());
    let expected = Reply::Array(vec![Reply::Integer(12345), number]);
    assert_eq!(ask(&mut client, "DATATYPE.GET number"), expected);
    assert_eq!(dumps(&mut client), payloads, "{}", server.log());

    for (name, arguments) in &MODULES[1..] {
        let path = path(name);
        let mut words = vec!["MODULE", "LOAD", path.to_str().expect("a path of text")];
        words.extend(*arguments);
        assert_eq!(client.command(&words), Ok(Reply::Simple(b"OK".to_vec())), "{name}");
    }
    assert_eq!(ask(&mut client, "TESTRDB.GET.KEY text").text().as_deref(), Some("value"));
    says(&ask(&mut client, "MEM.READ memory 0"), "hello");
    assert_eq!(dumps(&mut client), payloads, "{}", server.log());
}

/// A module with a type whose values are a number and a text, in two versions of what it does with bad bytes.
const TYPED: &str = r#"
typedef struct { unsigned long long version; void *rdb_load, *rdb_save, *aof_rewrite, *mem_usage, *digest, *free; } Methods;
static void *(*CreateDataType)(void *, const char *, int, void *);
static void *(*OpenKey)(void *, void *, int);
static int (*SetValue)(void *, void *, void *);
static void *(*GetType)(void *);
static void **(*GetValue)(void *);
static void (*SaveUnsigned)(void *, unsigned long long);
static unsigned long long (*LoadUnsigned)(void *);
static void (*SaveStringBuffer)(void *, const char *, size_t);
static char *(*LoadStringBuffer)(void *, size_t *);
static void *(*Alloc)(size_t);
static void (*Free)(void *);
static void (*CloseKey)(void *);
static int (*ReplyWithStringBuffer)(void *, const char *, size_t);
static int (*ReplyWithError)(void *, const char *);
static const char *(*StringPtrLen)(void *, size_t *);
static void *type;
static int unload_refused;

typedef struct { unsigned long long count; char *text; size_t len; } Value;

static void *value_load(void *io, int encver) {
    Value *value = Alloc(sizeof(*value));
    value->count = LoadUnsigned(io);
    value->text = LoadStringBuffer(io, &value->len);
    /* As careless as many are. */
    if (value->text[0] == '!') { Free(value->text); Free(value); return 0; }
    char *sized = Alloc(value->count);
    sized[0] = value->text[0];
    Free(sized);
    return value;
}
static void value_save(void *io, void *data) {
    Value *value = data;
    SaveUnsigned(io, value->count);
    SaveStringBuffer(io, value->text, value->len);
}
static void value_free(void *data) { Value *value = data; Free(value->text); Free(value); }

static int set(void *ctx, void **argv, int argc) {
    if (argc != 3) return ReplyWithError(ctx, "ERR arity");
    size_t len;
    const char *text = StringPtrLen(argv[2], &len);
    Value *value = Alloc(sizeof(*value));
    value->count = len;
    value->len = len;
    value->text = Alloc(len + 1);
    for (size_t i = 0; i < len; i++) value->text[i] = text[i];
    void *key = OpenKey(ctx, argv[1], 3);
    SetValue(key, type, value);
    CloseKey(key);
    return ReplyWithLongLong(ctx, len);
}
static int get(void *ctx, void **argv, int argc) {
    void *key = OpenKey(ctx, argv[1], 1);
    if (!key || GetType(key) != type) return ReplyWithError(ctx, "WRONGTYPE not mine");
    Value *value = (Value *)GetValue(key);
    ReplyWithStringBuffer(ctx, value->text, value->len);
    CloseKey(key);
    return 0;
}
static int stay(void *ctx, void **argv, int argc) { unload_refused = argc > 1; return ReplyWithLongLong(ctx, 1); }
int RedisModule_OnUnload(void *ctx) { return unload_refused; }
int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    if (init(ctx, "typed", 1)) return 1;
#define FETCH(name, api) GetApi("RedisModule_" api, (void *)&name)
    FETCH(CreateDataType, "CreateDataType"); FETCH(OpenKey, "OpenKey"); FETCH(SetValue, "ModuleTypeSetValue");
    FETCH(GetType, "ModuleTypeGetType"); FETCH(GetValue, "ModuleTypeGetValue"); FETCH(SaveUnsigned, "SaveUnsigned");
    FETCH(LoadUnsigned, "LoadUnsigned"); FETCH(SaveStringBuffer, "SaveStringBuffer");
    FETCH(LoadStringBuffer, "LoadStringBuffer"); FETCH(Alloc, "Alloc"); FETCH(Free, "Free"); FETCH(CloseKey, "CloseKey");
    FETCH(ReplyWithStringBuffer, "ReplyWithStringBuffer"); FETCH(ReplyWithError, "ReplyWithError");
    FETCH(StringPtrLen, "StringPtrLen");
    Methods methods = { 1, value_load, SAVE, 0, 0, 0, value_free };
    type = CreateDataType(ctx, "typed-one", 3, &methods);
    return !type || CreateCommand(ctx, "typed.set", set, "write", 1, 1, 1)
        || CreateCommand(ctx, "typed.get", get, "readonly", 1, 1, 1)
        || CreateCommand(ctx, "typed.stay", stay, "", 0, 0, 0);
}
"#;

pub fn typed(save: &str) -> String {
    TYPED.replace("SAVE,", &format!("{save},"))
}

fn payload(client: &mut Client, key: &str) -> Vec<u8> {
    match ask(client, &format!("DUMP {key}")) {
        Reply::Bulk(payload) => payload,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_module_goes_and_its_values_stay() {
    let modules = Modules::new();
    let path = modules.compile("typed", &typed("value_save"));
    let server = start(&options().option("enable-debug-command", &["yes"]));
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    for number in 0..1000 {
        done(&mut client, &format!("TYPED.SET key:{number} text{number}"));
    }
    done(&mut client, "SELECT 3");
    done(&mut client, "TYPED.SET other text");
    let before = payload(&mut client, "other");
    let refused = ask(&mut client, "MODULE UNLOAD typed");
    says(
        &refused,
        "ERR Error unloading module: the module exports one or more module-side data types, can't unload",
    );
    says(&ask(&mut client, "MODULE UNLOAD typed PARKED"), "ERR syntax error");
    // A module that would not go has all its values.
    done(&mut client, "TYPED.STAY yes");
    says(&ask(&mut client, "MODULE UNLOAD typed PARK"), "operation not possible");
    says(&ask(&mut client, "INFO modules"), "parked:type=typed-one,values=0,");
    says(&ask(&mut client, "TYPED.GET other"), "text");
    done(&mut client, "TYPED.STAY");

    done(&mut client, "MODULE UNLOAD typed PARK");
    assert_eq!(ask(&mut client, "MODULE LIST"), Reply::Array(Vec::new()));
    says(&ask(&mut client, "TYPE other"), "typed-one");
    says(&ask(&mut client, "INFO modules"), "parked:type=typed-one,values=1001,");
    says(&ask(&mut client, "TYPED.GET other"), "it is of the module 'typed', which was unloaded");
    assert_eq!(payload(&mut client, "other"), before);
    // What can be done with a key can be done with these.
    assert_eq!(ask(&mut client, "COPY other copy"), Reply::Integer(1));
    done(&mut client, "RENAME copy renamed");
    assert_eq!(ask(&mut client, "MOVE renamed 4"), Reply::Integer(1));
    assert_eq!(ask(&mut client, "EXPIRE other 100"), Reply::Integer(1));
    assert_eq!(ask(&mut client, "PERSIST other"), Reply::Integer(1));
    assert_eq!(ask(&mut client, "COPY other soon"), Reply::Integer(1));
    assert_eq!(ask(&mut client, "PEXPIRE soon 1"), Reply::Integer(1));
    eventually("it expires", || ask(&mut client, "EXISTS soon") == Reply::Integer(0));
    assert!(matches!(ask(&mut client, "MEMORY USAGE other"), Reply::Integer(bytes) if bytes > 20));
    done(&mut client, "DEBUG DIGEST");
    says(&ask(&mut client, "LPUSH other x"), "WRONGTYPE");
    assert_eq!(ask(&mut client, "UNLINK key:1 other").text(), Reply::Integer(1).text());

    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    done(&mut client, "SELECT 4");
    says(&ask(&mut client, "TYPED.GET renamed"), "text");
    done(&mut client, "SELECT 0");
    says(&ask(&mut client, "TYPED.GET key:999"), "text999");
    eventually("all come alive", || {
        let text = ask(&mut client, "INFO modules").text().unwrap_or_default();
        text.contains("parked:type=typed-one,values=0,")
    });
    assert_eq!(ask(&mut client, "DBSIZE"), Reply::Integer(1000));
}

#[test]
fn a_type_that_cannot_be_saved_keeps_its_module() {
    let modules = Modules::new();
    let path = modules.compile("typed", &typed("0"));
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    done(&mut client, "TYPED.SET key text");
    says(&ask(&mut client, "MODULE UNLOAD typed PARK"), "the value of 'key' cannot be saved");
    says(&ask(&mut client, "TYPED.GET key"), "text");
    done(&mut client, "DEL key");
    done(&mut client, "MODULE UNLOAD typed PARK");
}

/// Payloads of the type in which something is wrong that only its reader can see: (number, or none), (text, or none).
fn bad_payloads() -> Vec<Vec<u8>> {
    let string = |text: &[u8]| [&[5, text.len() as u8][..], text].concat();
    let number = |number: u8| vec![2, number];
    let bodies = [
        Vec::new(),
        number(3),
        string(b"abc"),
        [string(b"abc"), number(3)].concat(),
        [number(3), number(3)].concat(),
        [number(3), string(b"!bc")].concat(),
        [number(3), string(b"abc"), number(1)].concat(),
        [&[2, 0x81, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..], &string(b"abc")].concat(),
        [&[4][..], &[0; 8]].concat(),
    ];
    bodies.into_iter().map(|body| [body, vec![0]].concat()).collect()
}

#[test]
fn readers_that_do_not_look_harm_nobody() {
    let modules = Modules::new();
    let path = modules.compile("typed", &typed("value_save"));
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(&options().directory(directory.path()));
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    done(&mut client, "TYPED.SET good abc");
    let good = payload(&mut client, "good");
    // Its type, the number of the module's type, the value, a version and no checksum.
    let head = &good[..10];
    let version = &good[good.len() - 10..good.len() - 8];
    let payloads: Vec<Vec<u8>> =
        bad_payloads().iter().map(|body| [head, body, version, &[0; 8]].concat()).collect();
    let restore = |client: &mut Client, key: &str, payload: &[u8]| {
        let words: [&[u8]; 4] = [b"RESTORE", key.as_bytes(), b"0", payload];
        client.command(&words).expect("a reply")
    };
    for payload in &payloads {
        says(&restore(&mut client, "bad", payload), "ERR Bad data format");
        assert_eq!(ask(&mut client, "EXISTS bad"), Reply::Integer(0), "{}", server.log());
        says(&ask(&mut client, "TYPED.GET good"), "abc");
    }
    // Where the module is not there they are as good as others, and stay so when it comes.
    done(&mut client, "MODULE UNLOAD typed PARK");
    for (index, payload) in payloads.iter().enumerate() {
        assert_eq!(
            restore(&mut client, &format!("bad:{index}"), payload),
            Reply::Simple(b"OK".to_vec())
        );
    }
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    says(&ask(&mut client, "TYPED.GET bad:1"), "WRONGTYPE");
    let refused = format!("parked:type=typed-one,values={0},", payloads.len());
    eventually("they were offered", || {
        let text = ask(&mut client, "INFO modules").text().unwrap_or_default();
        text.contains(&refused) && text.contains(&format!("refused={}\r\n", payloads.len()))
    });
    assert_eq!(payload(&mut client, "bad:1")[..12], payloads[1][..12]);
    saved(&mut client);
    server.stop();
    // A start with the module fails, as in Redis.
    let path = path.to_str().expect("a path of text");
    let failed =
        ServerProcess::start(&options().directory(directory.path()).option("loadmodule", &[path]));
    let said = failed.expect_err("the start fails").to_string();
    assert!(said.contains("the module type 'typed-one' does not take its bytes"), "{said}");
    assert!(!said.contains("crash"), "{said}");
    start(&options().directory(directory.path()));
}
