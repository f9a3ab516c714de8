//! From an element to a register and its value: MurmurHash64A with Redis's seed, words read little end first.

use super::{INDEX_BITS, REGISTERS, VALUE_BITS};

const SEED: u64 = 0xadc8_3b19;
const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
const SHIFT: u32 = 47;

/// What an element raises: a register, and to which value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    pub(super) index: usize,
    pub(super) value: u8,
}

impl Mark {
    pub fn of(element: &[u8]) -> Mark {
        let hash = murmur64a(element);
        // The bit behind the last one ends every run of zeros.
        let rest = hash >> INDEX_BITS | 1 << VALUE_BITS;
        Mark { index: hash as usize % REGISTERS, value: rest.trailing_zeros() as u8 + 1 }
    }
}

fn murmur64a(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| {
        let word = word.wrapping_mul(MULTIPLIER);
        let word = (word ^ word >> SHIFT).wrapping_mul(MULTIPLIER);
        (hash ^ word).wrapping_mul(MULTIPLIER)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let start = SEED ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let mut hash = words.iter().fold(start, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    hash = (hash ^ hash >> SHIFT).wrapping_mul(MULTIPLIER);
    hash ^ hash >> SHIFT
}
