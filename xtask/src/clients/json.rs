//! redis-py's tests of JSON documents, with our module loaded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Outcomes, printed, redis_py};
use crate::{Result, cached, exec, modules};

const FILES: &[&str] = &["tests/test_json.py", "tests/test_asyncio/test_json.py"];

/// What these tests need beside the others; pip checks the hash.
const REQUIREMENTS: &str = include_str!("../../pins/clients/redis-py-json.txt");

const LIMIT: Duration = Duration::from_secs(300);

pub(super) fn prepare(cache: &Path) -> Result<PathBuf> {
    cached::folder(&more_packages(cache), |work| {
        let requirements = work.join("pinned.txt");
        std::fs::write(&requirements, REQUIREMENTS)?;
        let mut pip = Command::new("pip3");
        pip.args(["install", "--no-deps", "--require-hashes", "--requirement"]).arg(&requirements);
        pip.arg("--target").arg(work.join("packages"));
        let log = cache.join("redis-py-json.log");
        exec::run_logged(&mut pip, "fetching what JSON tests need", &log, LIMIT)
    })?;
    redis_py::prepare(cache)
}

fn more_packages(cache: &Path) -> PathBuf {
    cache.join("redis-py-json")
}

/// In both protocol versions.
pub(super) fn play(tree: &Path, server: &Path) -> Result<Outcomes> {
    let more = more_packages(tree.parent().ok_or("the tests lie in the cache")?).join("packages");
    let library = modules::library("json")?;
    let mut outcomes = Outcomes::new();
    for protocol in ["2", "3"] {
        let server = modules::start(server, &library)?;
        let url = format!("redis://localhost:{}/0", server.address().port());
        let mut pytest = redis_py::pytest(tree);
        let packages = std::env::join_paths([tree.join("packages"), more.clone()])?;
        pytest.env("PYTHONPATH", packages);
        pytest.args([format!("--redis-url={url}"), format!("--redis-mod-url={url}")]);
        pytest.args(["--protocol", protocol, "--timeout", "30", "--capture=fd"]).args(FILES);
        let mut played = Outcomes::new();
        redis_py::read(&printed(&mut pytest, LIMIT)?, &mut played);
        let named = |(name, passed)| (format!("RESP{protocol} {name}"), passed);
        outcomes.extend(played.into_iter().map(named));
    }
    Ok(outcomes)
}
