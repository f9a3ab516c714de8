//! redis-rs's tests: those in its crate, as a project that depends on the crate as it is published.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Outcomes, printed};
use crate::{Result, cached, exec};

const MANIFEST: &str = include_str!("../../pins/clients/redis-rs/Cargo.toml");
/// With the hash of each crate, which cargo checks.
const LOCK: &str = include_str!("../../pins/clients/redis-rs/Cargo.lock");
/// The crate's name in the lock file.
const CRATE: &str = "redis";

/// What is about the server itself: not clusters, sentinels, modules or TLS.
const TESTS: &[&str] = &[
    "test_acl",
    "test_auth",
    "test_basic",
    "test_bignum",
    "test_digest_utils",
    "test_geospatial",
    "test_hotkeys",
    "test_script",
    "test_streams",
    "test_types",
];

const BUILD_LIMIT: Duration = Duration::from_secs(3600);
const FILE_LIMIT: Duration = Duration::from_secs(600);

pub(super) fn prepare(cache: &Path) -> Result<PathBuf> {
    let tree = cache.join("redis-rs");
    let log = cache.join("redis-rs.log");
    cached::folder(&tree, |work| {
        std::fs::create_dir_all(work.join("src"))?;
        std::fs::write(work.join("src/lib.rs"), "")?;
        std::fs::write(work.join("Cargo.toml"), MANIFEST)?;
        std::fs::write(work.join("Cargo.lock"), LOCK)?;
        let mut fetch = cargo(work);
        fetch.args(["fetch", "--locked"]);
        exec::run_logged(&mut fetch, "fetching redis-rs", &log, Duration::from_secs(600))?;
        let source = source(work)?;
        std::fs::create_dir_all(work.join("tests/support"))?;
        for entry in std::fs::read_dir(source.join("tests/support"))? {
            let entry = entry?;
            std::fs::copy(entry.path(), work.join("tests/support").join(entry.file_name()))?;
        }
        for test in TESTS {
            let file = format!("tests/{test}.rs");
            std::fs::copy(source.join(&file), work.join(&file))?;
        }
        Ok(())
    })?;
    let mut build = cargo(&tree);
    build.args(["test", "--locked", "--no-run"]);
    exec::run_logged(&mut build, "building redis-rs's tests", &log, BUILD_LIMIT)?;
    Ok(tree)
}

fn cargo(tree: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(tree).env("CARGO_TARGET_DIR", tree.join("target")).env_remove("RUSTFLAGS");
    cargo
}

/// Where cargo has unpacked the crate.
fn source(tree: &Path) -> Result<PathBuf> {
    let mut metadata = cargo(tree);
    metadata.args(["metadata", "--locked", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&exec::output(&mut metadata)?)?;
    let packages = metadata["packages"].as_array().ok_or("cargo names no packages")?;
    let package = packages.iter().find(|package| package["name"] == CRATE);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = Path::new(manifest.ok_or("cargo names no source of the crate")?);
    Ok(manifest.parent().unwrap_or(manifest).to_path_buf())
}

pub(super) fn play(tree: &Path, server: &Path) -> Result<Outcomes> {
    let mut outcomes = Outcomes::new();
    for test in TESTS {
        let mut run = cargo(tree);
        // The tests start servers themselves.
        run.env("REDISRS_SERVER_BIN", server);
        run.args(["test", "--locked", "--test", test, "--", "--test-threads", "2"]);
        read(test, &printed(&mut run, FILE_LIMIT)?, &mut outcomes);
    }
    Ok(outcomes)
}

/// Lines `test name ... ok`.
fn read(test: &str, output: &str, outcomes: &mut Outcomes) {
    for line in output.lines() {
        let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|line| line.split_once(" ... "))
        else {
            continue;
        };
        if !outcome.starts_with("ignored") {
            outcomes.insert(format!("{test}: {name}"), outcome.ends_with("ok"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let mut outcomes = Outcomes::new();
        let output = "running 3 tests\ntest a::b ... ok\ntest c ... FAILED\ntest d ... ignored\n";
        read("t", output, &mut outcomes);
        let expected = [("t: a::b".to_owned(), true), ("t: c".to_owned(), false)];
        assert_eq!(outcomes, Outcomes::from(expected));
    }
}
