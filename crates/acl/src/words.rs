//! Rules as words: those of a selector are gathered, and its inside is split.

use std::borrow::Cow;

use resp::request::split_arguments;

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
    split_arguments(text).ok()
}

/// Writes the inside of a selector so that [`split`] finds the same words: quoted, where a quote is in them.
pub fn join(rules: &[u8], out: &mut Vec<u8>) {
    for (index, word) in rules.split(|byte| *byte == b' ').enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        if word.iter().any(|byte| matches!(byte, b'"' | b'\'')) {
            stdx::escape::quote(word, out);
        } else {
            out.extend_from_slice(word);
        }
    }
}
