//! Regular expressions of a path, each compiled once per search.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use crate::limits::{PATTERN_BYTES_MAX, REGEX_BYTES_MAX};

/// Compiled expressions that one search keeps; a document may bring one per value.
const KEPT_MAX: usize = 16;

#[derive(Debug, Default)]
pub struct Patterns {
    kept: RefCell<HashMap<String, Option<Regex>>>,
}

impl Patterns {
    /// Whether some part of the text matches, by the rules of the `regex` crate.
    pub fn finds(&self, pattern: &str, text: &str) -> bool {
        pattern.len() <= PATTERN_BYTES_MAX && self.is_match(pattern.to_owned(), text)
    }

    /// Whether the text or a part of it matches, by the rules of RFC 9485.
    pub fn matches(&self, pattern: &str, text: &str, whole: bool) -> bool {
        if pattern.len() > PATTERN_BYTES_MAX {
            return false;
        }
        let pattern = dots_without_line_ends(pattern);
        self.is_match(if whole { format!("^(?:{pattern})$") } else { pattern }, text)
    }

    fn is_match(&self, pattern: String, text: &str) -> bool {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT_MAX && !kept.contains_key(&pattern) {
            kept.clear();
        }
        let compiled = kept.entry(pattern).or_insert_with_key(|pattern| {
            RegexBuilder::new(pattern)
                .size_limit(REGEX_BYTES_MAX)
                .dfa_size_limit(REGEX_BYTES_MAX)
                .build()
                .ok()
        });
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// A dot is any character but those that end a line, of which the crate knows one.
fn dots_without_line_ends(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let (mut is_escaped, mut in_class) = (false, false);
    for letter in pattern.chars() {
        match letter {
            '.' if !is_escaped && !in_class => plain.push_str("[^\\n\\r]"),
            _ => plain.push(letter),
        }
        match letter {
            '[' if !is_escaped => in_class = true,
            ']' if !is_escaped => in_class = false,
            _ => {}
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    plain
}
