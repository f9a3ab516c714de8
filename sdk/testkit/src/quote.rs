//! Words on a command line, quoted as redis-cli quotes them.

use crate::error::{Error, Result};

/// Splits a line into words: bare, `"…"` with escapes (`\n`, `\xHH`, …), or `'…'`.
pub fn split_words(line: &str) -> Result<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.as_bytes();
    loop {
        rest = rest.trim_ascii_start();
        let Some(&first) = rest.first() else { return Ok(words) };
        let (word, after) = match first {
            b'"' => double_quoted(&rest[1..], line)?,
            b'\'' => single_quoted(&rest[1..], line)?,
            _ => {
                let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                (rest[..end].to_vec(), &rest[end..])
            }
        };
        if after.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            return Err(Error::new(format!("no blank after a closing quote: {line}")));
        }
        words.push(word);
        rest = after;
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], line: &str) -> Result<(Vec<u8>, &'a [u8])> {
    let mut word = Vec::new();
    loop {
        match rest {
            [b'"', after @ ..] => return Ok((word, after)),
            [b'\\', b'x', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            [b'\\', escaped, after @ ..] => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 7,
                    b'b' => 8,
                    other => *other,
                });
                rest = after;
            }
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
            [] => return Err(Error::new(format!("quote not closed: {line}"))),
        }
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], line: &str) -> Result<(Vec<u8>, &'a [u8])> {
    let mut word = Vec::new();
    loop {
        match rest {
            [b'\'', after @ ..] => return Ok((word, after)),
            [b'\\', b'\'', after @ ..] => {
                word.push(b'\'');
                rest = after;
            }
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
            [] => return Err(Error::new(format!("quote not closed: {line}"))),
        }
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.to_ascii_uppercase() - b'A' + 10,
    }
}

/// `bytes` in double quotes, everything unprintable escaped.
pub fn quote(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'"' => text.push_str("\\\""),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            7 => text.push_str("\\a"),
            8 => text.push_str("\\b"),
            0x20..=0x7e => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push('"');
    text
}

/// A request: an array of bulk strings.
pub fn encode_command<W: AsRef<[u8]>>(words: &[W]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        let word = word.as_ref();
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_quoting() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(split_words(&quote(&all)), Ok(vec![all]));
        assert_eq!(
            split_words(r#"SET k "a b\n" 'it\'s' """#),
            Ok(vec![
                b"SET".to_vec(),
                b"k".to_vec(),
                b"a b\n".to_vec(),
                b"it's".to_vec(),
                Vec::new()
            ])
        );
        assert!(split_words("SET \"a").is_err());
        assert!(split_words("SET \"a\"b").is_err());
    }

    #[test]
    fn a_request_is_an_array_of_bulks() {
        assert_eq!(encode_command(&["GET", ""]), b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
    }
}
