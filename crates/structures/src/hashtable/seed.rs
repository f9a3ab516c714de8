//! The secret that makes hashes unpredictable to clients.

use siphasher::sip::SipHasher13;

/// The key of SipHash-1-3. Random bytes come from the caller: this crate has no source of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashSeed {
    key: (u64, u64),
}

impl HashSeed {
    pub const fn new(bytes: [u8; 16]) -> Self {
        let number = u128::from_le_bytes(bytes);
        Self { key: (number as u64, (number >> 64) as u64) }
    }

    #[inline]
    pub fn hash(&self, bytes: &[u8]) -> u64 {
        SipHasher13::new_with_keys(self.key.0, self.key.1).hash(bytes)
    }
}

impl std::fmt::Debug for HashSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashSeed(..)")
    }
}
