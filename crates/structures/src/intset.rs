//! Intset: integers in ascending order in a single allocation, as Redis stores small sets of them.
//!
//! ```text
//! u32 bytes of an integer (2, 4 or 8) | u32 integers | integer …
//! ```
//!
//! The bytes are those of Redis's file format (little-endian). All integers have the width that the one
//! farthest from zero ever needed.
//!
//! Invariant: the bytes are a well-formed intset; `from_bytes` checks what comes from outside.

#[cfg(test)]
mod tests;

use crate::one_word::OneWord;
use crate::packed::{self, class_size};
use crate::relocate::{self, Judge};
use std::ptr::NonNull;

const HEADER_SIZE: usize = 8;
/// Integers that an intset may have. Callers choose another structure long before.
pub const INTSET_LEN_MAX: usize = 1 << 27;

/// See the module text.
#[repr(transparent)]
pub struct Intset {
    /// `TAG` bytes into the allocation.
    tagged: NonNull<u8>,
}

// SAFETY: packed allocations are aligned to eight, and `tagged` is so many bytes behind their begin.
unsafe impl OneWord for Intset {
    const TAG: usize = 2;
}

// SAFETY: it owns its bytes.
unsafe impl Send for Intset {}
// SAFETY: shared, its bytes do not change.
unsafe impl Sync for Intset {}

impl Default for Intset {
    fn default() -> Self {
        Self::new()
    }
}

/// Bytes that an integer needs.
fn width_of(integer: i64) -> usize {
    if i16::try_from(integer).is_ok() {
        2
    } else if i32::try_from(integer).is_ok() {
        4
    } else {
        8
    }
}

fn read(bytes: &[u8], width: usize) -> i64 {
    match (width, bytes) {
        (2, [a, b, ..]) => i64::from(i16::from_le_bytes([*a, *b])),
        (4, [a, b, c, d, ..]) => i64::from(i32::from_le_bytes([*a, *b, *c, *d])),
        (_, bytes) => bytes.first_chunk::<8>().map_or(0, |chunk| i64::from_le_bytes(*chunk)),
    }
}

/// The address that an intset keeps of its allocation.
fn tagged(memory: NonNull<u8>) -> NonNull<u8> {
    // SAFETY: an intset has eight bytes at least.
    unsafe { memory.add(Intset::TAG) }
}

impl Intset {
    pub fn new() -> Self {
        Self::from_valid(&[2, 0, 0, 0, 0, 0, 0, 0])
    }

    /// A copy of bytes in Redis's format, if they are well-formed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let width = u32::from_le_bytes(*bytes.first_chunk::<4>()?) as usize;
        let len = u32::from_le_bytes(bytes.get(4..HEADER_SIZE)?.try_into().ok()?) as usize;
        if !matches!(width, 2 | 4 | 8) || len > INTSET_LEN_MAX {
            return None;
        }
        let content = bytes.get(HEADER_SIZE..)?;
        if content.len() != len * width {
            return None;
        }
        let integers = content.chunks_exact(width).map(|chunk| read(chunk, width));
        integers.is_sorted_by(|a, b| a < b).then(|| Self::from_valid(bytes))
    }

    fn from_valid(bytes: &[u8]) -> Self {
        let memory = packed::allocate(class_size(bytes.len()));
        // SAFETY: the allocation is at least as long as the bytes.
        unsafe { memory.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Self { tagged: tagged(memory) }
    }

    #[inline]
    fn memory(&self) -> NonNull<u8> {
        // SAFETY: `tagged` is so many bytes behind the begin.
        unsafe { self.tagged.sub(Self::TAG) }
    }

    /// Asks the processor for the first bytes.
    #[inline]
    pub fn prefetch(&self) {
        crate::prefetch::read(self.memory().as_ptr());
    }

    fn head(&self) -> [u32; 2] {
        // SAFETY: every intset begins with these two words, aligned as all packed allocations are.
        unsafe { self.memory().cast::<[u32; 2]>().read() }.map(u32::from_le)
    }

    fn set_head(&mut self, width: usize, len: usize) {
        let head = [width as u32, len as u32].map(u32::to_le);
        // SAFETY: as in `head`.
        unsafe { self.memory().cast::<[u32; 2]>().write(head) };
    }

    fn width(&self) -> usize {
        self.head()[0] as usize
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.head()[1] as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn byte_len(&self) -> usize {
        let [width, len] = self.head();
        HEADER_SIZE + width as usize * len as usize
    }

    /// The bytes in Redis's format.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the allocation holds as many bytes as its head says, borrowed with self.
        unsafe { std::slice::from_raw_parts(self.memory().as_ptr(), self.byte_len()) }
    }

    /// Moves the bytes to another allocation if `judge` says so.
    pub fn relocate(&mut self, judge: &mut Judge<'_>) {
        let (class, mut memory) = (self.alloc_bytes(), self.memory());
        // SAFETY: the allocation has this class, and only this refers to it.
        unsafe { relocate::packed(&mut memory, class, judge) };
        self.tagged = tagged(memory);
    }

    /// Size of the allocation.
    pub fn alloc_bytes(&self) -> usize {
        class_size(self.byte_len())
    }

    /// The integer of an index, in ascending order.
    #[inline]
    pub fn get(&self, index: usize) -> Option<i64> {
        let width = self.width();
        (index < self.len()).then(|| read(&self.as_bytes()[HEADER_SIZE + index * width..], width))
    }

    /// The integers in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        let width = self.width();
        self.as_bytes()[HEADER_SIZE..].chunks_exact(width).map(move |chunk| read(chunk, width))
    }

    /// Where an integer is, or would be.
    fn search(&self, integer: i64) -> Result<usize, usize> {
        let (width, bytes) = (self.width(), self.as_bytes());
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let found = read(&bytes[HEADER_SIZE + middle * width..], width);
            match found.cmp(&integer) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    #[inline]
    pub fn contains(&self, integer: i64) -> bool {
        width_of(integer) <= self.width() && self.search(integer).is_ok()
    }

    /// Adds an integer; false if it was there.
    pub fn insert(&mut self, integer: i64) -> bool {
        if width_of(integer) > self.width() {
            self.widen(width_of(integer));
        }
        let Err(index) = self.search(integer) else { return false };
        let (width, len) = (self.width(), self.len());
        assert!(len < INTSET_LEN_MAX, "callers convert long before");
        let place = self.splice(HEADER_SIZE + index * width, 0, width);
        place.copy_from_slice(&integer.to_le_bytes()[..width]);
        self.set_head(width, len + 1);
        true
    }

    /// Removes an integer; true if it was there.
    pub fn remove(&mut self, integer: i64) -> bool {
        if width_of(integer) > self.width() {
            return false;
        }
        let Ok(index) = self.search(integer) else { return false };
        let (width, len) = (self.width(), self.len());
        self.splice(HEADER_SIZE + index * width, width, 0);
        self.set_head(width, len - 1);
        true
    }

    /// Writes all integers anew with more bytes each.
    fn widen(&mut self, width: usize) {
        let mut bytes = Vec::with_capacity(HEADER_SIZE + self.len() * width);
        bytes.extend_from_slice(&(width as u32).to_le_bytes());
        bytes.extend_from_slice(&(self.len() as u32).to_le_bytes());
        for integer in self.iter() {
            bytes.extend_from_slice(&integer.to_le_bytes()[..width]);
        }
        *self = Self::from_valid(&bytes);
    }

    /// Makes `inserted` bytes of room at `at` in place of `removed` bytes there. The head must follow.
    fn splice(&mut self, at: usize, removed: usize, inserted: usize) -> &mut [u8] {
        let old_total = self.byte_len();
        assert!(at + removed <= old_total, "what is removed is there");
        let new_total = old_total - removed + inserted;
        let (old_class, new_class) = (class_size(old_total), class_size(new_total));
        let (source, tail) = (self.memory().as_ptr(), old_total - at - removed);
        if old_class == new_class {
            // SAFETY: both ranges are within the allocation, whose class holds both totals.
            unsafe { source.add(at + removed).copy_to(source.add(at + inserted), tail) };
        } else {
            let memory = packed::allocate(new_class);
            // SAFETY: what is before `at` lies within both totals.
            unsafe { memory.as_ptr().copy_from_nonoverlapping(source, at) };
            let (from, to) = (at + removed, at + inserted);
            // SAFETY: the tail ends with the old total here and with the new total there.
            unsafe { memory.as_ptr().add(to).copy_from_nonoverlapping(source.add(from), tail) };
            // SAFETY: the allocation has the class of its contents and is given up here.
            unsafe { packed::free(self.memory(), old_class) };
            self.tagged = tagged(memory);
        }
        // SAFETY: the range lies within the new total; the caller writes it and reads it not before.
        unsafe { std::slice::from_raw_parts_mut(self.memory().as_ptr().add(at), inserted) }
    }
}

impl Drop for Intset {
    fn drop(&mut self) {
        // SAFETY: the allocation has the class of its contents and is not used again.
        unsafe { packed::free(self.memory(), self.alloc_bytes()) };
    }
}

impl Clone for Intset {
    fn clone(&self) -> Self {
        Self::from_valid(self.as_bytes())
    }
}

impl std::fmt::Debug for Intset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
