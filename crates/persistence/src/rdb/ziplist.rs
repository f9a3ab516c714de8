//! Ziplist: how small collections were stored before Redis 7.

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use structures::listpack::Element;

const DAMAGED: RdbError = RdbError::Corrupt("Ziplist integrity check failed.");
const HEADER_SIZE: usize = 10;
const END: u8 = 0xff;
/// A previous length of this value is followed by a longer one.
const LONG_PREVIOUS: u8 = 0xfe;
const COUNT_UNKNOWN: u16 = u16::MAX;

/// The elements of a ziplist, all of it checked.
pub(super) fn elements(bytes: &[u8]) -> RdbResult<Vec<Element<'_>>> {
    let mut header = Reader::new(bytes);
    let total = u32::from_le_bytes(header.array()?) as usize;
    let tail = u32::from_le_bytes(header.array()?) as usize;
    let count = u16::from_le_bytes(header.array()?);
    if total != bytes.len() || bytes.len() <= HEADER_SIZE || bytes.last() != Some(&END) {
        return Err(DAMAGED);
    }
    let mut reader = Reader::new(&bytes[HEADER_SIZE..bytes.len() - 1]);
    let mut elements = Vec::new();
    let (mut previous, mut last_at) = (0, HEADER_SIZE);
    while !reader.is_at_end() {
        let before = reader.remaining();
        let claimed = match reader.byte()? {
            END => return Err(DAMAGED),
            LONG_PREVIOUS => u32::from_le_bytes(reader.array()?) as usize,
            short => usize::from(short),
        };
        if claimed != previous {
            return Err(DAMAGED);
        }
        elements.push(element(&mut reader)?);
        last_at = bytes.len() - 1 - before;
        previous = before - reader.remaining();
    }
    if tail != last_at || count != COUNT_UNKNOWN && usize::from(count) != elements.len() {
        return Err(DAMAGED);
    }
    Ok(elements)
}

fn element<'a>(reader: &mut Reader<'a>) -> RdbResult<Element<'a>> {
    let encoding = reader.byte()?;
    let len = match encoding >> 6 {
        0 => usize::from(encoding),
        1 => usize::from(encoding & 0x3f) << 8 | usize::from(reader.byte()?),
        2 => u32::from_be_bytes(reader.array()?) as usize,
        _ => return integer(reader, encoding).map(Element::Integer),
    };
    reader.take(len).map(Element::Bytes)
}

fn integer(reader: &mut Reader<'_>, encoding: u8) -> RdbResult<i64> {
    Ok(match encoding {
        0xc0 => i64::from(i16::from_le_bytes(reader.array()?)),
        0xd0 => i64::from(i32::from_le_bytes(reader.array()?)),
        0xe0 => i64::from_le_bytes(reader.array()?),
        0xf0 => {
            let [low, middle, high] = reader.array()?;
            i64::from(i32::from_le_bytes([0, low, middle, high]) >> 8)
        }
        0xfe => i64::from(i8::from_le_bytes(reader.array()?)),
        0xf1..=0xfd => i64::from(encoding & 0xf) - 1,
        _ => return Err(DAMAGED),
    })
}

#[cfg(test)]
mod tests {
    use super::{Element, elements};

    #[test]
    fn entries_are_read() {
        let bytes = b"\x15\0\0\0\x11\0\0\0\x03\0\x00\x01a\x03\xfe\x80\x03\xf3\xff";
        let mut bytes = bytes.to_vec();
        bytes[0] = bytes.len() as u8;
        bytes[4] = 16;
        assert_eq!(
            elements(&bytes),
            Ok(vec![Element::Bytes(b"a"), Element::Integer(-128), Element::Integer(2)])
        );
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x41;
            // Must not panic, whatever it says.
            drop(elements(&damaged));
            assert!(elements(&bytes[..at]).is_err());
        }
    }
}
