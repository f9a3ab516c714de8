//! The words of a call, read one by one as what they should be.

use crate::raw::strings::Word;
use crate::{Error, Result};

/// The words behind the command's name. A word that is missing or is not what is asked for is an error to reply with.
#[derive(Clone, Debug)]
pub struct Arguments<'a> {
    words: &'a [Word<'a>],
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(words: &'a [Word<'a>]) -> Arguments<'a> {
        Arguments { words }
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The next word as it came, such as the name of a key.
    pub fn word(&mut self) -> Result<Word<'a>> {
        let (first, rest) = self.words.split_first().ok_or(Error::Arity)?;
        self.words = rest;
        Ok(*first)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        self.word().map(Word::bytes)
    }

    /// The next word as text; what is not UTF-8 is an error.
    pub fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Error::err("value is not valid UTF-8"))
    }

    pub fn integer(&mut self) -> Result<i64> {
        parse_integer(self.bytes()?).ok_or(Error::NOT_AN_INTEGER)
    }

    /// A number that is not NaN.
    pub fn double(&mut self) -> Result<f64> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| Error::NOT_A_FLOAT)?;
        let number = text.parse::<f64>().ok().filter(|number| !number.is_nan());
        number.ok_or(Error::NOT_A_FLOAT)
    }

    /// Takes the next word if it is this keyword, in any case.
    pub fn keyword(&mut self, keyword: &str) -> bool {
        let is_next = self
            .words
            .first()
            .is_some_and(|word| word.bytes().eq_ignore_ascii_case(keyword.as_bytes()));
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }

    /// All that are left.
    pub fn rest(&mut self) -> impl ExactSizeIterator<Item = Word<'a>> + use<'a> {
        std::mem::take(&mut self.words).iter().copied()
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<()> {
        if self.words.is_empty() { Ok(()) } else { Err(Error::SYNTAX) }
    }
}

/// As Redis reads integers: digits with a minus in front or not, no other sign, no zeros in front, no spaces.
fn parse_integer(bytes: &[u8]) -> Option<i64> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let plain = match digits {
        [b'0'] => bytes.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if plain { std::str::from_utf8(bytes).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::parse_integer;

    #[test]
    fn integers_are_read_as_redis_reads_them() {
        for (text, number) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("", None),
            ("-", None),
            ("-0", None),
            ("01", None),
            ("+1", None),
            (" 1", None),
            ("1x", None),
        ] {
            assert_eq!(parse_integer(text.as_bytes()), number, "{text}");
        }
    }
}
