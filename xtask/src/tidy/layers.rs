//! Which crate may use which: `modules → sdk ← crates`, and inside `crates/` only downward.

use std::process::Command;

use serde_json::Value;

use super::Findings;
use crate::{Result, exec, paths};

/// Crates of the server and their levels; a crate uses only levels below its own.
const LEVELS: &[(&str, u8)] = &[
    ("stdx", 0),
    ("sys", 0),
    ("structures", 0),
    ("resp", 0),
    ("config", 0),
    ("tls", 0),
    ("acl", 0),
    ("keyspace", 1),
    ("persistence", 2),
    ("replication", 2),
    ("cluster", 2),
    ("engine", 3),
    ("scripting", 4),
    ("module-api", 4),
    ("module-host-native", 5),
    ("module-host-process", 5),
    ("module-host-wasm", 5),
    ("commands", 5),
    ("server", 6),
    ("simulator", 6),
];

/// Level 0 is flat but for these; redis.conf quotes words as inline requests do.
const WITHIN_LEVEL_0: &[(&str, &str)] = &[
    ("sys", "stdx"),
    ("structures", "stdx"),
    ("resp", "stdx"),
    ("config", "stdx"),
    ("config", "resp"),
    ("acl", "stdx"),
    ("acl", "resp"),
];

pub fn check(findings: &mut Findings) -> Result<()> {
    let text = exec::output(Command::new(env!("CARGO")).current_dir(paths::root()).args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let Some(home) = home(manifest) else { continue };
        check_folder(name, manifest, home, findings);
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let Some(path) = dependency["path"].as_str() else { continue };
            let target = dependency["name"].as_str().unwrap_or_default();
            let is_dev = dependency["kind"].as_str() == Some("dev");
            if let Some(reason) = objection((name, home), (target, path), is_dev) {
                findings.push(format!("{name} must not depend on {target}: {reason}"));
            }
        }
    }
    Ok(())
}

/// The source root a manifest lies in.
fn home(manifest: &str) -> Option<&'static str> {
    let relative = manifest.strip_prefix(paths::root().to_str()?)?.trim_start_matches('/');
    ["sdk", "crates", "modules", "xtask"].into_iter().find(|root| relative.starts_with(root))
}

fn check_folder(name: &str, manifest: &str, home: &str, findings: &mut Findings) {
    if !manifest.ends_with(&format!("/{name}/Cargo.toml")) {
        findings.push(format!("{manifest}: the folder is named like the crate ({name})"));
    }
    if home == "crates" && level(name).is_none() {
        findings.push(format!("{name} has no level in xtask/src/tidy/layers.rs"));
    }
}

fn level(name: &str) -> Option<u8> {
    LEVELS.iter().find(|(each, _)| *each == name).map(|(_, level)| *level)
}

/// Why the edge is not allowed.
fn objection(from: (&str, &str), to: (&str, &str), is_dev: bool) -> Option<String> {
    let ((from, from_home), (to, to_path)) = (from, to);
    let to_home = home(&format!("{to_path}/Cargo.toml")).unwrap_or("outside");
    match (from_home, to_home) {
        ("xtask", "sdk") | ("sdk", "sdk") | ("modules", "sdk") => None,
        ("crates", "sdk") if to != "testkit" || is_dev => None,
        ("crates", "sdk") => Some("testkit is for tests".to_owned()),
        ("crates", "crates") => {
            let (upper, lower) = (level(from)?, level(to)?);
            let allowed = upper > lower || WITHIN_LEVEL_0.contains(&(from, to)) || is_dev;
            (!allowed).then(|| format!("level {upper} uses only what is below, {to} is {lower}"))
        }
        _ => Some(format!("{from_home} does not use {to_home}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_go_down() {
        let crates = |name: &str| paths::root().join("crates").join(name).display().to_string();
        let sdk = |name: &str| paths::root().join("sdk").join(name).display().to_string();
        let edge = |from, to: &str| objection((from, "crates"), (to, &crates(to)), false);
        assert_eq!(edge("engine", "keyspace"), None);
        assert_eq!(edge("structures", "stdx"), None);
        assert!(edge("keyspace", "engine").is_some());
        assert!(edge("resp", "config").is_some());
        assert!(objection(("server", "crates"), ("testkit", &sdk("testkit")), false).is_some());
        assert!(objection(("server", "crates"), ("testkit", &sdk("testkit")), true).is_none());
        assert!(objection(("testkit", "sdk"), ("resp", &crates("resp")), false).is_some());
    }
}
