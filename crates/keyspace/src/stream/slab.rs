//! Items under numbers that stay theirs: in chunks, so that growing moves nothing and what is free goes back.

use crate::relocate::Judge;
use structures::class_size;
use structures::relocate::vec;

/// Items of a chunk: one bit each tells which places are taken.
const CHUNK_ITEMS: usize = u64::BITS as usize;

#[derive(Clone)]
struct Chunk<T> {
    items: Vec<Option<T>>,
    taken: u64,
    /// Whether the chunk is among those with room.
    listed: bool,
}

/// See the module text.
#[derive(Clone)]
pub(super) struct Slab<T> {
    chunks: Vec<Chunk<T>>,
    /// Chunks with room; some may have been filled since.
    with_room: Vec<u32>,
    len: usize,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), with_room: Vec::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds an item; its number.
    pub(super) fn insert(&mut self, item: T) -> u32 {
        let number = self.chunk_with_room();
        let chunk = &mut self.chunks[number as usize];
        let offset = chunk.taken.trailing_ones() as usize;
        chunk.taken |= 1 << offset;
        if let Some(place) = chunk.items.get_mut(offset) {
            *place = Some(item);
        } else {
            if chunk.items.len() == chunk.items.capacity() {
                chunk.items.reserve_exact(chunk.items.len().max(1));
            }
            chunk.items.push(Some(item));
        }
        self.len += 1;
        number * CHUNK_ITEMS as u32 + offset as u32
    }

    fn chunk_with_room(&mut self) -> u32 {
        while let Some(number) = self.with_room.last().copied() {
            let chunk = &mut self.chunks[number as usize];
            if chunk.taken != u64::MAX {
                return number;
            }
            chunk.listed = false;
            self.with_room.pop();
        }
        let number = self.chunks.len() as u32;
        self.chunks.push(Chunk { items: Vec::new(), taken: 0, listed: true });
        self.with_room.push(number);
        number
    }

    /// Takes an item out; its number may be given to another.
    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let (index, offset) = place_of(number);
        let chunk = self.chunks.get_mut(index)?;
        let item = chunk.items.get_mut(offset)?.take()?;
        chunk.taken &= !(1 << offset);
        if !chunk.listed {
            chunk.listed = true;
            self.with_room.push(index as u32);
        }
        if chunk.taken == 0 {
            chunk.items = Vec::new();
        }
        self.len -= 1;
        if self.len == 0 {
            *self = Self::new();
        }
        Some(item)
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let (index, offset) = place_of(number);
        self.chunks.get(index)?.items.get(offset)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let (index, offset) = place_of(number);
        self.chunks.get_mut(index)?.items.get_mut(offset)?.as_mut()
    }

    /// Number of chunks.
    /// Moves the chunks as `judge` says, and lets `visit` see each item.
    pub(super) fn relocate(
        &mut self,
        judge: &mut Judge<'_>,
        mut visit: impl FnMut(&mut T, &mut Judge<'_>),
    ) {
        vec(&mut self.chunks, judge);
        vec(&mut self.with_room, judge);
        for chunk in &mut self.chunks {
            vec(&mut chunk.items, judge);
            chunk.items.iter_mut().flatten().for_each(|item| visit(item, judge));
        }
    }

    pub(super) fn allocations(&self) -> usize {
        self.chunks.len()
    }

    /// Bytes taken beside what the items hold.
    pub(super) fn memory_bytes(&self) -> usize {
        let chunk = |chunk: &Chunk<T>| class_size(chunk.items.capacity() * size_of::<Option<T>>());
        class_size(self.chunks.capacity() * size_of::<Chunk<T>>())
            + class_size(self.with_room.capacity() * size_of::<u32>())
            + self.chunks.iter().map(chunk).sum::<usize>()
    }
}

fn place_of(number: u32) -> (usize, usize) {
    (number as usize / CHUNK_ITEMS, number as usize % CHUNK_ITEMS)
}
