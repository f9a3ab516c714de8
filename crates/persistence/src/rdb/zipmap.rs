//! Zipmap: how small hashes were stored before Redis 2.6.

use super::error::{RdbError, RdbResult};
use super::reader::Reader;

const DAMAGED: RdbError = RdbError::Corrupt("Zipmap integrity check failed.");
const END: u8 = 0xff;
const LONG: u8 = 0xfe;

/// The fields and values in turn, all of it checked.
pub(super) fn elements(bytes: &[u8]) -> RdbResult<Vec<&[u8]>> {
    let mut reader = Reader::new(bytes);
    let count = reader.byte()?;
    let mut elements = Vec::new();
    while let Some(len) = length(&mut reader)? {
        elements.push(reader.take(len)?);
        let len = length(&mut reader)?.ok_or(DAMAGED)?;
        let free = usize::from(reader.byte()?);
        elements.push(reader.take(len)?);
        reader.take(free)?;
    }
    if elements.is_empty()
        || !reader.is_at_end()
        || count < LONG && usize::from(count) * 2 != elements.len()
    {
        return Err(DAMAGED);
    }
    Ok(elements)
}

/// A length; `None` at the end.
fn length(reader: &mut Reader<'_>) -> RdbResult<Option<usize>> {
    Ok(match reader.byte()? {
        END => None,
        LONG => {
            let len = u32::from_le_bytes(reader.array()?) as usize;
            // Each length has one form.
            if len < usize::from(LONG) {
                return Err(DAMAGED);
            }
            Some(len)
        }
        short => Some(usize::from(short)),
    })
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn pairs_are_read() {
        let bytes = b"\x02\x03foo\x03\x00bar\x05hello\x05\x02worldxx\xff";
        let expected: Vec<&[u8]> = vec![b"foo", b"bar", b"hello", b"world"];
        assert_eq!(elements(bytes), Ok(expected));
        assert!((0..bytes.len()).all(|end| elements(&bytes[..end]).is_err()));
        assert!(elements(b"\x01\xff").is_err() && elements(b"\x00\xffx").is_err());
    }
}
