//! Where things lie: the repository, the build results, the cache of what was fetched.

use std::path::{Path, PathBuf};

use crate::Result;

/// The root of the repository.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo's build directory.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// What was fetched and built of others: `$BULKHEAD_CACHE`, else `target/cache`.
pub fn cache() -> Result<PathBuf> {
    let directory = match std::env::var_os("BULKHEAD_CACHE") {
        Some(directory) => root().join(directory),
        None => target().join("cache"),
    };
    std::fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// The server's executable in a build profile's directory.
pub fn server_binary(profile: &str) -> PathBuf {
    target().join(profile).join("bulkhead-server")
}

/// `path` as seen from the root, for messages and lists.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
