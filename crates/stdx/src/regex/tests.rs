//! What the genuine server matches and refuses, and patterns at random.

use super::{Regex, RegexError};

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern.as_bytes(), false).expect("a good pattern").is_match(text.as_bytes())
}

#[test]
fn known_matches() {
    for (pattern, yes, no) in [
        ("a.b", &["a\nb", "xaab"][..], &["ab", ""][..]),
        ("^a{2,3}$", &["aa", "aaa"], &["a", "aaaa"]),
        ("^(a|b)*c?$", &["", "abba", "c"], &["cc", "abd"]),
        ("*a", &["a"], &["b"]),
        ("a|*b", &["a", "b"], &["c"]),
        ("[]a-c]", &["]", "b"], &["d", "-"]),
        ("[^a-]", &["b"], &["a", "-", ""]),
        ("\\bbar", &["foo bar", "bar"], &["foobar"]),
        ("\\B", &["ab", "--"], &["a", "", "-", "a-"]),
        ("\\<a\\>", &["a", "-a-"], &["ab", ""]),
        ("\\Qa.b\\E*$", &["a.b"], &["a.", "a.bb"]),
        ("\\x41|\\x{0042}", &["A", "B"], &["C", "41"]),
        ("a(?i)b|c", &["aB", "C"], &["AB"]),
        ("(?i:a)b", &["Ab"], &["AB"]),
        ("a$b", &[], &["ab", "a$b"]),
        ("^^a$$", &["a"], &["aa"]),
        ("a(?#x)*b", &["ab"], &["b"]),
        ("^a)$", &["a)"], &["a"]),
        ("^(a*){3}b$", &["b", "aaaab"], &["aac"]),
        ("[[:digit:][:space:]]", &["1", "\t"], &["a"]),
    ] {
        yes.iter().for_each(|text| assert!(matches(pattern, text), "{pattern} {text}"));
        no.iter().for_each(|text| assert!(!matches(pattern, text), "{pattern} {text}"));
    }
}

#[test]
fn known_errors() {
    for (pattern, expected) in [
        ("(", RegexError::MissingParenthesis),
        ("[a", RegexError::MissingBracket),
        ("a{1", RegexError::MissingBrace),
        ("a{}", RegexError::BadRepetition),
        ("a{1,2,3}", RegexError::BadRepetition),
        ("a{2,1}", RegexError::BadRepetition),
        ("a{256}", RegexError::TooManyRepetitions),
        ("a**", RegexError::RepetitionOfRepetition),
        ("[b-a]", RegexError::BadRange),
        ("[a-b-c]", RegexError::BadRange),
        ("[[:foo:]]", RegexError::CharacterClass),
        ("[[.a.]]", RegexError::CollatingElement),
        ("a\\", RegexError::TrailingBackslash),
        ("\\1", RegexError::NoSuchGroup),
        ("(a)\\1", RegexError::BackReference),
        ("\\x{1", RegexError::MissingBrace),
        ("(?z)", RegexError::BadPattern),
        ("((((a{255}){255}){255}){255}){255}", RegexError::TooLarge),
        ("((((){255}){255}){255}){255}", RegexError::TooLarge),
    ] {
        let found = Regex::new(pattern.as_bytes(), false).err();
        assert_eq!(found, Some(expected), "{pattern}");
    }
}

#[test]
fn case_is_ignored_where_asked() {
    for (pattern, text, expected) in [
        ("[^A]", "a", false),
        ("[[:upper:]]", "a", true),
        ("(?-i)a", "A", false),
        ("straße", "STRAßE", true),
    ] {
        let mut regex = Regex::new(pattern.as_bytes(), true).expect("a good pattern");
        assert_eq!(regex.is_match(text.as_bytes()), expected, "{pattern} {text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_pattern_ends_the_server(
        pattern in "[ab*+?{}()|^$.,0-9\\\\\\[\\]:QEixn-]{0,24}",
        text in "[ab\n]{0,12}",
    ) {
        if let Ok(mut regex) = Regex::new(pattern.as_bytes(), false) {
            regex.is_match(text.as_bytes());
        }
    }
}
