//! Words of a path: names, strings, numbers.

use super::{PathError, Result};
use crate::limits::{PATH_DEPTH_MAX, PATH_OPERATORS_MAX};
use crate::value::{Value, parse};

/// Integers that every JSON library can tell apart.
const INDEX_MAX: i64 = (1 << 53) - 1;

#[derive(Debug)]
pub struct Scanner<'t> {
    text: &'t str,
    position: usize,
    depth: usize,
    operators: usize,
    /// Filters around the position: only within them there is a current value.
    pub(super) filters: usize,
}

/// What names consist of beside letters and digits, where no quotes are around them.
fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || !letter.is_ascii() || "_-+/%$^:".contains(letter)
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Scanner<'t> {
        Scanner { text, position: 0, depth: 0, operators: 0, filters: 0 }
    }

    pub fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    pub fn expected<T>(&self, what: &'static str) -> Result<T> {
        Err(PathError::syntax(self.position, what))
    }

    /// Runs `read` one level deeper.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == PATH_DEPTH_MAX {
            return Err(PathError::TooDeep);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Counts an operator or a call that has a value in front.
    pub fn operator(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators > PATH_OPERATORS_MAX { Err(PathError::TooDeep) } else { Ok(()) }
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn at(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    pub fn eat(&mut self, text: &str) -> bool {
        let is_next = self.at(text);
        if is_next {
            self.position += text.len();
        }
        is_next
    }

    pub fn mark(&self) -> usize {
        self.position
    }

    pub fn back_to(&mut self, mark: usize) {
        self.position = mark;
    }

    pub fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    pub fn end(&self) -> Result<()> {
        if self.rest().is_empty() { Ok(()) } else { self.expected("the end of the path") }
    }

    /// A name without quotes.
    pub fn name(&mut self) -> Result<&'t str> {
        let rest = self.rest();
        let len = rest.find(|letter| !is_name_letter(letter)).unwrap_or(rest.len());
        if len == 0 {
            return self.expected("a name");
        }
        self.position += len;
        Ok(&rest[..len])
    }

    /// A word of lower-case letters; empty if there is none.
    pub fn word(&self) -> &'t str {
        let rest = self.rest();
        let len = rest.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(rest.len());
        &rest[..len]
    }

    /// Whether a word with an opening parenthesis behind it is next.
    pub fn at_call(&self) -> bool {
        let word = self.word();
        !word.is_empty() && self.rest()[word.len()..].starts_with('(')
    }

    /// Takes a word, if no letter of a name follows it.
    pub fn eat_word(&mut self, word: &str) -> bool {
        let is_next = self
            .rest()
            .strip_prefix(word)
            .is_some_and(|behind| !behind.chars().next().is_some_and(is_name_letter));
        if is_next {
            self.position += word.len();
        }
        is_next
    }

    /// An index; `None` if no digit or sign is next.
    pub fn index(&mut self) -> Result<Option<i64>> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let sign = rest.len() - digits.len();
        let len = digits.bytes().take_while(u8::is_ascii_digit).count();
        if sign + len == 0 {
            return Ok(None);
        }
        let is_plain = match digits.as_bytes() {
            [b'0', ..] => len == 1 && sign == 0,
            _ => len > 0,
        };
        let number = rest[..sign + len]
            .parse::<i64>()
            .ok()
            .filter(|number| is_plain && (-INDEX_MAX..=INDEX_MAX).contains(number));
        let Some(number) = number else { return self.expected("an index") };
        self.position += sign + len;
        Ok(Some(number))
    }

    /// A number as JSON has it.
    pub fn number(&mut self) -> Result<Value> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut len = usize::from(bytes.first() == Some(&b'-'));
        len += digits(len);
        if bytes.get(len) == Some(&b'.') && digits(len + 1) > 0 {
            len += 1 + digits(len + 1);
        }
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(len + 1), Some(b'-' | b'+')));
            if digits(len + 1 + sign) > 0 {
                len += 1 + sign + digits(len + 1 + sign);
            }
        }
        match parse(&bytes[..len]) {
            Ok(value) => {
                self.position += len;
                Ok(value)
            }
            Err(_) => self.expected("a number"),
        }
    }

    /// A string in quotes of either kind; `None` if there is no quote.
    pub fn quoted(&mut self) -> Result<Option<String>> {
        let Some(quote) = self.peek().filter(|letter| matches!(letter, '"' | '\'')) else {
            return Ok(None);
        };
        self.position += 1;
        let mut text = String::new();
        loop {
            let Some(letter) = self.peek() else { return self.expected("the end of a string") };
            match letter {
                '\\' => text.push(self.escaped(quote)?),
                '\0'..='\x1f' => return self.expected("no control characters in a string"),
                _ => {
                    self.position += letter.len_utf8();
                    if letter == quote {
                        return Ok(Some(text));
                    }
                    text.push(letter);
                }
            }
        }
    }

    fn escaped(&mut self, quote: char) -> Result<char> {
        let mut letters = self.rest().chars().skip(1);
        let letter = match letters.next() {
            Some('b') => '\x08',
            Some('f') => '\x0c',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(letter @ ('/' | '\\')) => letter,
            Some(letter) if letter == quote => letter,
            Some('u') => return self.unicode(),
            _ => return self.expected("an escape"),
        };
        self.position += 2;
        Ok(letter)
    }

    /// A character by its number, or by two as UTF-16 has it.
    fn unicode(&mut self) -> Result<char> {
        let first = self.unit()?;
        let number = match first {
            0xd800..=0xdbff => match self.unit()? {
                second @ 0xdc00..=0xdfff => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                _ => return self.expected("the second half of a character"),
            },
            _ => first,
        };
        match char::from_u32(number) {
            Some(letter) => Ok(letter),
            None => self.expected("a character"),
        }
    }

    fn unit(&mut self) -> Result<u32> {
        let digits = self.rest().strip_prefix("\\u").and_then(|rest| rest.get(..4));
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(number) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return self.expected("four hexadecimal digits");
        };
        self.position += 6;
        Ok(number)
    }
}
