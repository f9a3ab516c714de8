//! Options for tests with modules, and where `cargo xtask ci` has put the real ones.

use std::path::PathBuf;

use testkit::ServerOptions;

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
