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
}
