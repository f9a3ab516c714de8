//! A set of slots, and its ranges.

pub use stdx::crc16::SLOTS;

const WORDS: usize = SLOTS as usize / 64;

/// A set of slots: one bit each.
#[derive(Clone, PartialEq, Eq)]
pub struct SlotSet {
    words: Box<[u64; WORDS]>,
    len: usize,
}

impl Default for SlotSet {
    fn default() -> SlotSet {
        SlotSet { words: Box::new([0; WORDS]), len: 0 }
    }
}

impl std::fmt::Debug for SlotSet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.ranges()).finish()
    }
}

fn place(slot: u16) -> (usize, u64) {
    let slot = usize::from(slot);
    (slot / 64, 1 << (slot % 64))
}

impl SlotSet {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn contains(&self, slot: u16) -> bool {
        let (word, bit) = place(slot);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Adds a slot; false if it was there, or is none.
    pub fn insert(&mut self, slot: u16) -> bool {
        let (word, bit) = place(slot);
        match self.words.get_mut(word) {
            Some(word) if *word & bit == 0 => *word |= bit,
            _ => return false,
        }
        self.len += 1;
        true
    }

    /// Takes a slot out; false if it was not there.
    pub fn remove(&mut self, slot: u16) -> bool {
        let (word, bit) = place(slot);
        match self.words.get_mut(word) {
            Some(word) if *word & bit != 0 => *word &= !bit,
            _ => return false,
        }
        self.len -= 1;
        true
    }

    /// The slots in their order.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        (0..SLOTS).filter(|slot| self.contains(*slot))
    }

    /// The slots as ranges of neighbours: first and last of each.
    pub fn ranges(&self) -> Vec<(u16, u16)> {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for slot in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == slot => *last = slot,
                _ => ranges.push((slot, slot)),
            }
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn is_a_set(changes in proptest::collection::vec((any::<bool>(), 0u16..200), 0..300)) {
            let mut set = SlotSet::default();
            let mut model = BTreeSet::new();
            for (add, slot) in changes {
                if add {
                    prop_assert_eq!(set.insert(slot), model.insert(slot));
                } else {
                    prop_assert_eq!(set.remove(slot), model.remove(&slot));
                }
            }
            prop_assert_eq!(set.len(), model.len());
            prop_assert!(set.iter().eq(model.iter().copied()));
            let from_ranges: BTreeSet<u16> =
                set.ranges().into_iter().flat_map(|(first, last)| first..=last).collect();
            prop_assert_eq!(from_ranges, model);
        }
    }

    #[test]
    fn ends() {
        let mut set = SlotSet::default();
        assert!(set.insert(16383) && !set.insert(16384) && !set.remove(16384));
        assert_eq!(set.ranges(), [(16383, 16383)]);
    }
}
