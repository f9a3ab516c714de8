//! redis-py's tests: its source package from PyPI, played by pytest.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Outcomes, printed, start};
use crate::{Result, cached, debian, exec, pins};

const REQUIREMENTS: &str = include_str!("../../pins/clients/redis-py.txt");

/// What is about the server itself: not clusters, sentinels, modules, TLS, or other services.
const FILES: &[&str] = &[
    "tests/test_client.py",
    "tests/test_cache.py",
    "tests/test_commands.py",
    "tests/test_connection.py",
    "tests/test_connection_pool.py",
    "tests/test_encoding.py",
    "tests/test_function.py",
    "tests/test_himport_integration.py",
    "tests/test_keyspace_notifications.py",
    "tests/test_lock.py",
    "tests/test_monitor.py",
    "tests/test_pipeline.py",
    "tests/test_pubsub.py",
    "tests/test_scripting.py",
    "tests/test_asyncio/test_commands.py",
    "tests/test_asyncio/test_lock.py",
    "tests/test_asyncio/test_monitor.py",
    "tests/test_asyncio/test_pipeline.py",
    "tests/test_asyncio/test_pubsub.py",
    "tests/test_asyncio/test_scripting.py",
];

const MARKS: &str = "not onlycluster and not redismod and not replica and not ssl and not cp_integration \
                     and not multidb_integration and not experimental";

/// A file of tests that hangs is ended after this.
const FILE_LIMIT: Duration = Duration::from_secs(900);

pub(super) fn prepare(cache: &Path) -> Result<PathBuf> {
    let tree = cache.join(format!("redis-py-{}", pins::REDIS_PY_VERSION));
    debian::require(&[("python3", "python3"), ("pip3", "python3-pip"), ("tar", "tar")])?;
    cached::folder(&tree, |work| {
        let log = cache.join("redis-py.log");
        let limit = Duration::from_secs(300);
        let mut pip = Command::new("pip3");
        pip.args(["download", "--no-deps", "--no-binary", ":all:"]);
        pip.arg(format!("redis=={}", pins::REDIS_PY_VERSION)).arg("--dest").arg(work);
        exec::run_logged(&mut pip, "fetching redis-py", &log, limit)?;
        let archive = work.join(format!("redis-{}.tar.gz", pins::REDIS_PY_VERSION));
        pins::verify(&archive, pins::REDIS_PY_SHA256)?;
        let mut tar = Command::new("tar");
        exec::run(tar.arg("xzf").arg(&archive).args(["--strip-components", "1", "-C"]).arg(work))?;
        // A folder of packages that is only in the way of these tests; a virtual environment could not be moved.
        let requirements = work.join("pinned.txt");
        std::fs::write(&requirements, REQUIREMENTS)?;
        let mut pip = Command::new("pip3");
        pip.args(["install", "--no-deps", "--require-hashes", "--requirement"]).arg(&requirements);
        pip.arg("--target").arg(work.join("packages"));
        exec::run_logged(&mut pip, "fetching pytest", &log, limit)
    })?;
    Ok(tree)
}

pub(super) fn play(tree: &Path, server: &Path) -> Result<Outcomes> {
    let mut outcomes = Outcomes::new();
    for file in FILES {
        let server = start(server)?;
        let url = format!("redis://localhost:{}/0", server.address().port());
        let mut pytest = pytest(tree);
        pytest.env("PYTHONPATH", tree.join("packages")).args(["-m", MARKS]);
        pytest.arg(format!("--redis-url={url}")).args(["--timeout", "30", "--capture=fd", file]);
        read(&printed(&mut pytest, FILE_LIMIT)?, &mut outcomes);
    }
    Ok(outcomes)
}

pub(super) fn pytest(tree: &Path) -> Command {
    let mut pytest = Command::new("python3");
    pytest.current_dir(tree);
    pytest.args(["-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider"]);
    pytest
}

/// The lines of pytest's summary; a test that fails at its end counts as failed.
pub(super) fn read(output: &str, outcomes: &mut Outcomes) {
    for line in output.lines() {
        let Some((word, rest)) = line.split_once(' ') else { continue };
        let passed = match word {
            "PASSED" => true,
            "FAILED" | "ERROR" => false,
            _ => continue,
        };
        if !rest.starts_with("tests/") {
            continue;
        }
        let name = rest.split(" - ").next().unwrap_or(rest).trim_end();
        let outcome = outcomes.entry(name.to_owned()).or_insert(true);
        *outcome &= passed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_read() {
        let output = "..F\nPASSED tests/a.py::one\nFAILED tests/a.py::two - assert 1 == 2\n\
                      PASSED tests/a.py::three[x y]\nERROR tests/a.py::one - late\n3 passed";
        let mut outcomes = Outcomes::new();
        read(output, &mut outcomes);
        let expected = [
            ("tests/a.py::one", false),
            ("tests/a.py::three[x y]", true),
            ("tests/a.py::two", false),
        ];
        let expected: Outcomes =
            expected.iter().map(|(name, passed)| ((*name).to_owned(), *passed)).collect();
        assert_eq!(outcomes, expected);
    }
}
