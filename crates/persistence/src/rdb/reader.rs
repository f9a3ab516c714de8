//! Reading lengths, numbers and strings.

use std::borrow::Cow;

use super::error::{RdbError, RdbResult};
use stdx::lzf;

/// Special forms of strings.
const INTEGER_8: u8 = 0;
const INTEGER_16: u8 = 1;
const INTEGER_32: u8 = 2;
const COMPRESSED: u8 = 3;

/// Bytes, and how far they have been read.
#[derive(Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

/// A length, or the special form of a string in its place.
enum Length {
    Plain(u64),
    Special(u8),
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes }
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn take(&mut self, len: usize) -> RdbResult<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(len).ok_or(RdbError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> RdbResult<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or(RdbError::Truncated)?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub fn byte(&mut self) -> RdbResult<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn i64_le(&mut self) -> RdbResult<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub fn f64_le(&mut self) -> RdbResult<f64> {
        self.array().map(f64::from_le_bytes)
    }

    fn any_length(&mut self) -> RdbResult<Length> {
        let first = self.byte()?;
        Ok(match first >> 6 {
            0 => Length::Plain(u64::from(first)),
            1 => Length::Plain(u64::from(first & 0x3f) << 8 | u64::from(self.byte()?)),
            2 if first == 0x80 => Length::Plain(u64::from(u32::from_be_bytes(self.array()?))),
            2 if first == 0x81 => Length::Plain(u64::from_be_bytes(self.array()?)),
            2 => return Err(RdbError::Corrupt("Unknown length encoding.")),
            _ => Length::Special(first & 0x3f),
        })
    }

    /// A number in the form of a length.
    pub fn length(&mut self) -> RdbResult<u64> {
        match self.any_length()? {
            Length::Plain(length) => Ok(length),
            Length::Special(_) => Err(RdbError::Corrupt("Unknown length encoding.")),
        }
    }

    /// A number of bytes that must be there.
    fn byte_length(&mut self) -> RdbResult<usize> {
        usize::try_from(self.length()?).map_err(|_| RdbError::Truncated)
    }

    /// A string; only compressed ones and integers are copied.
    pub fn string(&mut self) -> RdbResult<Cow<'a, [u8]>> {
        let integer = match self.any_length()? {
            Length::Plain(len) => {
                let len = usize::try_from(len).map_err(|_| RdbError::Truncated)?;
                return self.take(len).map(Cow::Borrowed);
            }
            Length::Special(INTEGER_8) => i64::from(i8::from_le_bytes(self.array()?)),
            Length::Special(INTEGER_16) => i64::from(i16::from_le_bytes(self.array()?)),
            Length::Special(INTEGER_32) => i64::from(i32::from_le_bytes(self.array()?)),
            Length::Special(COMPRESSED) => return self.compressed().map(Cow::Owned),
            Length::Special(form) => return Err(RdbError::UnknownType(form)),
        };
        Ok(Cow::Owned(itoa::Buffer::new().format(integer).as_bytes().to_vec()))
    }

    fn compressed(&mut self) -> RdbResult<Vec<u8>> {
        let data_len = self.byte_length()?;
        let plain_len = self.byte_length()?;
        let data = self.take(data_len)?;
        lzf::decompress(data, plain_len).ok_or(RdbError::Corrupt("Invalid LZF compressed string"))
    }
}
