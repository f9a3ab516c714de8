//! Options for tests with modules, and where `cargo xtask ci` has put the real ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::{Client, Reply, ServerOptions};

/// The server with the module commands allowed.
pub fn options() -> ServerOptions {
    crate::options().option("enable-module-command", &["yes"])
}

/// What an environment variable names. Without it the test is left out, unless it is required.
pub fn prepared(variable: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(PathBuf::from(path));
    }
    assert!(
        std::env::var_os("BULKHEAD_REAL_MODULES").is_none(),
        "{variable} is not set, but real modules are required"
    );
    eprintln!("left out: {variable} is not set; `cargo xtask ci` sets it");
    None
}

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

/// Modules that a test compiles.
pub struct Modules {
    pub directory: tempfile::TempDir,
}

impl Modules {
    pub fn new() -> Modules {
        Modules { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn compile(&self, name: &str, code: &str) -> PathBuf {
        self.compile_with(name, code, &[])
    }

    /// The same with libraries that it needs.
    pub fn compile_with(&self, name: &str, code: &str, libraries: &[PathBuf]) -> PathBuf {
        let source = self.path(&format!("{name}.c"));
        std::fs::write(&source, format!("{BEGIN}{code}")).expect("a file");
        let module = self.path(&format!("{name}.so"));
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
            .args([&module, &source])
            .args(libraries)
            .status()
            .expect("a C compiler");
        assert!(status.success(), "cc: {status}");
        module
    }
}

/// MODULE LOAD.
pub fn load(client: &mut Client, module: &Path) -> Reply {
    let path = module.to_str().expect("a path of text");
    client.command(&["MODULE", "LOAD", path]).expect("a reply")
}
