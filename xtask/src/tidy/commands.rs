//! Each command of the table has a file named after it, or is named by the file it stands in, and has a transcript.

use std::path::PathBuf;

use super::{Findings, exceptions};
use crate::whereis::{TableEntry, table};
use crate::{Result, paths};

pub fn check(findings: &mut Findings) -> Result<()> {
    let table = table()?;
    let missing = exceptions("missing_transcripts.txt")?;
    for entry in &table {
        check_file(entry, findings)?;
        check_transcript(entry, &missing, findings);
    }
    for name in &missing {
        if !table.iter().any(|entry| &transcript_name(entry) == name) {
            findings.push(format!("missing_transcripts.txt: {name} is no command of the table"));
        }
    }
    Ok(())
}

/// The file is named like the command, or its head names the command as a variant of the one it is named after.
fn check_file(entry: &TableEntry, findings: &mut Findings) -> Result<()> {
    let Some(file) = entry.file() else {
        findings.push(format!("{}: no file of that name", entry.path));
        return Ok(());
    };
    let stem = if file.ends_with("mod.rs") { file.parent() } else { Some(file.as_path()) };
    let stem = stem.and_then(|path| path.file_stem()).and_then(|stem| stem.to_str());
    // `move` and the like are words of Rust: their files have an underscore behind.
    if stem.is_some_and(|stem| stem.trim_end_matches('_') == entry.command) {
        return Ok(());
    }
    let text = std::fs::read_to_string(&file)?;
    let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
    let name = entry.command.to_uppercase();
    let words = |text: &str| {
        let words =
            text.split(|each: char| !each.is_ascii_alphanumeric() && each != '_' && each != '-');
        words.map(|word| word.replace('-', "_")).collect::<Vec<_>>()
    };
    if !words(&head).contains(&name) {
        let file = paths::relative(&file);
        findings.push(format!("{name} stands in {file}, whose first line does not name it"));
    }
    Ok(())
}

fn transcript_name(entry: &TableEntry) -> String {
    format!("{}/{}", entry.group, entry.command)
}

/// A command's transcript, or for a container a folder of them.
fn check_transcript(entry: &TableEntry, missing: &[String], findings: &mut Findings) {
    let name = transcript_name(entry);
    let base: PathBuf = paths::root().join("tests/commands").join(&name);
    let exists = base.with_extension("rtest").is_file() || base.is_dir();
    match (exists, missing.contains(&name)) {
        (false, false) => {
            findings.push(format!("{name}: no transcript tests/commands/{name}.rtest"))
        }
        (true, true) => findings.push(format!(
            "{name} has a transcript: take it off xtask/tidy/missing_transcripts.txt"
        )),
        _ => {}
    }
}
