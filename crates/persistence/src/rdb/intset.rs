//! Intset: how sets of integers are written.

use super::error::{RdbError, RdbResult};
use super::reader::Reader;

const DAMAGED: RdbError = RdbError::Corrupt("Intset integrity check failed.");

/// The integers of an intset, all of it checked.
pub(super) fn integers(bytes: &[u8]) -> RdbResult<Vec<i64>> {
    let mut reader = Reader::new(bytes);
    let width = u32::from_le_bytes(reader.array()?);
    let count = u32::from_le_bytes(reader.array()?) as usize;
    if !matches!(width, 2 | 4 | 8) || count.checked_mul(width as usize) != Some(reader.remaining())
    {
        return Err(DAMAGED);
    }
    let mut integers = Vec::with_capacity(count);
    for _ in 0..count {
        let integer = match width {
            2 => i64::from(i16::from_le_bytes(reader.array()?)),
            4 => i64::from(i32::from_le_bytes(reader.array()?)),
            _ => reader.i64_le()?,
        };
        if integers.last().is_some_and(|last| *last >= integer) {
            return Err(DAMAGED);
        }
        integers.push(integer);
    }
    Ok(integers)
}

#[cfg(test)]
mod tests {
    use super::integers;

    #[test]
    fn integers_ascend() {
        assert_eq!(integers(b"\x02\0\0\0\x02\0\0\0\x01\0\x02\0"), Ok(vec![1, 2]));
        assert!(integers(b"\x02\0\0\0\x02\0\0\0\x02\0\x02\0").is_err());
        assert!(integers(b"\x03\0\0\0\x00\0\0\0").is_err());
        assert!(integers(b"\x02\0\0\0\xff\xff\xff\xff\x01\0").is_err());
    }
}
