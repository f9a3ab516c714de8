//! Every way in which a load can fail tells the client its reason.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::{Client, Reply, ServerProcess};

use crate::start;
use crate::support::options;

/// What a module needs of the API, in a few lines: `ask` fetches a function by name.
const BEGIN: &str = r#"
#include <stddef.h>
static int (*GetApi)(const char *, void *);
static void (*SetModuleAttribs)(void *, const char *, int, int);
static int (*IsModuleNameBusy)(const char *);
static int (*CreateCommand)(void *, const char *, int (*)(void *, void **, int), const char *, int, int, int);
static int (*UnregisterScriptingEngine)(void *);
static int (*ReplyWithLongLong)(void *, long long);
static int init(void *ctx, const char *name, int api_version) {
    GetApi = ((void **)ctx)[0];
    GetApi("RedisModule_SetModuleAttribs", (void *)&SetModuleAttribs);
    GetApi("RedisModule_IsModuleNameBusy", (void *)&IsModuleNameBusy);
    GetApi("RedisModule_CreateCommand", (void *)&CreateCommand);
    GetApi("RedisModule_UnregisterScriptingEngine", (void *)&UnregisterScriptingEngine);
    GetApi("RedisModule_ReplyWithLongLong", (void *)&ReplyWithLongLong);
    if (IsModuleNameBusy(name)) return 1;
    SetModuleAttribs(ctx, name, 1, api_version);
    return 0;
}
"#;

struct Modules {
    directory: tempfile::TempDir,
}

impl Modules {
    fn new() -> Modules {
        Modules { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn compile(&self, name: &str, code: &str) -> PathBuf {
        let source = self.path(&format!("{name}.c"));
        std::fs::write(&source, format!("{BEGIN}{code}")).expect("a file");
        let module = self.path(&format!("{name}.so"));
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
            .args([&module, &source])
            .status()
            .expect("a C compiler");
        assert!(status.success(), "cc: {status}");
        module
    }
}

fn load(client: &mut Client, module: &Path) -> Reply {
    let path = module.to_str().expect("a path of text");
    client.command(&["MODULE", "LOAD", path]).expect("a reply")
}

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
