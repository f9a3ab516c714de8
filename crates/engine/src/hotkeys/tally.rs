//! Sums by key in bounded memory: exact while there are few keys, and never wrong about the heavy ones.

use indexmap::IndexMap;

/// Keys that are counted at once.
const KEYS_MAX: usize = 4096;
/// Bytes of all their names.
const BYTES_MAX: usize = 16 << 20;

/// When the table is full, the median of all sums is taken off each and what is used up goes: of keys that together
/// have the sum S none is short by more than S / (KEYS_MAX / 2).
#[derive(Debug, Default)]
pub struct Tally {
    sums: IndexMap<Box<[u8]>, u64>,
    bytes: usize,
    total: u64,
}

impl Tally {
    pub fn add(&mut self, key: &[u8], amount: u64) {
        if amount == 0 {
            return;
        }
        self.total = self.total.saturating_add(amount);
        if let Some(sum) = self.sums.get_mut(key) {
            *sum = sum.saturating_add(amount);
            return;
        }
        if self.sums.len() == KEYS_MAX || self.bytes + key.len() > BYTES_MAX {
            self.thin_out();
        }
        self.bytes += key.len();
        self.sums.insert(key.into(), amount);
    }

    fn thin_out(&mut self) {
        let mut sums: Vec<u64> = self.sums.values().copied().collect();
        if sums.is_empty() {
            return;
        }
        let middle = sums.len() / 2;
        let (_, median, _) = sums.select_nth_unstable(middle);
        let median = *median;
        self.sums.retain(|_, sum| {
            *sum = sum.saturating_sub(median);
            *sum > 0
        });
        self.bytes = self.sums.keys().map(|key| key.len()).sum();
    }

    /// All that was ever added.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The heaviest, the heaviest first; equal ones in no order, so that no part of the names is preferred.
    pub fn top(&self, count: usize) -> Vec<(&[u8], u64)> {
        let mut all: Vec<(&[u8], u64)> =
            self.sums.iter().map(|(key, sum)| (&**key, *sum)).collect();
        all.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
        all.truncate(count);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, KEYS_MAX, Tally};

    #[test]
    fn few_keys_are_exact() {
        let mut tally = Tally::default();
        for round in 0..100u64 {
            for key in 0..50u64 {
                tally.add(format!("k{key}").as_bytes(), key * round);
            }
        }
        assert_eq!(tally.top(2), [(&b"k49"[..], 49 * 4950), (&b"k48"[..], 48 * 4950)]);
        assert_eq!(tally.total(), 49 * 50 / 2 * 4950);
    }

    #[test]
    fn heavy_keys_stand_out_of_many() {
        let mut tally = Tally::default();
        for round in 0..100_000u64 {
            tally.add(round.to_string().as_bytes(), 1 + round % 3);
            tally.add(b"heavy", 20);
        }
        let (key, sum) = tally.top(1)[0];
        assert_eq!(key, b"heavy");
        let missing = 100_000 * 20 - sum;
        assert!(missing <= tally.total() / (KEYS_MAX as u64 / 2), "{missing} missing");
        assert!(tally.sums.len() <= KEYS_MAX);
    }

    #[test]
    fn long_names_are_bounded() {
        let mut tally = Tally::default();
        for key in 0..64u8 {
            tally.add(&vec![key; 1 << 20], 1 + u64::from(key));
            assert!(tally.bytes <= BYTES_MAX + (1 << 20));
        }
    }
}
