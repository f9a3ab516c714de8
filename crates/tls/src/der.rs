//! As much DER as it takes to find a certificate's parts.

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
/// The version of a certificate, which those of version 1 lack.
pub const CONTEXT_0: u8 = 0xa0;

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
}

/// Takes the first element off `input`.
pub fn take<'a>(input: &mut &'a [u8]) -> Option<Element<'a>> {
    let bytes = *input;
    let (&tag, rest) = bytes.split_first()?;
    // Tags of several bytes stand nowhere in a certificate.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    *input = rest;
    Some(Element { tag, content, whole })
}

/// As [`take`], for an element with this tag.
pub fn expect<'a>(input: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    take(input).filter(|element| element.tag == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let mut input: &[u8] = &[0x02, 0x01, 0x05, 0x30, 0x81, 0x01, 0x07, 0xff];
        assert_eq!(take(&mut input).map(|element| element.content), Some([5].as_slice()));
        assert_eq!(expect(&mut input, SEQUENCE).map(|element| element.whole.len()), Some(4));
        assert_eq!(input, [0xff]);
        for broken in [&[0x30, 0x05, 1][..], &[0x30, 0x80], &[0x30, 0x85, 0, 0, 0, 0, 0], &[0x30]] {
            assert_eq!(take(&mut &*broken), None);
        }
    }
}
