//! Passwords, of which only the SHA-256 is kept.

use sha2::Digest as _;

/// The SHA-256 of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    pub fn of(password: &[u8]) -> Hash {
        Hash(sha2::Sha256::digest(password).into())
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn parse(text: &[u8]) -> Option<Hash> {
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Hash(hash))
    }

    pub fn hex(&self) -> String {
        stdx::text::hex(&self.0)
    }

    /// Compares without telling by its time how much was right.
    pub fn is(&self, other: &Hash) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |sum, (a, b)| sum | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
