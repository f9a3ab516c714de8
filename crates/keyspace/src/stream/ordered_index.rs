//! Numbers of items in an order that the caller knows: chunks of a few hundred, four bytes a number.

use std::collections::VecDeque;

use crate::relocate::Judge;
use structures::class_size;
use structures::relocate::{deque, vec};

/// Numbers of a chunk at the most.
const CHUNK_MAX: usize = 256;

/// Chunks of so few numbers join a neighbour if that leaves room.
const CHUNK_SPARSE: usize = CHUNK_MAX / 4;

/// See the module text.
#[derive(Clone)]
pub(super) struct OrderedIndex {
    /// None is empty.
    chunks: VecDeque<Vec<u32>>,
    len: usize,
}

/// Where a number is, or would be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    chunk: usize,
    offset: usize,
}

impl OrderedIndex {
    pub(super) const fn new() -> Self {
        Self { chunks: VecDeque::new(), len: 0 }
    }

    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        deque(&mut self.chunks, judge);
        for chunk in &mut self.chunks {
            vec(chunk, judge);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The place of the first number for which `is_before` does not hold; it must hold for none behind that.
    pub(super) fn find(&self, is_before: impl Fn(u32) -> bool) -> Place {
        let chunk = self
            .chunks
            .partition_point(|chunk| chunk.last().is_some_and(|number| is_before(*number)));
        let offset =
            self.chunks.get(chunk).map_or(0, |chunk| chunk.partition_point(|it| is_before(*it)));
        Place { chunk, offset }
    }

    /// The place behind all.
    pub(super) fn end(&self) -> Place {
        Place { chunk: self.chunks.len(), offset: 0 }
    }

    pub(super) fn at(&self, place: Place) -> Option<u32> {
        self.chunks.get(place.chunk)?.get(place.offset).copied()
    }

    pub(super) fn first(&self) -> Option<u32> {
        self.chunks.front()?.first().copied()
    }

    pub(super) fn last(&self) -> Option<u32> {
        self.chunks.back()?.last().copied()
    }

    /// Adds a number before what is at `place`.
    pub(super) fn insert(&mut self, place: Place, number: u32) {
        self.len += 1;
        let Place { mut chunk, mut offset } = place;
        if chunk == self.chunks.len() {
            // Behind all others, where most come: full chunks stay full.
            match self.chunks.back_mut() {
                Some(last) if last.len() < CHUNK_MAX => last.push(number),
                _ => {
                    if self.chunks.is_empty() {
                        self.chunks.reserve_exact(1);
                    }
                    self.chunks.push_back(vec![number]);
                }
            }
            return;
        }
        if self.chunks[chunk].len() == CHUNK_MAX {
            let half = self.chunks[chunk].split_off(CHUNK_MAX / 2);
            self.chunks.insert(chunk + 1, half);
            if offset > CHUNK_MAX / 2 {
                (chunk, offset) = (chunk + 1, offset - CHUNK_MAX / 2);
            }
        }
        self.chunks[chunk].insert(offset, number);
    }

    /// Removes the number at `place`.
    pub(super) fn remove(&mut self, place: Place) -> Option<u32> {
        self.at(place)?;
        let chunk = &mut self.chunks[place.chunk];
        let number = chunk.remove(place.offset);
        self.len -= 1;
        if chunk.len() <= CHUNK_SPARSE {
            self.thin_out(place.chunk);
        }
        Some(number)
    }

    /// Drops a chunk that is empty, joins one that is sparse to a neighbour.
    fn thin_out(&mut self, chunk: usize) {
        if self.chunks[chunk].is_empty() {
            self.chunks.remove(chunk);
            if self.chunks.is_empty() {
                self.chunks = VecDeque::new();
            }
            return;
        }
        let first = if chunk > 0 { chunk - 1 } else { chunk };
        let Some(second) = self.chunks.get(first + 1) else { return };
        if self.chunks[first].len() + second.len() <= CHUNK_MAX / 2
            && let Some(second) = self.chunks.remove(first + 1)
        {
            self.chunks[first].extend(second);
        }
    }

    /// The numbers from `place` on.
    pub(super) fn iter_from(&self, place: Place) -> impl Iterator<Item = u32> + '_ {
        let mut chunks = self.chunks.range(place.chunk..);
        let first = chunks.next().map_or(&[][..], |chunk| &chunk[place.offset..]);
        first.iter().chain(chunks.flatten()).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.chunks.iter().flatten().copied()
    }

    /// Number of chunks.
    pub(super) fn allocations(&self) -> usize {
        self.chunks.len()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let chunk = |chunk: &Vec<u32>| class_size(chunk.capacity() * size_of::<u32>());
        class_size(self.chunks.capacity() * size_of::<Vec<u32>>())
            + self.chunks.iter().map(chunk).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::OrderedIndex;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn like_a_sorted_vector(
            runs in prop::collection::vec((0u32..2000, 1u32..600, any::<bool>()), 1..20),
        ) {
            let mut index = OrderedIndex::new();
            let mut model: Vec<u32> = Vec::new();
            for (start, count, adds) in runs {
                for number in start..start + count {
                    let place = index.find(|other| other < number);
                    let found = model.binary_search(&number);
                    prop_assert_eq!(index.at(place) == Some(number), found.is_ok());
                    match found {
                        Err(at) if adds => {
                            index.insert(place, number);
                            model.insert(at, number);
                        }
                        Ok(at) if !adds => {
                            prop_assert_eq!(index.remove(place), Some(number));
                            model.remove(at);
                        }
                        _ => {}
                    }
                }
                prop_assert_eq!(index.len(), model.len());
                prop_assert_eq!(index.first(), model.first().copied());
                prop_assert_eq!(index.last(), model.last().copied());
                prop_assert!(index.iter().eq(model.iter().copied()));
                let from = index.find(|other| other < start + 7);
                let later = model.iter().copied().filter(|number| *number >= start + 7);
                prop_assert!(index.iter_from(from).eq(later));
            }
            let full = model.len() / (super::CHUNK_MAX / 4) + 2;
            prop_assert!(index.allocations() <= full, "{} chunks", index.allocations());
        }
    }
}
