//! Every source file: its first sentence, its size, the words in it, and the fences around `unsafe`.

use std::collections::HashMap;
use std::path::Path;

use super::{Findings, exceptions, files};
use crate::{Result, paths};

/// Crates that may hold `unsafe`.
const FENCES: &[&str] = &[
    "crates/sys",
    "crates/structures",
    "crates/module-host-native",
    "sdk/module-abi",
    "sdk/module-sdk",
];

/// Lines without tests from which a file has to be looked at, and beyond which it is split.
const LINES_ALARM: usize = 600;
const LINES_MAX: usize = 1000;

/// Words that do not stand in this tree, and what to write instead. Spelled in two halves here.
const BANNED: &[(&str, &str, &str)] = &[
    ("TO", "DO", "open an issue"),
    ("FIX", "ME", "mend it or open an issue"),
    ("XX", "X:", "mend it or open an issue"),
    ("white", "list", "allow list"),
    ("black", "list", "deny list"),
];

pub fn check(findings: &mut Findings) -> Result<()> {
    let sizes = listed_sizes()?;
    let mut seen = Vec::new();
    for file in files("rs")? {
        let name = paths::relative(&file);
        let text = std::fs::read_to_string(&file)?;
        check_head(&name, &text, findings);
        check_words(&name, &text, findings);
        check_fence(&file, &name, &text, findings);
        if check_size(&name, &text, &sizes, findings) {
            seen.push(name);
        }
    }
    for name in sizes.keys().filter(|name| !seen.contains(name)) {
        findings.push(format!("{name} is no longer long: take it off xtask/tidy/sizes.txt"));
    }
    Ok(())
}

/// `path lines reason` per line.
fn listed_sizes() -> Result<HashMap<String, usize>> {
    let mut sizes = HashMap::new();
    for line in exceptions("sizes.txt")? {
        let mut words = line.split_whitespace();
        let (Some(path), Some(lines), Some(_reason)) = (words.next(), words.next(), words.next())
        else {
            return Err(format!("xtask/tidy/sizes.txt: not `path lines reason`: {line}").into());
        };
        sizes.insert(path.to_owned(), lines.parse()?);
    }
    Ok(sizes)
}

/// The first paragraph of the file is a sentence about it.
fn check_head(name: &str, text: &str, findings: &mut Findings) {
    let paragraph: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let sentence = paragraph.join(" ");
    if sentence.is_empty() {
        findings.push(format!("{name}: does not open with a `//!` sentence"));
    } else if !sentence.ends_with(['.', ':', '?']) {
        findings.push(format!("{name}: its first sentence does not end"));
    } else if sentence.split_whitespace().count() < 2 {
        findings.push(format!("{name}: its first sentence says nothing"));
    }
}

/// Whether the file is long enough to need its line in the list.
fn check_size(
    name: &str,
    text: &str,
    sizes: &HashMap<String, usize>,
    findings: &mut Findings,
) -> bool {
    if is_test(name) {
        return false;
    }
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    match sizes.get(name) {
        _ if lines <= LINES_ALARM => return false,
        Some(&listed) if lines > listed => findings.push(format!(
            "{name}: {lines} lines, {listed} in xtask/tidy/sizes.txt, a list that only shrinks"
        )),
        Some(_) => {}
        None if lines > LINES_MAX => {
            findings.push(format!("{name}: {lines} lines, more than {LINES_MAX}: split it"));
        }
        None => findings.push(format!(
            "{name}: {lines} lines, more than {LINES_ALARM}: split it, or list it with a reason"
        )),
    }
    true
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/") || name.ends_with("_tests.rs")
}

fn check_words(name: &str, text: &str, findings: &mut Findings) {
    for (index, line) in text.lines().enumerate() {
        for (first, second, instead) in BANNED {
            let word = format!("{first}{second}");
            if line.contains(&word) {
                findings.push(format!("{name}:{}: {word}: {instead}", index + 1));
            }
        }
    }
}

/// Crate roots outside of the fences forbid `unsafe`.
fn check_fence(file: &Path, name: &str, text: &str, findings: &mut Findings) {
    let is_root = name.ends_with("/src/lib.rs") || name.ends_with("/src/main.rs");
    let in_fence = FENCES.iter().any(|fence| file.starts_with(paths::root().join(fence)));
    if is_root && !in_fence && !text.contains("#![forbid(unsafe_code)]") {
        findings.push(format!("{name}: lacks #![forbid(unsafe_code)]"));
    }
    if !in_fence && text.lines().any(|line| line.trim_start().starts_with("static mut ")) {
        findings.push(format!("{name}: global state that changes"));
    }
}
