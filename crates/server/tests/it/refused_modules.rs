//! Every way in which a load can fail tells the client its reason.

use std::path::Path;

use testkit::{Reply, ServerProcess};

use crate::support::{Modules, load, options};
use crate::{eventually, signal, start};

fn refused(server: &ServerProcess, module: &Path, reason: &str) {
    let mut client = server.client().expect("a connection");
    match load(&mut client, module) {
        Reply::Error(text) => {
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(text.starts_with("ERR Error loading the extension."), "{text}");
            assert!(text.contains(reason), "{text}\n  does not say: {reason}");
        }
        other => panic!("{}: {other:?}", module.display()),
    }
    assert_eq!(client.line("PING"), Ok(Reply::Simple(b"PONG".to_vec())), "{}", server.log());
}

#[test]
fn what_is_no_module() {
    let (server, modules) = (start(&options()), Modules::new());
    refused(&server, &modules.path("nothing.so"), "No such file");
    refused(&server, modules.directory.path(), "not a regular file");
    let text = modules.path("text.so");
    std::fs::write(&text, "#!/bin/sh\n").expect("a file");
    refused(&server, &text, "execute permissions");
    refused(&server, Path::new("/bin/ls"), "does not export RedisModule_OnLoad");
    let library = modules.compile("library", "int nothing(void) { return 0; }");
    refused(&server, &library, "does not export RedisModule_OnLoad");
    let needy = "extern int nowhere_to_be_found(void);
        int RedisModule_OnLoad(void *c, void **v, int n) { return nowhere_to_be_found(); }";
    refused(&server, &modules.compile("needy", needy), "nowhere_to_be_found");
}

#[test]
fn what_fails_in_its_entry_point() {
    let (server, modules) = (start(&options()), Modules::new());
    let entry =
        |code: &str| format!("int RedisModule_OnLoad(void *c, void **v, int n) {{ {code} }}");
    let cases = [
        ("error", "init(c, \"m\", 1); return 1;", "OnLoad function returned an error"),
        ("silent", "return 0;", "did not call RedisModule_Init"),
        ("newer", "return init(c, \"m\", 2);", "version 2 of the Module API"),
        ("crash", "*(volatile int *)8 = 1; return 0;", "crashed"),
        ("leaves", "extern void exit(int); exit(0); return 0;", "ended the process"),
        (
            "taken",
            "init(c, \"m\", 1); return CreateCommand(c, \"get\", 0, \"\", 0, 0, 0);",
            "the command 'get' is already taken",
        ),
    ];
    for (name, code, reason) in cases {
        refused(&server, &modules.compile(name, &entry(code)), reason);
    }
    let good = modules.compile("good", &entry("return init(c, \"m\", 1);"));
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &good), Reply::Simple(b"OK".to_vec()));
    refused(&server, &good, "a module named 'm' is loaded already");
}

#[test]
fn a_function_that_is_not_there_is_named() {
    let missing = module_host_native::missing_functions();
    assert!(
        missing.contains(&"UnregisterScriptingEngine"),
        "take another for this test: {missing:?}"
    );
    let (server, modules) = (start(&options()), Modules::new());
    let on_load = "int RedisModule_OnLoad(void *c, void **v, int n) {
        if (init(c, \"m\", 1)) return 1;
        return CreateCommand(c, \"m.trim\", trim, \"\", 0, 0, 0); }";
    let uses = format!(
        "int trim(void *c, void **v, int n) {{ return ReplyWithLongLong(c, UnregisterScriptingEngine(c)); }}\n{on_load}"
    );
    refused(&server, &modules.compile("uses", &uses), "does not have: UnregisterScriptingEngine");
    // Asked for, as every module asks for every function, but not used.
    let asks = format!(
        "int trim(void *c, void **v, int n) {{ return ReplyWithLongLong(c, 1); }}\n{on_load}"
    );
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &modules.compile("asks", &asks)), Reply::Simple(b"OK".to_vec()));
    assert_eq!(client.line("M.TRIM"), Ok(Reply::Integer(1)));
}

#[test]
fn the_functions_of_a_real_module_are_found_in_its_code() {
    let Some(module) = crate::support::prepared("BULKHEAD_REDIS_CELL") else { return };
    let bytes = std::fs::read(module).expect("the module");
    let used = module_host_native::used_functions(&bytes);
    for name in ["CreateCommand", "OpenKey", "StringDMA", "StringSet", "SetExpire", "CloseKey"] {
        assert!(used.contains(&name), "{name} is not among {used:?}");
    }
    assert!(!used.contains(&"ZsetAdd"), "{used:?}");
}

/// How a module can end its start: name, code, and what is told of it.
const ENDS: &[(&str, &str, &str)] = &[
    ("segv", "*(volatile int *)8 = 1;", "crashed with signal 11 (SIGSEGV) in its OnLoad function"),
    ("abrt", "extern void abort(void); abort();", "crashed with signal 6 (SIGABRT) in its OnLoad"),
    ("trap", "__builtin_trap();", "crashed with signal 4 (SIGILL) in its OnLoad"),
    ("loop", "for (volatile int i = 0;; i++) {}", "it hung in its OnLoad function (tried for 1 s)"),
    (
        "exit",
        "extern void exit(int); exit(86);",
        "it ended the process that tried it in its OnLoad",
    ),
    (
        "huge",
        "void *(*Alloc)(size_t); GetApi = ((void **)c)[0];
         GetApi(\"RedisModule_Alloc\", (void *)&Alloc); Alloc(1ul << 60);",
        "out of memory: a module asked for 1152921504606846976 bytes",
    ),
    (
        "eats",
        "void *(*Calloc)(size_t, size_t); GetApi = ((void **)c)[0];
         GetApi(\"RedisModule_Calloc\", (void *)&Calloc);
         for (;;) { char *p = Calloc(1, 1ul << 36); p[0] = 1; }",
        "out of memory: a module asked for 68719476736 bytes",
    ),
    (
        "taken",
        "init(c, \"m\", 1); CreateCommand(c, \"set\", 0, \"\", 0, 0, 0); return 1;",
        "'set' is already taken",
    ),
    ("fails", "return 1;", "OnLoad function returned an error"),
    (
        "print",
        "extern long write(int, const void *, size_t); write(2, \"so long\\n\", 8); __builtin_trap();",
        "its last words: so long",
    ),
];

/// What it may do before.
const PLACES: &[&str] = &[
    "",
    "volatile int deep[1000]; deep[999] = 1;",
    "extern int usleep(unsigned); usleep(1000);",
    "if (n) return 1;",
    "char text[64] = {0}; text[1] = 'x';",
    "for (volatile int i = 0; i < 1000; i++) {}",
    "extern int puts(const char *); puts(\"opened\");",
    "extern int fork(void); if (!fork()) for (;;) {}",
];

/// The ways in which a module can be broken, in several places of its start each: (name, code, reason).
fn broken_sources() -> Vec<(String, String, &'static str)> {
    let mut sources = Vec::new();
    for (name, end, reason) in ENDS {
        for (number, before) in PLACES.iter().enumerate() {
            // Those that only return an error are loaded in the server as well, which must not fork.
            if ["taken", "fails"].contains(name) && before.contains("fork") {
                continue;
            }
            let code = format!(
                "int RedisModule_OnLoad(void *c, void **v, int n) {{ {before} {end} return 1; }}"
            );
            sources.push((format!("{name}{number}"), code, *reason));
        }
    }
    let constructor =
        "__attribute__((constructor)) static void early(void) { *(volatile int *)8 = 1; }
        int RedisModule_OnLoad(void *c, void **v, int n) { return 0; }";
    sources.push((
        "early".to_owned(),
        constructor.to_owned(),
        "crashed with signal 11 (SIGSEGV) while being opened",
    ));
    let destructor =
        "__attribute__((destructor)) static void late(void) { *(volatile int *)8 = 1; }
        int RedisModule_OnLoad(void *c, void **v, int n) { return 1; }";
    sources.push((
        "late".to_owned(),
        destructor.to_owned(),
        "crashed with signal 11 (SIGSEGV) when it was closed",
    ));
    sources
}

#[test]
fn a_hundred_broken_modules_do_no_harm() {
    let server = start(&options().option("module-probe-timeout", &["1"]));
    let modules = Modules::new();
    let mut count = 0;
    for (name, code, reason) in broken_sources() {
        refused(&server, &modules.compile(&name, &code), reason);
        count += 1;
    }
    let entry = "int RedisModule_OnLoad(void *c, void **v, int n) { return init(c, \"m\", 1); }";
    let good = modules.compile("good", entry);
    let bytes = std::fs::read(&good).expect("the module");
    for machine in [0_u8, 2, 3, 8, 20, 40, 183, 243] {
        let mut other = bytes.clone();
        (other[18], other[19]) = (machine, 0);
        let path = modules.path("machine.so");
        std::fs::copy(&good, &path).expect("a copy that can be executed");
        std::fs::write(&path, other).expect("a file");
        refused(&server, &path, "for another machine");
        count += 1;
    }
    for number in 0..6 {
        let code = format!(
            "extern int gone_{number}(void); int RedisModule_OnLoad(void *c, void **v, int n) {{ return gone_{number}(); }}"
        );
        refused(&server, &modules.compile("symbol", &code), &format!("gone_{number}"));
        let library = format!("libgone{number}.so");
        let code = format!("int gone_{number}(void) {{ return 0; }}");
        std::fs::rename(modules.compile("library", &code), modules.path(&library)).expect("a file");
        let code = format!(
            "extern int gone_{number}(void); int RedisModule_OnLoad(void *c, void **v, int n) {{ return gone_{number}(); }}"
        );
        let needy = modules.compile_with("needy", &code, &[modules.path(&library)]);
        std::fs::remove_file(modules.path(&library)).expect("it was there");
        refused(&server, &needy, &library);
        count += 2;
    }
    assert!(count >= 100, "{count}");
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &good), Reply::Simple(b"OK".to_vec()));
}

#[test]
fn without_the_probe_a_module_is_loaded_at_once() {
    let (server, modules) = (start(&options().option("module-probe", &["no"])), Modules::new());
    // It counts its starts beside itself.
    let code = "extern int open(const char *, int, ...); extern long write(int, const void *, unsigned long);
        int RedisModule_OnLoad(void *c, void **v, int n) {
            int file = open(\"starts\", 02101, 0600); write(file, \"x\", 1); return init(c, \"m\", 1); }";
    let mut client = server.client().expect("a connection");
    assert_eq!(load(&mut client, &modules.compile("m", code)), Reply::Simple(b"OK".to_vec()));
    assert_eq!(std::fs::read(server.directory().join("starts")).expect("a file"), b"x");
}

/// Whether a process runs; one that has ended may wait to be asked for.
fn runs(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

#[test]
fn a_trial_ends_with_the_server() {
    let server = start(&options().option("module-probe-timeout", &["60"]));
    let modules = Modules::new();
    let code = "#include <stdio.h>\n#include <unistd.h>\n
        int RedisModule_OnLoad(void *c, void **v, int n) {
            int child = fork();
            if (child) {
                FILE *file = fopen(\"new\", \"w\");
                fprintf(file, \"%d %d\", getpid(), child);
                fclose(file);
                rename(\"new\", \"processes\");
            }
            for (volatile int i = 0;; i++) {} }";
    let path = modules.compile("spins", code);
    let mut client = server.client().expect("a connection");
    client.send(format!("MODULE LOAD {}\r\n", path.display()).as_bytes()).expect("it is sent");
    let file = server.directory().join("processes");
    eventually("the trial", || file.exists());
    let processes = std::fs::read_to_string(file).expect("two numbers");
    assert!(processes.split(' ').all(runs), "{processes}");
    signal(&server, "KILL");
    eventually("the end of both", || !processes.split(' ').any(runs));
}
