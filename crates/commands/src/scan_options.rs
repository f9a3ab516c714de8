//! The cursor and options that SCAN, HSCAN, SSCAN and ZSCAN share.

use engine::{CommandError, error};

use crate::arguments;

/// Elements looked at in one call unless COUNT says otherwise.
const COUNT_DEFAULT: usize = 10;

/// What is gone through; it decides which options there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scanned {
    /// TYPE is an option.
    Keyspace,
    /// NOVALUES is an option.
    Hash,
}

/// MATCH, COUNT, TYPE and NOVALUES.
#[derive(Clone, Copy, Debug)]
pub struct ScanOptions<'a> {
    pattern: Option<&'a [u8]>,
    pub count: usize,
    pub type_name: Option<&'a [u8]>,
    pub no_values: bool,
}

impl<'a> ScanOptions<'a> {
    /// Reads the options behind the cursor.
    pub fn parse(words: &[&'a [u8]], scanned: Scanned) -> Result<ScanOptions<'a>, CommandError> {
        let mut options =
            ScanOptions { pattern: None, count: COUNT_DEFAULT, type_name: None, no_values: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if scanned == Scanned::Hash && arguments::is(word, "NOVALUES") {
                options.no_values = true;
                continue;
            }
            let argument = words.next().ok_or(error::SYNTAX)?;
            if arguments::is(word, "COUNT") {
                let count = arguments::integer(argument)?;
                options.count =
                    usize::try_from(count).ok().filter(|count| *count > 0).ok_or(error::SYNTAX)?;
            } else if arguments::is(word, "MATCH") {
                // A pattern that takes everything need not be tried.
                options.pattern = Some(*argument).filter(|pattern| *pattern != b"*");
            } else if scanned == Scanned::Keyspace && arguments::is(word, "TYPE") {
                options.type_name = Some(argument);
            } else {
                return Err(error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// Whether an element matches the pattern.
    pub fn matches(&self, element: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| stdx::glob::matches(pattern, element, false))
    }
}

/// Reads a cursor: an unsigned number, with spaces or a plus sign before it as Redis allows.
pub fn cursor(argument: &[u8]) -> Result<u64, CommandError> {
    std::str::from_utf8(argument.trim_ascii_start())
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(error::INVALID_CURSOR)
}
