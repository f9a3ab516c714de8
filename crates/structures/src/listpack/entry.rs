//! One element of a listpack: how it is encoded, compared and stepped over.
//!
//! ```text
//! 0xxxxxxx                     integer 0 ..= 127
//! 10llllll                     string of up to 63 bytes
//! 110iiiii i8                  integer of 13 bits, signed
//! 1110llll l8                  string of up to 4095 bytes
//! 0xf0 | u32                   longer string
//! 0xf1 … 0xf4                  integer of 16, 24, 32, 64 bits
//! ```
//!
//! Behind the content stands the size of header and content, seven bits a byte, the most significant first;
//! all but the first have the top bit set, so that it can be read from its end.

/// An element as it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element<'a> {
    Bytes(&'a [u8]),
    Integer(i64),
}

/// An element on its way in, in the form it will be stored.
#[derive(Clone, Copy)]
pub(super) enum Encoded<'a> {
    Bytes(&'a [u8]),
    Integer(i64),
}

const STRING_32: u8 = 0xf0;
const INTEGER_16: u8 = 0xf1;
const INTEGER_24: u8 = 0xf2;
const INTEGER_32: u8 = 0xf3;
const INTEGER_64: u8 = 0xf4;

impl<'a> Encoded<'a> {
    /// Text that is an integer in its one printed form is stored as one.
    #[inline]
    pub(super) fn of(text: &'a [u8]) -> Self {
        match text {
            [b'-' | b'0'..=b'9', ..] if text.len() <= 20 => match stdx::number::parse_i64(text) {
                Some(integer) => Encoded::Integer(integer),
                None => Encoded::Bytes(text),
            },
            _ => Encoded::Bytes(text),
        }
    }

    /// Whether the element at the beginning of `bytes` is this one.
    #[inline]
    pub(super) fn is_at(&self, bytes: &[u8]) -> bool {
        match self {
            Encoded::Bytes(text) => {
                let (header, len, is_string) = shape(bytes);
                is_string && len == text.len() && bytes.get(header..header + len) == Some(*text)
            }
            Encoded::Integer(integer) => decode(bytes) == Element::Integer(*integer),
        }
    }

    /// Bytes of header and content.
    fn content_size(&self) -> usize {
        match self {
            Encoded::Bytes(text) => match text.len() {
                len @ 0..=63 => 1 + len,
                len @ 64..=4095 => 2 + len,
                len => 5 + len,
            },
            Encoded::Integer(integer) => match integer {
                0..=127 => 1,
                -4096..=4095 => 2,
                -0x8000..=0x7fff => 3,
                -0x80_0000..=0x7f_ffff => 4,
                -0x8000_0000..=0x7fff_ffff => 5,
                _ => 9,
            },
        }
    }

    /// Bytes the element takes.
    pub(super) fn size(&self) -> usize {
        let content = self.content_size();
        content + trailer_size(content)
    }

    /// Writes the element; `place` has its size.
    pub(super) fn write(&self, place: &mut [u8]) {
        let content = self.content_size();
        let (front, trailer) = place.split_at_mut(content);
        let mut head = [0; 9];
        let head_len = self.write_head(&mut head);
        front[..head_len].copy_from_slice(&head[..head_len]);
        if let Encoded::Bytes(text) = self {
            front[head_len..].copy_from_slice(text);
        }
        write_trailer(trailer, content);
    }

    /// Writes what stands before the text of a string, or all but the trailer of an integer; its size.
    #[inline]
    pub(super) fn write_head(&self, head: &mut [u8; 9]) -> usize {
        let content = self.content_size();
        match self {
            Encoded::Bytes(text) => {
                let len = text.len() as u32;
                match text.len() {
                    0..=63 => head[0] = 0x80 | len as u8,
                    64..=4095 => head[..2].copy_from_slice(&[0xe0 | (len >> 8) as u8, len as u8]),
                    _ => {
                        head[0] = STRING_32;
                        head[1..5].copy_from_slice(&len.to_le_bytes());
                    }
                }
                content - text.len()
            }
            Encoded::Integer(integer) => {
                let bytes = integer.to_le_bytes();
                match content {
                    1 => head[0] = bytes[0],
                    2 => head[..2].copy_from_slice(&[0xc0 | bytes[1] & 0x1f, bytes[0]]),
                    size => {
                        head[0] = match size {
                            3 => INTEGER_16,
                            4 => INTEGER_24,
                            5 => INTEGER_32,
                            _ => INTEGER_64,
                        };
                        head[1..size].copy_from_slice(&bytes[..size - 1]);
                    }
                }
                content
            }
        }
    }
}

/// Bytes of the trailer that tells a content of this size.
#[inline]
fn trailer_size(content: usize) -> usize {
    match content {
        0..=127 => 1,
        128..=16_383 => 2,
        16_384..=2_097_151 => 3,
        2_097_152..=268_435_455 => 4,
        _ => 5,
    }
}

fn write_trailer(trailer: &mut [u8], content: usize) {
    let mut rest = content;
    for (index, byte) in trailer.iter_mut().enumerate().rev() {
        *byte = (rest & 0x7f) as u8 | if index == 0 { 0 } else { 0x80 };
        rest >>= 7;
    }
}

/// (bytes of the header, bytes of the content behind it, whether it is a string); the content of a small
/// integer is in its header.
#[inline]
fn shape(bytes: &[u8]) -> (usize, usize, bool) {
    let first = bytes[0];
    match first {
        0..=0x7f => (1, 0, false),
        0x80..=0xbf => (1, usize::from(first & 0x3f), true),
        0xc0..=0xdf => (2, 0, false),
        0xe0..=0xef => (2, usize::from(first & 0x0f) << 8 | usize::from(bytes[1]), true),
        STRING_32 => {
            let len = u32::from_le_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]);
            (5, len as usize, true)
        }
        INTEGER_16 => (1, 2, false),
        INTEGER_24 => (1, 3, false),
        INTEGER_32 => (1, 4, false),
        _ => (1, 8, false),
    }
}

/// Bytes of the element at the beginning of `bytes`.
#[inline]
pub(super) fn size(bytes: &[u8]) -> usize {
    let (header, content, _) = shape(bytes);
    header + content + trailer_size(header + content)
}

/// Bytes of the element that ends with `bytes`.
pub(super) fn size_before(bytes: &[u8]) -> usize {
    let (mut content, mut shift, mut trailer) = (0usize, 0, 0);
    for byte in bytes.iter().rev().take(5) {
        content |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        trailer += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    content + trailer
}

/// The element at the beginning of `bytes`.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Element<'_> {
    let (header, content, is_string) = shape(bytes);
    if is_string {
        return Element::Bytes(&bytes[header..header + content]);
    }
    match header + content {
        1 => Element::Integer(i64::from(bytes[0])),
        2 => {
            let raw = i64::from(bytes[0] & 0x1f) << 8 | i64::from(bytes[1]);
            Element::Integer(raw << 51 >> 51)
        }
        size => {
            let mut wide = [0u8; 8];
            wide[..size - 1].copy_from_slice(&bytes[1..size]);
            let unused_bits = (9 - size) * 8;
            Element::Integer(i64::from_le_bytes(wide) << unused_bits >> unused_bits)
        }
    }
}

/// Like `size`, of bytes from outside: `None` if there is no well-formed element.
pub(super) fn checked_size(bytes: &[u8]) -> Option<usize> {
    let header_max = match bytes.first()? {
        0xe0..=0xef => 2,
        &STRING_32 => 5,
        0xf5..=0xff => return None,
        _ => 1,
    };
    if bytes.len() < header_max {
        return None;
    }
    let (header, content, _) = shape(bytes);
    let content = header.checked_add(content)?;
    let size = content.checked_add(trailer_size(content))?;
    let mut expected = [0u8; 5];
    let trailer = expected.get_mut(..size - content)?;
    write_trailer(trailer, content);
    (bytes.get(content..size)? == trailer).then_some(size)
}
