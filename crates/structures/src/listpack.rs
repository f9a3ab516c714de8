//! Listpack: short strings and integers one behind the other in a single allocation, as Redis stores them.
//!
//! ```text
//! u32 total bytes | u16 elements (65535: more, count them) | element … | 0xff
//!     an element: header and content (`entry.rs`) | its length once more, to be read backwards
//! ```
//!
//! The bytes are those of Redis's file format (little-endian). The allocation is the size class of its
//! contents, so a listpack is one pointer, and elements are changed in place while the class stays the same.
//!
//! Invariant: the bytes are a well-formed listpack; `from_bytes` checks what comes from outside.

mod distinct;
mod entry;
mod find;
#[cfg(test)]
mod tests;

use crate::one_word::OneWord;
use crate::packed::{self, class_size};
use crate::relocate::{self, Judge};
use entry::Encoded;
use std::ptr::NonNull;

pub use entry::Element;

const HEADER_SIZE: usize = 6;
const END: u8 = 0xff;
/// Element counts from here on are not stored.
const COUNT_UNKNOWN: usize = 0xffff;

/// Bytes that a listpack may have. Callers choose another structure long before.
pub const LISTPACK_BYTES_MAX: usize = 1 << 30;

/// Where an element begins; valid until the listpack changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position(usize);

/// See the module text.
#[repr(transparent)]
pub struct Listpack {
    memory: NonNull<u8>,
}

// SAFETY: packed allocations are aligned to eight.
unsafe impl OneWord for Listpack {
    const TAG: usize = 0;
}

// SAFETY: it owns its bytes.
unsafe impl Send for Listpack {}
// SAFETY: shared, its bytes do not change.
unsafe impl Sync for Listpack {}

impl Default for Listpack {
    fn default() -> Self {
        Self::new()
    }
}

impl Listpack {
    /// Bytes of one without elements.
    pub const EMPTY_BYTES: usize = HEADER_SIZE + 1;

    pub fn new() -> Self {
        Self::from_valid(&[Self::EMPTY_BYTES as u8, 0, 0, 0, 0, 0, END])
    }

    /// A copy of bytes in Redis's format, if they are well-formed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let total = bytes.first_chunk::<4>().map(|total| u32::from_le_bytes(*total) as usize)?;
        let count = bytes.get(4..HEADER_SIZE)?.try_into().ok().map(u16::from_le_bytes)?;
        if total != bytes.len() || total > LISTPACK_BYTES_MAX || bytes.last() != Some(&END) {
            return None;
        }
        let (mut at, mut counted) = (HEADER_SIZE, 0usize);
        while at < total - 1 {
            at += entry::checked_size(bytes.get(at..total - 1)?)?;
            counted += 1;
        }
        let counted_right = usize::from(count) == COUNT_UNKNOWN || usize::from(count) == counted;
        counted_right.then(|| Self::from_valid(bytes))
    }

    /// One with these elements, texts of integers stored as such, in one allocation.
    pub fn of(elements: &[Element<'_>]) -> Self {
        fn encoded<'e>(element: &Element<'e>) -> Encoded<'e> {
            match *element {
                Element::Bytes(text) => Encoded::of(text),
                Element::Integer(integer) => Encoded::Integer(integer),
            }
        }
        let size: usize = elements.iter().map(|element| encoded(element).size()).sum();
        let total = HEADER_SIZE + size + 1;
        assert!(total <= LISTPACK_BYTES_MAX, "callers ask has_room_for");
        let memory = packed::allocate(class_size(total));
        // SAFETY: the allocation is at least as long; bytes are written before they are read.
        let bytes = unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), total) };
        bytes[..4].copy_from_slice(&(total as u32).to_le_bytes());
        let count = elements.len().min(COUNT_UNKNOWN) as u16;
        bytes[4..HEADER_SIZE].copy_from_slice(&count.to_le_bytes());
        bytes[total - 1] = END;
        let mut place = &mut bytes[HEADER_SIZE..];
        for element in elements {
            let element = encoded(element);
            let (front, rest) = place.split_at_mut(element.size());
            element.write(front);
            place = rest;
        }
        Self { memory }
    }

    /// A copy of the bytes of a listpack of our own.
    pub(crate) fn from_valid(bytes: &[u8]) -> Self {
        let memory = packed::allocate(class_size(bytes.len()));
        // SAFETY: the allocation is at least as long as the bytes.
        unsafe { memory.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Self { memory }
    }

    /// The bytes in Redis's format.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the allocation holds as many bytes as its head says, borrowed with self.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr(), self.byte_len()) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `as_bytes`; borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_ptr(), self.byte_len()) }
    }

    #[inline]
    pub fn byte_len(&self) -> usize {
        // SAFETY: every listpack begins with its length.
        u32::from_le(unsafe { self.memory.cast::<u32>().read() }) as usize
    }

    /// Asks the processor for the first bytes.
    #[inline]
    pub fn prefetch(&self) {
        crate::prefetch::read(self.memory.as_ptr());
    }

    /// Moves the bytes to another allocation if `judge` says so.
    pub fn relocate(&mut self, judge: &mut Judge<'_>) {
        let class = self.alloc_bytes();
        // SAFETY: the allocation has this class, and only this refers to it.
        unsafe { relocate::packed(&mut self.memory, class, judge) };
    }

    /// Size of the allocation.
    pub fn alloc_bytes(&self) -> usize {
        class_size(self.byte_len())
    }

    /// Whether so many bytes of content can be added, whatever their number of elements.
    pub fn has_room_for(&self, content_bytes: usize) -> bool {
        content_bytes < LISTPACK_BYTES_MAX / 2
            && self.byte_len() + content_bytes < LISTPACK_BYTES_MAX
    }

    /// Elements.
    pub fn len(&self) -> usize {
        let bytes = self.as_bytes();
        let stored = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
        if stored == COUNT_UNKNOWN { self.iter().count() } else { stored }
    }

    pub fn is_empty(&self) -> bool {
        self.as_bytes()[HEADER_SIZE] == END
    }

    pub fn first(&self) -> Option<Position> {
        (!self.is_empty()).then_some(Position(HEADER_SIZE))
    }

    pub fn last(&self) -> Option<Position> {
        self.before(self.byte_len() - 1)
    }

    #[inline]
    pub fn next(&self, position: Position) -> Option<Position> {
        let bytes = self.as_bytes();
        let next = position.0 + entry::size(&bytes[position.0..]);
        (bytes[next] != END).then_some(Position(next))
    }

    pub fn prev(&self, position: Position) -> Option<Position> {
        self.before(position.0)
    }

    /// The element that ends at a byte.
    fn before(&self, end: usize) -> Option<Position> {
        if end <= HEADER_SIZE {
            return None;
        }
        Some(Position(end - entry::size_before(&self.as_bytes()[..end])))
    }

    #[inline]
    pub fn get(&self, position: Position) -> Element<'_> {
        entry::decode(&self.as_bytes()[position.0..])
    }

    /// The element of an index, counted from the nearer end.
    pub fn nth(&self, index: usize) -> Option<Position> {
        let len = self.len();
        if index >= len {
            return None;
        }
        if index <= len / 2 {
            (0..index).try_fold(self.first()?, |position, _| self.next(position))
        } else {
            (index + 1..len).try_fold(self.last()?, |position, _| self.prev(position))
        }
    }

    /// The elements with their places.
    pub fn iter(&self) -> impl Iterator<Item = (Position, Element<'_>)> {
        std::iter::successors(self.first(), |position| self.next(*position))
            .map(|position| (position, self.get(position)))
    }

    /// Shows the elements from a place on, until `look` returns false, which is returned then.
    #[inline]
    pub fn visit(&self, from: Option<Position>, mut look: impl FnMut(Element<'_>) -> bool) -> bool {
        let bytes = self.as_bytes();
        let Some(Position(mut at)) = from else { return true };
        while bytes[at] != END {
            if !look(entry::decode(&bytes[at..])) {
                return false;
            }
            at += entry::size(&bytes[at..]);
        }
        true
    }

    /// Like `visit`, towards the front.
    #[inline]
    pub fn visit_back(
        &self,
        from: Option<Position>,
        mut look: impl FnMut(Element<'_>) -> bool,
    ) -> bool {
        let mut at = from;
        while let Some(position) = at {
            if !look(self.get(position)) {
                return false;
            }
            at = self.prev(position);
        }
        true
    }

    /// The first element equal to `text`, beginning at `from` and passing over `skip` elements after each
    /// that is compared.
    #[inline]
    pub fn find(&self, from: Position, text: &[u8], skip: usize) -> Option<Position> {
        find::find(self.as_bytes(), from.0, &find::Wanted::of(text), skip).map(Position)
    }

    /// Whether the element at a place is equal to `text`.
    #[inline]
    pub fn is_equal(&self, position: Position, text: &[u8]) -> bool {
        Encoded::of(text).is_at(&self.as_bytes()[position.0..])
    }

    pub fn push_back(&mut self, text: &[u8]) {
        self.insert_at(self.byte_len() - 1, &Encoded::of(text));
    }

    /// Adds several elements at the end, with one allocation at most.
    pub fn push_back_all<const N: usize>(&mut self, texts: [&[u8]; N]) {
        let encoded = texts.map(Encoded::of);
        let size = encoded.iter().map(Encoded::size).sum();
        let mut place = self.splice(self.byte_len() - 1, 0, size);
        for element in &encoded {
            let (front, rest) = place.split_at_mut(element.size());
            element.write(front);
            place = rest;
        }
        self.add_to_count(N as isize);
    }

    /// Adds elements at the end, with one allocation at most; texts of integers become integers.
    #[inline]
    pub fn push_back_elements<'a>(&mut self, elements: impl Iterator<Item = Element<'a>> + Clone) {
        let encoded = elements.map(|element| match element {
            Element::Bytes(text) => Encoded::of(text),
            Element::Integer(integer) => Encoded::Integer(integer),
        });
        let (mut size, mut count) = (0, 0);
        for element in encoded.clone() {
            size += element.size();
            count += 1;
        }
        let mut place = self.splice(self.byte_len() - 1, 0, size);
        for element in encoded {
            let (front, rest) = place.split_at_mut(element.size());
            element.write(front);
            place = rest;
        }
        self.add_to_count(count);
    }

    pub fn push_back_integer(&mut self, integer: i64) {
        self.insert_at(self.byte_len() - 1, &Encoded::Integer(integer));
    }

    pub fn push_front(&mut self, text: &[u8]) {
        self.insert_at(HEADER_SIZE, &Encoded::of(text));
    }

    /// Adds an element before another, or at the end; its place.
    pub fn insert_before(&mut self, position: Option<Position>, text: &[u8]) -> Position {
        self.insert_encoded(position, &Encoded::of(text))
    }

    /// Like `insert_before`, for an integer.
    pub fn insert_integer_before(&mut self, position: Option<Position>, integer: i64) -> Position {
        self.insert_encoded(position, &Encoded::Integer(integer))
    }

    fn insert_encoded(&mut self, position: Option<Position>, encoded: &Encoded<'_>) -> Position {
        let at = position.map_or(self.byte_len() - 1, |position| position.0);
        self.insert_at(at, encoded);
        Position(at)
    }

    fn insert_at(&mut self, at: usize, encoded: &Encoded<'_>) {
        let place = self.splice(at, 0, encoded.size());
        encoded.write(place);
        self.add_to_count(1);
    }

    /// Puts another element in the place of one.
    pub fn replace(&mut self, position: Position, text: &[u8]) {
        self.replace_encoded(position, &Encoded::of(text));
    }

    /// Like `replace`, for an integer.
    pub fn replace_integer(&mut self, position: Position, integer: i64) {
        self.replace_encoded(position, &Encoded::Integer(integer));
    }

    fn replace_encoded(&mut self, position: Position, encoded: &Encoded<'_>) {
        let old_size = entry::size(&self.as_bytes()[position.0..]);
        let place = self.splice(position.0, old_size, encoded.size());
        encoded.write(place);
    }

    /// Removes up to `count` elements from `position` on; the place of what followed them.
    pub fn remove(&mut self, position: Position, count: usize) -> Option<Position> {
        let bytes = self.as_bytes();
        let (mut end, mut removed) = (position.0, 0);
        while removed < count && bytes[end] != END {
            end += entry::size(&bytes[end..]);
            removed += 1;
        }
        self.splice(position.0, end - position.0, 0);
        self.add_to_count(-(removed as isize));
        (self.as_bytes()[position.0] != END).then_some(position)
    }

    fn add_to_count(&mut self, change: isize) {
        let bytes = self.bytes_mut();
        let stored = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
        if stored == COUNT_UNKNOWN {
            return;
        }
        let count = stored.saturating_add_signed(change).min(COUNT_UNKNOWN) as u16;
        bytes[4..HEADER_SIZE].copy_from_slice(&count.to_le_bytes());
    }

    /// Makes `inserted` bytes of room at `at` in place of `removed` bytes there; the rest moves along.
    fn splice(&mut self, at: usize, removed: usize, inserted: usize) -> &mut [u8] {
        let old_total = self.byte_len();
        assert!(at + removed < old_total, "the end mark stays");
        let new_total = old_total - removed + inserted;
        assert!(new_total <= LISTPACK_BYTES_MAX, "callers ask has_room_for");
        let (old_class, new_class) = (class_size(old_total), class_size(new_total));
        let (source, tail) = (self.memory.as_ptr(), old_total - at - removed);
        if old_class == new_class {
            // SAFETY: both ranges are within the allocation, whose class holds both totals.
            unsafe { source.add(at + removed).copy_to(source.add(at + inserted), tail) };
        } else {
            let memory = packed::allocate(new_class);
            // SAFETY: the head lies within the old total, and within the new one.
            unsafe { memory.as_ptr().copy_from_nonoverlapping(source, at) };
            let (from, to) = (at + removed, at + inserted);
            // SAFETY: the tail ends with the old total here and with the new total there.
            unsafe { memory.as_ptr().add(to).copy_from_nonoverlapping(source.add(from), tail) };
            // SAFETY: the allocation has the class of its contents and is given up here.
            unsafe { packed::free(self.memory, old_class) };
            self.memory = memory;
        }
        // SAFETY: every listpack begins with its length, aligned as all packed allocations are.
        unsafe { self.memory.cast::<u32>().write((new_total as u32).to_le()) };
        // SAFETY: the range lies within the new total; the caller writes it and reads it not before.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_ptr().add(at), inserted) }
    }
}

impl Drop for Listpack {
    fn drop(&mut self) {
        // SAFETY: the allocation has the class of its contents and is not used again.
        unsafe { packed::free(self.memory, self.alloc_bytes()) };
    }
}

impl Clone for Listpack {
    fn clone(&self) -> Self {
        Self::from_valid(self.as_bytes())
    }
}

impl std::fmt::Debug for Listpack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|(_, element)| element)).finish()
    }
}
