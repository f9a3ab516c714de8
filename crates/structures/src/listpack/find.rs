//! Searching a listpack, which is what every look at a small hash or set does.
//!
//! Elements have one encoding each, so the wanted one is compared as bytes, and most others are told from it by
//! their first byte.

use super::entry::{self, Encoded};

/// Longest header; of an integer, header and content.
const HEAD_MAX: usize = 9;

/// An element that is looked for: its encoding but for the trailer.
pub(super) struct Wanted<'a> {
    head: [u8; HEAD_MAX],
    head_len: usize,
    text: &'a [u8],
}

impl<'a> Wanted<'a> {
    #[inline]
    pub(super) fn of(text: &'a [u8]) -> Self {
        let mut head = [0; HEAD_MAX];
        let encoded = Encoded::of(text);
        let head_len = encoded.write_head(&mut head);
        let text = if matches!(encoded, Encoded::Bytes(_)) { text } else { &[] };
        Self { head, head_len, text }
    }

    #[inline]
    fn is_at(&self, place: &[u8]) -> bool {
        let Some((head, rest)) = place.split_at_checked(self.head_len) else { return false };
        if head != &self.head[..self.head_len] {
            return false;
        }
        // Names that are numbered differ at their end: a look there saves most calls of memcmp.
        let Some(content) = rest.get(..self.text.len()) else { return false };
        content.last() == self.text.last() && content == self.text
    }
}

/// The place of the first element equal to `wanted`, from `at` on, passing over `skip` elements after each that
/// is compared. `bytes` is a whole listpack, and `at` the place of an element in it or of its end mark.
#[inline]
pub(super) fn find(bytes: &[u8], mut at: usize, wanted: &Wanted<'_>, skip: usize) -> Option<usize> {
    let first = wanted.head[0];
    loop {
        let byte = *bytes.get(at)?;
        if byte == first {
            if wanted.is_at(&bytes[at..]) {
                return Some(at);
            }
        } else if byte == super::END {
            return None;
        }
        at += size(byte, bytes, at);
        for _ in 0..skip {
            let byte = *bytes.get(at)?;
            if byte == super::END {
                return None;
            }
            at += size(byte, bytes, at);
        }
    }
}

/// Like `entry::size`, with the usual cases first: the next place hangs on as little as can be.
#[inline(always)]
fn size(byte: u8, bytes: &[u8], at: usize) -> usize {
    if byte & 0xc0 == 0x80 {
        return usize::from(byte & 0x3f) + 2;
    }
    match byte {
        0..=0x7f => 2,
        0xc0..=0xdf => 3,
        0xf1 => 4,
        0xf2 => 5,
        0xf3 => 6,
        0xf4 => 10,
        _ => entry::size(&bytes[at..]),
    }
}
