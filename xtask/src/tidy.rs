//! The rules about the tree that a program can check.

mod commands;
mod layers;
mod sources;

use std::path::PathBuf;
use std::process::Command;

use crate::{Result, debian, exec, paths};

/// What is wrong, one sentence each.
type Findings = Vec<String>;

pub fn run() -> Result<()> {
    let mut findings = Findings::new();
    layers::check(&mut findings)?;
    sources::check(&mut findings)?;
    commands::check(&mut findings)?;
    if findings.is_empty() {
        println!("tidy: nothing to say");
        return Ok(());
    }
    findings.sort();
    for finding in &findings {
        println!("tidy: {finding}");
    }
    Err(format!("{} findings", findings.len()).into())
}

/// The repository's files with an extension, new ones included.
fn files(extension: &str) -> Result<Vec<PathBuf>> {
    debian::require_git()?;
    let pattern = format!("*.{extension}");
    let listed = exec::output(Command::new("git").current_dir(paths::root()).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        &pattern,
    ]))?;
    Ok(listed.lines().map(|line| paths::root().join(line)).filter(|path| path.is_file()).collect())
}

/// A list of exceptions in `xtask/tidy/`: its lines without comments.
fn exceptions(name: &str) -> Result<Vec<String>> {
    let path = paths::root().join("xtask/tidy").join(name);
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}
