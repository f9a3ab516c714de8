//! Regular expressions over bytes as ARGREP knows them: POSIX extended ones with some of Perl's escapes, in linear time.
//!
//! The language, down to what is refused with which words, is that of Redis, which no crate speaks: word boundaries that
//! hold at both ends of a text, operators on nothing, `(?i)` in the middle. What a pattern matches is decided by
//! going through the text once with all states at a time. Back references are recognised, but not for use.

mod parse;
mod program;
#[cfg(test)]
mod tests;

use program::Program;

/// Why a pattern is none, in the words of Redis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegexError {
    BadPattern,
    CollatingElement,
    CharacterClass,
    TrailingBackslash,
    NoSuchGroup,
    MissingBracket,
    MissingParenthesis,
    MissingBrace,
    BadRepetition,
    BadRange,
    TooLarge,
    RepetitionOfRepetition,
    TooManyRepetitions,
    /// The pattern is good, but for its back references.
    BackReference,
}

impl RegexError {
    pub const fn text(self) -> &'static str {
        match self {
            RegexError::BadPattern => "Invalid regexp",
            RegexError::CollatingElement => "Unknown collating element",
            RegexError::CharacterClass => "Unknown character class name",
            RegexError::TrailingBackslash => "Trailing backslash",
            RegexError::NoSuchGroup => "Invalid back reference",
            RegexError::MissingBracket => "Missing ']'",
            RegexError::MissingParenthesis => "Missing ')'",
            RegexError::MissingBrace => "Missing '}'",
            RegexError::BadRepetition => "Invalid contents of {}",
            RegexError::BadRange => "Invalid character range",
            RegexError::TooLarge => "Out of memory",
            RegexError::RepetitionOfRepetition => "Invalid use of repetition operators",
            RegexError::TooManyRepetitions => "Maximum repetition in {} larger than 255",
            RegexError::BackReference => "back references are not supported",
        }
    }
}

/// See the module text.
pub struct Regex {
    program: Program,
}

impl Regex {
    pub fn new(pattern: &[u8], ignore_case: bool) -> Result<Regex, RegexError> {
        let parsed = parse::parse(pattern, ignore_case)?;
        Ok(Regex { program: Program::new(&parsed)? })
    }

    /// Whether the pattern matches somewhere in the text.
    pub fn is_match(&mut self, text: &[u8]) -> bool {
        self.program.is_match(text)
    }
}
