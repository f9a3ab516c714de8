//! Rules as words: those of a selector are gathered, and its inside is split.

use std::borrow::Cow;

/// Longest rule that is looked at; selectors of more bytes are refused.
const SELECTOR_BYTES_MAX: usize = 1 << 20;

/// Joins the words from one that opens a parenthesis to one that closes it. Else the word whose parenthesis stays open.
pub fn gather<'a>(words: &[&'a [u8]]) -> Result<Vec<Cow<'a, [u8]>>, &'a [u8]> {
    let mut rules: Vec<Cow<'a, [u8]>> = Vec::new();
    let mut open: Option<(&'a [u8], Vec<u8>)> = None;
    for word in words {
        match &mut open {
            None if word.first() == Some(&b'(') && word.last() != Some(&b')') => {
                open = Some((word, word.to_vec()));
            }
            None => rules.push(Cow::Borrowed(word)),
            Some((_, selector)) => {
                selector.push(b' ');
                selector.extend_from_slice(word);
                if word.last() == Some(&b')')
                    && let Some((_, selector)) = open.take()
                {
                    rules.push(Cow::Owned(selector));
                }
            }
        }
    }
    match open {
        Some((first, _)) => Err(first),
        None => Ok(rules),
    }
}

/// Splits the inside of a selector at blanks; words may be quoted as in redis.conf. `None`: a quote stays open.
pub fn split(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    if text.len() > SELECTOR_BYTES_MAX {
        return None;
    }
    let mut words = Vec::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let (word, behind) = take_word(rest)?;
        words.push(word);
        rest = behind.trim_ascii_start();
    }
    Some(words)
}

/// The first word and what stands behind it. A closing quote ends the word.
fn take_word(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' | b'\'' => {
                at = take_quoted(text, at, &mut word)?;
                let ends = text.get(at).is_none_or(u8::is_ascii_whitespace);
                return ends.then_some((word, &text[at..]));
            }
            byte if byte.is_ascii_whitespace() => break,
            byte => word.push(byte),
        }
        at += 1;
    }
    Some((word, &text[at..]))
}

/// Reads from the quote at `start`; where the text goes on behind the closing one.
fn take_quoted(text: &[u8], start: usize, word: &mut Vec<u8>) -> Option<usize> {
    let quote = text[start];
    let mut at = start + 1;
    loop {
        match *text.get(at)? {
            byte if byte == quote => return Some(at + 1),
            b'\\' if quote == b'"' => {
                let (byte, used) = escaped(&text[at + 1..])?;
                word.push(byte);
                at += 1 + used;
            }
            b'\\' if text.get(at + 1) == Some(&b'\'') => {
                word.push(b'\'');
                at += 2;
            }
            byte => {
                word.push(byte);
                at += 1;
            }
        }
    }
}

/// What stands behind a backslash: the byte it means and how long that is.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    let hex = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if let [b'x', high, low, ..] = text
        && let (Some(high), Some(low)) = (hex(high), hex(low))
    {
        return Some((high << 4 | low, 3));
    }
    let byte = match *text.first()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        byte => byte,
    };
    Some((byte, 1))
}
