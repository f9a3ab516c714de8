//! Exceptions that leave functions of modules, and what tells whose a slow call was.

use std::process::Command;

use testkit::{Client, Reply};

use crate::parked_modules::{ask, done, says};
use crate::support::{Modules, load, options};
use crate::{PATIENCE, start};

/// Throws as compilers do, without one of C++.
const THROWING: &str = r#"
#include <unwind.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void *(*BlockClient)(void *, void *, void *, void *, long long);
static int (*UnblockClient)(void *, void *);
static void *(*CreateTimer)(void *, long long, void *, void *);
static void (*ReplyWithArray)(void *, long);
static int deleted;
static void cleanup(_Unwind_Reason_Code code, struct _Unwind_Exception *exception) { deleted++; free(exception); }
static int raise_of(const char *class) {
    struct _Unwind_Exception *exception = aligned_alloc(16, 64);
    memset(exception, 0, 64);
    for (int i = 0; i < 8; i++) exception->exception_class = exception->exception_class << 8 | (unsigned char)class[i];
    exception->exception_cleanup = cleanup;
    _Unwind_RaiseException(exception);
    abort();
}
static int rust(void *ctx, void **argv, int argc) { ReplyWithArray(ctx, 3); return raise_of("MOZ\0RUST"); }
static int other(void *ctx, void **argv, int argc) { return raise_of("NOLANGUA"); }
static int waits(void *ctx, void **argv, int argc) { BlockClient(ctx, 0, 0, 0, 0); return raise_of("MOZ\0RUST"); }
static int in_reply(void *ctx, void **argv, int argc) { ReplyWithArray(ctx, 3); return raise_of("MOZ\0RUST"); }
static int later(void *ctx, void **argv, int argc) {
    UnblockClient(BlockClient(ctx, in_reply, 0, 0, 0), 0);
    return 0;
}
static int late(void *ctx, void **argv, int argc) { BlockClient(ctx, 0, in_reply, 0, 10); return 0; }
static int count(void *ctx, void **argv, int argc) { return ReplyWithLongLong(ctx, deleted); }
static int sleeps(void *ctx, void **argv, int argc) { usleep(20000); return ReplyWithLongLong(ctx, 1); }
static void on_time(void *ctx, void *data) { raise_of("MOZ\0RUST"); }
static int timer(void *ctx, void **argv, int argc) { CreateTimer(ctx, 1, on_time, 0); return ReplyWithLongLong(ctx, 1); }
int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    if (init(ctx, "throwing", 1)) return 1;
    GetApi("RedisModule_BlockClient", (void *)&BlockClient);
    GetApi("RedisModule_UnblockClient", (void *)&UnblockClient);
    GetApi("RedisModule_CreateTimer", (void *)&CreateTimer);
    GetApi("RedisModule_ReplyWithArray", (void *)&ReplyWithArray);
    CreateCommand(ctx, "throw.rust", rust, "", 0, 0, 0);
    CreateCommand(ctx, "throw.other", other, "", 0, 0, 0);
    CreateCommand(ctx, "throw.waits", waits, "", 0, 0, 0);
    CreateCommand(ctx, "throw.later", later, "", 0, 0, 0);
    CreateCommand(ctx, "throw.late", late, "", 0, 0, 0);
    CreateCommand(ctx, "throw.sleeps", sleeps, "", 0, 0, 0);
    CreateCommand(ctx, "throw.timer", timer, "", 0, 0, 0);
    return CreateCommand(ctx, "throw.count", count, "", 0, 0, 0);
}
"#;

fn throwing(modules: &Modules, client: &mut Client) {
    let path = modules.compile("throwing", THROWING);
    assert_eq!(load(client, &path), Reply::Simple(b"OK".to_vec()));
}

#[test]
#[cfg(target_arch = "x86_64")]
fn exceptions_are_replies() {
    let (server, modules) = (start(&options()), Modules::new());
    let mut client = server.client().expect("a connection");
    throwing(&modules, &mut client);
    let failed = |kind: &str, function: &str| {
        format!("ERR the module 'throwing' has failed: {kind} left its function '{function}'")
    };
    for (line, kind, function) in [
        ("THROW.RUST", "a panic of Rust", "throw.rust"),
        ("throw.other", "an exception", "throw.other"),
        ("THROW.WAITS", "a panic of Rust", "throw.waits"),
        ("THROW.LATER", "a panic of Rust", "reply of throw.later"),
        ("THROW.LATE", "a panic of Rust", "timeout"),
        ("EVAL \"return redis.pcall('throw.rust')\" 0", "a panic of Rust", "throw.rust"),
    ] {
        let reply = ask(&mut client, line);
        assert!(reply.is_error(), "{line}: {reply:?}");
        assert_eq!(reply.text(), Some(failed(kind, function)), "{line}");
        // It is the whole of the reply.
        assert_eq!(ask(&mut client, "ECHO here").text().as_deref(), Some("here"), "{line}");
    }
    assert_eq!(ask(&mut client, "THROW.COUNT"), Reply::Integer(6));
    says(&ask(&mut client, "INFO modulestats"), "failed_calls=6,exceptions=6,");
    says(&ask(&mut client, "INFO commandstats"), "cmdstat_throw.later:calls=1,");
    let line = "Module 'throwing': a panic of Rust left its function 'throw.waits'";
    assert!(server.log().contains(line), "{}", server.log());
}

#[test]
#[cfg(target_arch = "x86_64")]
fn exceptions_of_cpp_have_a_type() {
    const CODE: &str = r#"
#include <stdexcept>
#include <string>
typedef int (*Command)(void *, void **, int);
static int (*GetApi)(const char *, void *);
static int alive;
struct Counted { Counted() { alive++; } ~Counted() { alive--; } };
static int throws(void *ctx, void **argv, int argc) {
    Counted counted;
    if (argc > 1) throw 7;
    throw std::runtime_error("of the module");
}
static int (*ReplyWithLongLong)(void *, long long);
static int living(void *ctx, void **argv, int argc) { return ReplyWithLongLong(ctx, alive); }
extern "C" int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    int (*CreateCommand)(void *, const char *, Command, const char *, int, int, int);
    void (*SetModuleAttribs)(void *, const char *, int, int);
    GetApi = ((int (**)(const char *, void *))ctx)[0];
    GetApi("RedisModule_SetModuleAttribs", (void *)&SetModuleAttribs);
    GetApi("RedisModule_CreateCommand", (void *)&CreateCommand);
    GetApi("RedisModule_ReplyWithLongLong", (void *)&ReplyWithLongLong);
    SetModuleAttribs(ctx, "plus", 1, 1);
    return CreateCommand(ctx, "plus.throws", throws, "", 0, 0, 0) || CreateCommand(ctx, "plus.living", living, "", 0, 0, 0);
}
"#;
    let (server, modules) = (start(&options()), Modules::new());
    if Command::new("c++").arg("--version").output().is_err() {
        eprintln!("left out: there is no compiler for C++");
        return;
    }
    let (source, path) = (modules.path("plus.cc"), modules.path("plus.so"));
    std::fs::write(&source, CODE).expect("a file");
    let compiler = Command::new("c++")
        .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
        .args([&path, &source])
        .status();
    assert!(compiler.expect("it ran").success());
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &path), Reply::Simple(b"OK".to_vec()));
    for _ in 0..3 {
        says(
            &ask(&mut client, "PLUS.THROWS"),
            "ERR the module 'plus' has failed: a C++ exception of the type std::runtime_error left its function 'plus.throws'",
        );
        says(&ask(&mut client, "PLUS.THROWS 7"), "a C++ exception of the type int left");
    }
    assert_eq!(ask(&mut client, "PLUS.LIVING"), Reply::Integer(0));
}

#[test]
fn an_exception_of_another_callback_is_reported() {
    let (mut server, modules) =
        (start(&options().option("crash-memcheck-enabled", &["no"])), Modules::new());
    let mut client = server.client().expect("a connection");
    throwing(&modules, &mut client);
    done(&mut client, "THROW.TIMER");
    assert!(!server.wait_exit(PATIENCE).expect("it ends").success());
    let log = server.log();
    let line = "a panic of Rust left the function 'timer' of the module 'throwing'";
    assert!(log.contains(line) && log.contains("BUG REPORT END"), "{log}");
}

#[test]
fn slow_calls_tell_whose_they_are() {
    let slow = options()
        .option("slowlog-log-slower-than", &["10000"])
        .option("latency-monitor-threshold", &["10"]);
    let (server, modules) = (start(&slow), Modules::new());
    let mut client = server.client().expect("a connection");
    throwing(&modules, &mut client);
    done(&mut client, "SLOWLOG RESET");
    done(&mut client, "LATENCY RESET");
    done(&mut client, "THROW.SLEEPS");
    let Reply::Array(entries) = ask(&mut client, "SLOWLOG GET") else { panic!("no array") };
    let Reply::Array(entry) = &entries[0] else { panic!("{entries:?}") };
    assert_eq!(entry[7..], [Reply::Bulk(b"throwing".to_vec())]);
    for event in ["module-throwing", "command"] {
        let Reply::Array(samples) = ask(&mut client, &format!("LATENCY HISTORY {event}")) else {
            panic!("no array")
        };
        assert_eq!(samples.len(), 1, "{event}");
    }
    says(&ask(&mut client, "INFO modulestats"), "longest_call=throw.sleeps");
    done(&mut client, "CONFIG SET slowlog-log-slower-than 0");
    done(&mut client, "PING");
    let Reply::Array(entries) = ask(&mut client, "SLOWLOG GET 1") else { panic!("no array") };
    let Reply::Array(entry) = &entries[0] else { panic!("{entries:?}") };
    assert_eq!(entry.len(), 7);
}
