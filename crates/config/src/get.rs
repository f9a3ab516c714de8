//! CONFIG GET: values by name or pattern, printed as Redis prints them.

use crate::parameter::{Flags, Parameter};
use crate::table::{Config, PARAMETERS};

impl Config {
    /// The text of one parameter, by either of its names.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        match Parameter::find(name) {
            Some(parameter) => Some((parameter.print)(self)),
            None => self.modules.find(name).map(|parameter| parameter.print()),
        }
    }

    /// Names and values for the arguments of CONFIG GET, each name once: exact names reach hidden parameters, patterns do not.
    pub fn matching<'a>(
        &self,
        patterns: impl IntoIterator<Item = &'a [u8]>,
    ) -> Vec<(String, Vec<u8>)> {
        let mut found: Vec<(String, Vec<u8>)> = Vec::new();
        for pattern in patterns {
            let is_glob = pattern.iter().any(|byte| matches!(byte, b'[' | b'*' | b'?'));
            self.each_name(|name, hidden, print| {
                let wanted = if is_glob {
                    !hidden && glob_matches(pattern, name.as_bytes())
                } else {
                    pattern.eq_ignore_ascii_case(name.as_bytes())
                };
                if wanted && !found.iter().any(|(known, _)| known == name) {
                    found.push((name.to_owned(), print()));
                }
            });
        }
        found
    }

    /// Calls `visit(name, hidden, print)` for every name and alias.
    fn each_name(&self, mut visit: impl FnMut(&str, bool, &dyn Fn() -> Vec<u8>)) {
        for parameter in PARAMETERS {
            let hidden = parameter.has(Flags::HIDDEN);
            for name in [Some(parameter.name), parameter.alias].into_iter().flatten() {
                visit(name, hidden, &|| (parameter.print)(self));
            }
        }
        for parameter in self.modules.iter() {
            let hidden = parameter.flags.contains(Flags::HIDDEN);
            for name in [Some(&parameter.name), parameter.alias.as_ref()].into_iter().flatten() {
                visit(name, hidden, &|| parameter.print());
            }
        }
    }
}

/// Glob matching without regard to case.
fn glob_matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len())
            .any(|skip| name.get(skip..).is_some_and(|tail| glob_matches(rest, tail))),
        Some((b'?', rest)) => name.split_first().is_some_and(|(_, tail)| glob_matches(rest, tail)),
        Some((b'[', rest)) => name.split_first().is_some_and(|(&byte, tail)| {
            let close = rest.iter().position(|&end| end == b']').unwrap_or(rest.len());
            let (class, after) = rest.split_at(close);
            let (negated, class) = match class.strip_prefix(b"^") {
                Some(class) => (true, class),
                None => (false, class),
            };
            class_contains(class, byte) != negated
                && glob_matches(after.strip_prefix(b"]").unwrap_or(after), tail)
        }),
        Some((b'\\', [escaped, rest @ ..])) => name.split_first().is_some_and(|(byte, tail)| {
            byte.eq_ignore_ascii_case(escaped) && glob_matches(rest, tail)
        }),
        Some((wanted, rest)) => name.split_first().is_some_and(|(byte, tail)| {
            byte.eq_ignore_ascii_case(wanted) && glob_matches(rest, tail)
        }),
    }
}

fn class_contains(mut class: &[u8], byte: u8) -> bool {
    let byte = byte.to_ascii_lowercase();
    while let Some((&first, rest)) = class.split_first() {
        match rest {
            [b'-', last, tail @ ..] => {
                let range = first.to_ascii_lowercase()..=last.to_ascii_lowercase();
                if range.contains(&byte) {
                    return true;
                }
                class = tail;
            }
            _ => {
                if first.eq_ignore_ascii_case(&byte) {
                    return true;
                }
                class = rest;
            }
        }
    }
    false
}
