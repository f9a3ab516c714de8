//! CRC-16/XMODEM, and the cluster slots that are made of it.

/// Slots of a cluster.
pub const SLOTS: u16 = 16384;

const TABLE: [u16; 256] = {
    let mut table = [0u16; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// The checksum of bytes.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| crc << 8 ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The slot of bytes as they are.
pub fn slot(bytes: &[u8]) -> u16 {
    crc16(bytes) % SLOTS
}

/// The slot of a key: of what stands between the first `{` and the next `}`, if that is not empty.
pub fn key_slot(key: &[u8]) -> u16 {
    let Some(open) = key.iter().position(|byte| *byte == b'{') else { return slot(key) };
    let tag = &key[open + 1..];
    match tag.iter().position(|byte| *byte == b'}') {
        Some(close) if close > 0 => slot(&tag[..close]),
        _ => slot(key),
    }
}

/// The slot of all keys that a glob pattern matches, if it can only be one.
///
/// A pattern may put anything in front of the first `{`, so it tells the slot only if what comes before it is plain.
pub fn pattern_slot(pattern: &[u8]) -> Option<u16> {
    let is_wild = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
    let open = pattern.iter().position(|byte| *byte == b'{');
    let close = open.and_then(|open| {
        let length = pattern[open + 1..].iter().position(|byte| *byte == b'}')?;
        (length > 0).then_some(open + 1 + length)
    });
    let decisive = &pattern[..close.unwrap_or(pattern.len())];
    (!decisive.iter().any(is_wild)).then(|| key_slot(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(key_slot(b"foo"), 12182);
        assert_eq!(key_slot(b"{foo}bar"), 12182);
        assert_eq!(key_slot(b"x{}y"), slot(b"x{}y"));
    }

    #[test]
    fn patterns_with_one_slot() {
        assert_eq!(pattern_slot(b"x{foo}*"), Some(12182));
        assert_eq!(pattern_slot(b"foo"), Some(12182));
        for pattern in [&b"*{foo}"[..], b"{f*}x", b"{}*", b"{foo*", b"f?o"] {
            assert_eq!(pattern_slot(pattern), None);
        }
    }
}
