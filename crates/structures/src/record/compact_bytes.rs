//! A byte string behind a thin pointer, its length in front of its bytes.

use crate::hashtable::{HashSeed, Item};
use crate::packed::{self, class_size, read_len, width_code, write_len};
use crate::relocate::{self, Judge};
use std::ptr::NonNull;

/// Lengths up to this stand in the first byte; above it, the first byte is this plus the width
/// code of the length that follows.
const SHORT_MAX: usize = 251;

/// A member of a set: eight bytes in the table and one allocation, no spare capacity.
///
/// ```text
/// u8 length | bytes            or            u8 251 + width code | u16, u32 or u64 length | bytes
/// ```
pub struct CompactBytes {
    memory: NonNull<u8>,
}

// SAFETY: it owns its bytes, and they do not change.
unsafe impl Send for CompactBytes {}
// SAFETY: as above.
unsafe impl Sync for CompactBytes {}

impl CompactBytes {
    pub fn new(bytes: &[u8]) -> Self {
        let head = head_size(bytes.len());
        let memory = packed::allocate(class_size(head + bytes.len()));
        let place = memory.as_ptr();
        if head == 1 {
            // SAFETY: the allocation is not empty.
            unsafe { place.write(bytes.len() as u8) };
        } else {
            let code = width_code(bytes.len()).max(1);
            // SAFETY: the allocation has room for the head.
            unsafe { place.write(SHORT_MAX as u8 + code) };
            // SAFETY: as above.
            unsafe { write_len(place.wrapping_add(1), code, bytes.len()) };
        }
        // SAFETY: the allocation has room for head and bytes.
        unsafe { place.wrapping_add(head).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Self { memory }
    }

    /// The pointer alone, aligned to eight bytes.
    pub(crate) fn into_raw(self) -> NonNull<u8> {
        std::mem::ManuallyDrop::new(self).memory
    }

    /// # Safety
    /// `memory` must come from `into_raw` and be used for this once.
    pub(crate) unsafe fn from_raw(memory: NonNull<u8>) -> Self {
        Self { memory }
    }

    /// # Safety
    /// `memory` must come from `into_raw` and not be freed while the bytes are used.
    #[inline]
    pub(crate) unsafe fn bytes_at<'a>(memory: NonNull<u8>) -> &'a [u8] {
        // SAFETY: the first byte was written by new.
        let first = unsafe { memory.read() };
        let (len, head) = if usize::from(first) <= SHORT_MAX {
            (usize::from(first), 1)
        } else {
            let code = first - SHORT_MAX as u8;
            // SAFETY: the first byte says that the length follows in this width.
            let len = unsafe { read_len(memory.as_ptr().wrapping_add(1), code) };
            (len, head_size(len))
        };
        // SAFETY: `len` bytes were written there.
        unsafe { std::slice::from_raw_parts(memory.as_ptr().wrapping_add(head), len) }
    }

    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the memory is ours and borrowed with self.
        unsafe { Self::bytes_at(self.memory) }
    }

    /// Moves the bytes to another allocation if `judge` says so.
    pub fn relocate(&mut self, judge: &mut Judge<'_>) {
        let class = self.alloc_bytes();
        // SAFETY: the allocation has this class, and only this refers to it.
        unsafe { relocate::packed(&mut self.memory, class, judge) };
    }

    /// Size of the allocation.
    pub fn alloc_bytes(&self) -> usize {
        Self::alloc_bytes_for(self.as_bytes().len())
    }

    /// Size of the allocation for so many bytes.
    pub(crate) fn alloc_bytes_for(len: usize) -> usize {
        class_size(head_size(len) + len)
    }
}

fn head_size(len: usize) -> usize {
    if len <= SHORT_MAX { 1 } else { 1 + (1 << width_code(len).max(1)) }
}

impl Drop for CompactBytes {
    fn drop(&mut self) {
        // SAFETY: allocated in new with the class of the same length.
        unsafe { packed::free(self.memory, self.alloc_bytes()) };
    }
}

impl Clone for CompactBytes {
    fn clone(&self) -> Self {
        Self::new(self.as_bytes())
    }
}

impl PartialEq for CompactBytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for CompactBytes {}

impl std::fmt::Debug for CompactBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CompactBytes(\"{}\")", self.as_bytes().escape_ascii())
    }
}

impl Item for CompactBytes {
    type Key = [u8];

    #[inline]
    fn key(&self) -> &[u8] {
        self.as_bytes()
    }

    #[inline]
    fn hash_key(seed: &HashSeed, key: &[u8]) -> u64 {
        seed.hash(key)
    }

    #[inline]
    fn matches(&self, key: &[u8]) -> bool {
        self.as_bytes() == key
    }

    fn prefetch(&self) {
        crate::prefetch::read(self.memory.as_ptr());
    }
}
