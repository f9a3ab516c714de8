//! Items in an order that the caller knows, in chunks of some dozens: no more bytes than the items have.

use std::collections::VecDeque;

use crate::relocate::Judge;
use structures::class_size;
use structures::relocate::{deque, vec};

/// Bytes of a chunk at the most.
const CHUNK_BYTES_MAX: usize = 1536;

/// See the module text.
#[derive(Clone)]
pub(crate) struct OrderedChunks<T> {
    /// None is empty.
    chunks: VecDeque<Vec<T>>,
    len: usize,
}

impl<T> Default for OrderedChunks<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Numbers of what is kept elsewhere.
pub(crate) type OrderedIndex = OrderedChunks<u32>;

/// Where an item is, or would be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    chunk: usize,
    offset: usize,
}

impl Place {
    /// That of the first item, or the end if there is none.
    pub(crate) const FIRST: Place = Place { chunk: 0, offset: 0 };
}

impl<T> OrderedChunks<T> {
    /// Items of a chunk at the most: a power of two, since that is how vectors grow.
    const CHUNK_MAX: usize = 1 << (CHUNK_BYTES_MAX / size_of::<T>()).ilog2();
    /// Chunks of so few items join a neighbour if that leaves room.
    const CHUNK_SPARSE: usize = Self::CHUNK_MAX / 4;

    pub(crate) const fn new() -> Self {
        Self { chunks: VecDeque::new(), len: 0 }
    }

    pub(crate) fn relocate(&mut self, judge: &mut Judge<'_>) {
        deque(&mut self.chunks, judge);
        for chunk in &mut self.chunks {
            vec(chunk, judge);
        }
    }

    /// Moves the chunk that begins at `place`, and with the first one the list of chunks.
    pub(crate) fn relocate_chunk(&mut self, place: Place, judge: &mut Judge<'_>) {
        if place == Place::FIRST {
            deque(&mut self.chunks, judge);
        }
        if place.offset == 0
            && let Some(chunk) = self.chunks.get_mut(place.chunk)
        {
            vec(chunk, judge);
        }
    }

    /// Moves `count` chunks from number `chunk` on, and with the first one the list of chunks; the number of the next.
    pub(crate) fn relocate_some(
        &mut self,
        chunk: usize,
        count: usize,
        judge: &mut Judge<'_>,
    ) -> Option<usize> {
        if chunk == 0 {
            deque(&mut self.chunks, judge);
        }
        for items in self.chunks.iter_mut().skip(chunk).take(count) {
            vec(items, judge);
        }
        let next = chunk.saturating_add(count);
        (next < self.chunks.len()).then_some(next)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The place of the first item for which `is_before` does not hold; it must hold for none behind that.
    pub(crate) fn find(&self, is_before: impl Fn(&T) -> bool) -> Place {
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&is_before));
        let offset = self.chunks.get(chunk).map_or(0, |chunk| chunk.partition_point(is_before));
        Place { chunk, offset }
    }

    /// The place behind all.
    pub(crate) fn end(&self) -> Place {
        Place { chunk: self.chunks.len(), offset: 0 }
    }

    pub(crate) fn at(&self, place: Place) -> Option<&T> {
        self.chunks.get(place.chunk)?.get(place.offset)
    }

    pub(crate) fn at_mut(&mut self, place: Place) -> Option<&mut T> {
        self.chunks.get_mut(place.chunk)?.get_mut(place.offset)
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.chunks.front()?.first()
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.chunks.back()?.last()
    }

    /// Adds an item before what is at `place`.
    pub(crate) fn insert(&mut self, place: Place, item: T) {
        self.len += 1;
        let Place { mut chunk, mut offset } = place;
        if chunk == self.chunks.len() {
            // Behind all others, where most come: full chunks stay full.
            match self.chunks.back_mut() {
                Some(last) if last.len() < Self::CHUNK_MAX => last.push(item),
                _ => {
                    if self.chunks.is_empty() {
                        self.chunks.reserve_exact(1);
                    }
                    self.chunks.push_back(vec![item]);
                }
            }
            return;
        }
        if self.chunks[chunk].len() == Self::CHUNK_MAX {
            let half = self.chunks[chunk].split_off(Self::CHUNK_MAX / 2);
            self.chunks.insert(chunk + 1, half);
            if offset > Self::CHUNK_MAX / 2 {
                (chunk, offset) = (chunk + 1, offset - Self::CHUNK_MAX / 2);
            }
        }
        self.chunks[chunk].insert(offset, item);
    }

    /// Removes the item at `place`.
    pub(crate) fn remove(&mut self, place: Place) -> Option<T> {
        self.at(place)?;
        let chunk = &mut self.chunks[place.chunk];
        let item = chunk.remove(place.offset);
        self.len -= 1;
        if chunk.len() <= Self::CHUNK_SPARSE {
            self.thin_out(place.chunk);
        }
        Some(item)
    }

    pub(crate) fn remove_last(&mut self) -> Option<T> {
        let chunk = self.chunks.len().checked_sub(1)?;
        self.remove(Place { chunk, offset: self.chunks[chunk].len() - 1 })
    }

    /// The place after that of an item.
    pub(crate) fn after(&self, place: Place) -> Place {
        let Place { chunk, offset } = place;
        let is_inside = self.chunks.get(chunk).is_some_and(|items| offset + 1 < items.len());
        if is_inside {
            Place { chunk, offset: offset + 1 }
        } else {
            Place { chunk: chunk + 1, offset: 0 }
        }
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
        if self.chunks[first].len() + second.len() <= Self::CHUNK_MAX / 2
            && let Some(second) = self.chunks.remove(first + 1)
        {
            self.chunks[first].extend(second);
        }
    }

    /// The items from `place` on.
    pub(crate) fn iter_from(&self, place: Place) -> impl Iterator<Item = &T> {
        let mut chunks = self.chunks.range(place.chunk..);
        let first = chunks.next().map_or(&[][..], |chunk| &chunk[place.offset..]);
        first.iter().chain(chunks.flatten())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// The items from `front` to before `back`.
    pub(crate) fn span(&self, front: Place, back: Place) -> Span<'_, T> {
        Span { items: self, front, back }
    }

    /// Number of chunks.
    pub(crate) fn allocations(&self) -> usize {
        self.chunks.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let chunk = |chunk: &Vec<T>| class_size(chunk.capacity() * size_of::<T>());
        class_size(self.chunks.capacity() * size_of::<Vec<T>>())
            + self.chunks.iter().map(chunk).sum::<usize>()
    }
}

/// Items of a span, from both ends. Its places are those of items, or the end.
pub(crate) struct Span<'a, T> {
    items: &'a OrderedChunks<T>,
    front: Place,
    back: Place,
}

impl<'a, T> Iterator for Span<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        if self.front >= self.back {
            return None;
        }
        let item = self.items.at(self.front);
        self.front = self.items.after(self.front);
        item
    }
}

impl<'a, T> DoubleEndedIterator for Span<'a, T> {
    fn next_back(&mut self) -> Option<&'a T> {
        if self.front >= self.back {
            return None;
        }
        let Place { mut chunk, mut offset } = self.back;
        if offset == 0 {
            chunk = chunk.checked_sub(1)?;
            offset = self.items.chunks.get(chunk)?.len();
        }
        self.back = Place { chunk, offset: offset - 1 };
        self.items.at(self.back)
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
                    let place = index.find(|other| *other < number);
                    let found = model.binary_search(&number);
                    prop_assert_eq!(index.at(place) == Some(&number), found.is_ok());
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
                prop_assert_eq!(index.first(), model.first());
                prop_assert_eq!(index.last(), model.last());
                prop_assert!(index.iter().eq(model.iter()));
                let from = index.find(|other| *other < start + 7);
                let later = model.iter().filter(|number| **number >= start + 7);
                prop_assert!(index.iter_from(from).eq(later));
                let to = index.find(|other| *other < start + 300);
                let within = || model.iter().filter(|it| (start + 7..start + 300).contains(*it));
                prop_assert!(index.span(from, to).eq(within()));
                prop_assert!(index.span(from, to).rev().eq(within().rev()));
                prop_assert!(index.span(to, from).next().is_none());
            }
            let full = model.len() / OrderedIndex::CHUNK_SPARSE + 2;
            prop_assert!(index.allocations() <= full, "{} chunks", index.allocations());
        }
    }
}
