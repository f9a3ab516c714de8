//! Writing lengths, numbers and strings.

use stdx::lzf::Compressor;

/// Strings from this length on are worth compressing.
const COMPRESSED_BYTES_MIN: usize = 21;
/// What compressing must save at least.
const SAVED_BYTES_MIN: usize = 4;
/// Longest text that is looked at as an integer.
const INTEGER_TEXT_MAX: usize = 11;

/// Bytes being written.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
    compress: bool,
    /// Made for the first string that is worth it: its table is big.
    compressor: Option<Compressor>,
}

impl Writer {
    /// A writer that compresses strings, or not.
    pub fn new(compress: bool) -> Writer {
        Writer { bytes: Vec::new(), compress, compressor: None }
    }

    pub fn compresses(&self) -> bool {
        self.compress
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes; the writer is empty then and may go on.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub fn length(&mut self, length: u64) {
        if length < 1 << 6 {
            self.byte(length as u8);
        } else if length < 1 << 14 {
            self.raw(&(length as u16 | 0x4000).to_be_bytes());
        } else if let Ok(length) = u32::try_from(length) {
            self.byte(0x80);
            self.raw(&length.to_be_bytes());
        } else {
            self.byte(0x81);
            self.raw(&length.to_be_bytes());
        }
    }

    /// A string in the form that takes least.
    pub fn string(&mut self, bytes: &[u8]) {
        if bytes.len() <= INTEGER_TEXT_MAX
            && let Some(integer) = stdx::number::parse_i64(bytes)
            && self.short_integer(integer)
        {
            return;
        }
        if bytes.len() >= COMPRESSED_BYTES_MIN && self.compress {
            let compressor = self.compressor.get_or_insert_with(Compressor::default);
            if let Some(data) = compressor.compress(bytes, bytes.len() - SAVED_BYTES_MIN) {
                self.compressed(&data, bytes.len());
                return;
            }
        }
        self.length(bytes.len() as u64);
        self.raw(bytes);
    }

    /// A string that is compressed already.
    pub fn compressed(&mut self, data: &[u8], plain_len: usize) {
        self.byte(0xc3);
        self.length(data.len() as u64);
        self.length(plain_len as u64);
        self.raw(data);
    }

    /// An integer as the string of its digits.
    pub fn integer(&mut self, integer: i64) {
        if !self.short_integer(integer) {
            let mut buffer = itoa::Buffer::new();
            let text = buffer.format(integer).as_bytes();
            self.length(text.len() as u64);
            self.raw(text);
        }
    }

    /// Writes an integer of up to 32 bits; false for a greater one.
    fn short_integer(&mut self, integer: i64) -> bool {
        if let Ok(integer) = i8::try_from(integer) {
            self.byte(0xc0);
            self.raw(&integer.to_le_bytes());
        } else if let Ok(integer) = i16::try_from(integer) {
            self.byte(0xc1);
            self.raw(&integer.to_le_bytes());
        } else if let Ok(integer) = i32::try_from(integer) {
            self.byte(0xc2);
            self.raw(&integer.to_le_bytes());
        } else {
            return false;
        }
        true
    }
}
