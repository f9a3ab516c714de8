//! Entry IDs: a time in milliseconds and a number that tells entries of one millisecond apart.

use std::fmt;

/// Longest text that is looked at.
const TEXT_MAX: usize = 127;

/// See the module text. They order as their entries do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct StreamId {
    pub ms: u64,
    pub seq: u64,
}

impl StreamId {
    /// Lower than that of any entry.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    pub const MAX: StreamId = StreamId { ms: u64::MAX, seq: u64::MAX };

    pub const fn new(ms: u64, seq: u64) -> Self {
        Self { ms, seq }
    }

    pub fn is_zero(self) -> bool {
        self == Self::MIN
    }

    /// The next one; `None` after the last.
    pub fn next(self) -> Option<Self> {
        match (self.seq.checked_add(1), self.ms.checked_add(1)) {
            (Some(seq), _) => Some(Self { ms: self.ms, seq }),
            (None, Some(ms)) => Some(Self { ms, seq: 0 }),
            (None, None) => None,
        }
    }

    /// The one before; `None` before the first.
    pub fn prev(self) -> Option<Self> {
        match (self.seq.checked_sub(1), self.ms.checked_sub(1)) {
            (Some(seq), _) => Some(Self { ms: self.ms, seq }),
            (None, Some(ms)) => Some(Self { ms, seq: u64::MAX }),
            (None, None) => None,
        }
    }

    /// Sixteen bytes that order as the IDs do; as RDB has them.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.ms.to_be_bytes());
        bytes[8..].copy_from_slice(&self.seq.to_be_bytes());
        bytes
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let wide = u128::from_be_bytes(bytes);
        Self { ms: (wide >> 64) as u64, seq: wide as u64 }
    }

    /// Reads `ms-seq`, or `ms` with the given number behind it.
    pub fn parse(text: &[u8], missing_seq: u64) -> Option<Self> {
        match PartialId::parse(text)? {
            PartialId::Whole(id) => Some(id),
            PartialId::Ms(ms) => Some(Self { ms, seq: missing_seq }),
            PartialId::AutoSeq(_) => None,
        }
    }

    /// Writes the text into room for it.
    pub fn text(self, room: &mut IdText) -> &[u8] {
        let mut digits = itoa::Buffer::new();
        let ms = digits.format(self.ms).as_bytes();
        let mut len = ms.len();
        room.0[..len].copy_from_slice(ms);
        room.0[len] = b'-';
        len += 1;
        let seq = digits.format(self.seq).as_bytes();
        room.0[len..len + seq.len()].copy_from_slice(seq);
        &room.0[..len + seq.len()]
    }
}

/// Room for the text of an ID.
pub struct IdText([u8; 41]);

impl Default for IdText {
    fn default() -> Self {
        Self([0; 41])
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

/// An ID as commands write it, of which something may be left to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartialId {
    /// `ms-seq`
    Whole(StreamId),
    /// `ms`
    Ms(u64),
    /// `ms-*`
    AutoSeq(u64),
}

impl PartialId {
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_MAX {
            return None;
        }
        // Redis reads C strings, and so not beyond a zero byte.
        let text = text.split(|byte| *byte == 0).next().unwrap_or(text);
        let Some(dash) = text.iter().position(|byte| *byte == b'-') else {
            return number(text).map(Self::Ms);
        };
        let ms = number(&text[..dash])?;
        match &text[dash + 1..] {
            b"*" => Some(Self::AutoSeq(ms)),
            seq => number(seq).map(|seq| Self::Whole(StreamId { ms, seq })),
        }
    }
}

/// A number as Redis takes it in IDs: a plain integer that is not negative, or else what C's `strtoull` makes of the text,
/// with spaces, sign and leading zeros.
fn number(text: &[u8]) -> Option<u64> {
    if let Some(integer) = stdx::number::parse_i64(text) {
        return u64::try_from(integer).ok();
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let begin = text.iter().position(|byte| !is_space(byte))?;
    let (negative, digits) = match &text[begin..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })?;
    Some(if negative { value.wrapping_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_ids() {
        let whole = |ms, seq| Some(PartialId::Whole(StreamId { ms, seq }));
        assert_eq!(PartialId::parse(b"1-2"), whole(1, 2));
        assert_eq!(PartialId::parse(b"7"), Some(PartialId::Ms(7)));
        assert_eq!(PartialId::parse(b"7-*"), Some(PartialId::AutoSeq(7)));
        assert_eq!(PartialId::parse(b" 03-+3"), whole(3, 3));
        assert_eq!(PartialId::parse(b"4--0"), whole(4, 0));
        assert_eq!(PartialId::parse(b"5--18446744073709551610"), whole(5, 6));
        assert_eq!(PartialId::parse(b"10-1\0x"), whole(10, 1));
        assert_eq!(
            PartialId::parse(b"18446744073709551615-18446744073709551615"),
            whole(u64::MAX, u64::MAX)
        );
        for bad in
            ["", "-", "+", "-6", "6-", "--1", "4--1", "3-1 ", "6-**", "*-1", "18446744073709551616"]
        {
            assert_eq!(PartialId::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(PartialId::parse(&[b'1'; 128]), None);
    }

    #[test]
    fn neighbours() {
        assert_eq!(StreamId::MAX.next(), None);
        assert_eq!(StreamId::MIN.prev(), None);
        let last_of_one = StreamId::new(1, u64::MAX);
        assert_eq!(last_of_one.next(), Some(StreamId::new(2, 0)));
        assert_eq!(StreamId::new(2, 0).prev(), Some(last_of_one));
        assert_eq!(
            StreamId::MAX.text(&mut IdText::default()),
            StreamId::MAX.to_string().as_bytes()
        );
        assert_eq!(StreamId::from_bytes(last_of_one.to_bytes()), last_of_one);
    }
}
