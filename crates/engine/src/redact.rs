//! Arguments that must not be shown to people who look at slow calls, monitors or logs.

use std::borrow::Cow;

use config::{Flags, Parameter};

use crate::command::Command;

const REDACTED: &[u8] = b"(redacted)";

/// The arguments of a call with what is secret replaced.
pub fn redacted<'a>(
    command: &Command,
    argv: &'a [&'a [u8]],
    by_module: &[usize],
) -> Cow<'a, [&'a [u8]]> {
    // Only commands of modules have said so themselves.
    let secret = match command.guest() {
        Some(_) => by_module.to_vec(),
        None => secret_positions(&command.full_name, argv),
    };
    if secret.is_empty() {
        return Cow::Borrowed(argv);
    }
    let mut shown = argv.to_vec();
    for position in secret {
        if let Some(argument) = shown.get_mut(position) {
            *argument = REDACTED;
        }
    }
    Cow::Owned(shown)
}

/// Where a call holds secrets.
fn secret_positions(full_name: &str, argv: &[&[u8]]) -> Vec<usize> {
    match full_name {
        "auth" => (1..argv.len()).collect(),
        "acl|setuser" | "acl|getuser" | "acl|deluser" => (2..argv.len()).collect(),
        "config|set" => {
            (3..argv.len()).step_by(2).filter(|at| is_sensitive(argv, at - 1)).collect()
        }
        "hello" => after_keyword(argv, b"auth", 2),
        "migrate" => {
            let mut secret = after_keyword(argv, b"auth", 1);
            secret.extend(after_keyword(argv, b"auth2", 2));
            secret
        }
        _ => Vec::new(),
    }
}

fn is_sensitive(argv: &[&[u8]], position: usize) -> bool {
    let parameter = argv.get(position).and_then(|name| Parameter::find(name));
    parameter.is_some_and(|parameter| parameter.has(Flags::SENSITIVE))
}

fn after_keyword(argv: &[&[u8]], keyword: &[u8], count: usize) -> Vec<usize> {
    let found = argv.iter().skip(1).position(|word| word.eq_ignore_ascii_case(keyword));
    found.map_or_else(Vec::new, |at| (at + 2..argv.len().min(at + 2 + count)).collect())
}
