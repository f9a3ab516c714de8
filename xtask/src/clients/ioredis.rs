//! ioredis's tests, played by mocha. Later packages of it, and those of node-redis, come without their tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Outcomes, printed, start};
use crate::{Result, cached, debian, exec};

/// How often a file is played in which something fails, on either server: tests of reconnecting race with timers of their
/// own, of 1 ms, and each that loses takes others with it. On the genuine server two runs of four lose some.
const ATTEMPTS: usize = 4;
const PACKAGE: &str = include_str!("../../pins/clients/ioredis/package.json");
/// With the hash of each package, which npm checks.
const LOCK: &str = include_str!("../../pins/clients/ioredis/package-lock.json");

/// The tests take the library's own default.
const PORT_SCRIPT: &str =
    "require(process.cwd()).defaultOptions.port = Number(process.env.REDIS_PORT);\n";

const FILE_LIMIT: Duration = Duration::from_secs(300);

pub(super) fn prepare(cache: &Path) -> Result<PathBuf> {
    let tree = cache.join("ioredis");
    debian::require(&[("node", "nodejs"), ("npm", "npm")])?;
    cached::folder(&tree, |work| {
        std::fs::write(work.join("package.json"), PACKAGE)?;
        std::fs::write(work.join("package-lock.json"), LOCK)?;
        std::fs::write(work.join("port.js"), PORT_SCRIPT)?;
        let mut npm = Command::new("npm");
        npm.current_dir(work).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        let log = cache.join("ioredis.log");
        exec::run_logged(&mut npm, "fetching ioredis", &log, Duration::from_secs(300))
    })?;
    Ok(tree)
}

pub(super) fn play(tree: &Path, server: &Path) -> Result<Outcomes> {
    let package = tree.join("node_modules/ioredis");
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(package.join("test/functional"))? {
        files.push(entry?.path());
    }
    files.sort();
    let mut outcomes = Outcomes::new();
    for file in files {
        let mut passed = Outcomes::new();
        for _ in 0..ATTEMPTS {
            for (title, ok) in play_file(server, tree, &package, &file)? {
                *passed.entry(title).or_insert(false) |= ok;
            }
            if passed.values().all(|ok| *ok) {
                break;
            }
        }
        for (title, ok) in passed {
            *outcomes.entry(title).or_insert(true) &= ok;
        }
    }
    Ok(outcomes)
}

/// One file, on a server of its own: a file whose hook fails ends there.
fn play_file(server: &Path, tree: &Path, package: &Path, file: &Path) -> Result<Outcomes> {
    let server = start(server)?;
    let mut mocha = Command::new("node");
    mocha.current_dir(package).env("NODE_ENV", "test");
    mocha.env("REDIS_PORT", server.address().port().to_string());
    mocha.arg(tree.join("node_modules/mocha/bin/_mocha"));
    mocha.args(["--opts", "/dev/null", "--reporter", "tap", "--timeout", "8000"]);
    mocha.arg("--require").arg(tree.join("port.js"));
    mocha.arg("test/helpers/global.js").arg(file);
    let mut outcomes = Outcomes::new();
    read(&printed(&mut mocha, FILE_LIMIT)?, &mut outcomes);
    Ok(outcomes)
}

/// Lines `ok 1 title` and `not ok 2 title`.
fn read(output: &str, outcomes: &mut Outcomes) {
    for line in output.lines() {
        let (passed, rest) = match (line.strip_prefix("ok "), line.strip_prefix("not ok ")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => continue,
        };
        if let Some((_, title)) = rest.split_once(' ') {
            *outcomes.entry(title.trim().to_owned()).or_insert(true) &= passed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let mut outcomes = Outcomes::new();
        read("1..2\nok 1 auth works\nnot ok 2 auth fails\n  Error: x\n", &mut outcomes);
        assert_eq!(outcomes.get("auth works"), Some(&true));
        assert_eq!(outcomes.get("auth fails"), Some(&false));
        assert_eq!(outcomes.len(), 2);
    }
}
