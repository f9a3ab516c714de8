//! A member of a sorted set with its score, in one allocation behind a thin pointer.

use crate::hashtable::{HashSeed, Item};
use crate::packed::{self, class_size, read_len, width_code, write_len};
use crate::relocate::{self, Judge};
use std::ptr::NonNull;

/// Lengths up to this stand in one byte; above it, that byte is this plus the width code of the length that follows.
const SHORT_MAX: usize = 251;
const LEN_AT: usize = size_of::<f64>();

/// ```text
/// f64 score | u8 length | bytes       or       f64 score | u8 251 + width code | u16, u32 or u64 length | bytes
/// ```
pub struct ScoredMember {
    memory: NonNull<u8>,
}

// SAFETY: it owns its allocation.
unsafe impl Send for ScoredMember {}

fn bytes_at(len: usize) -> usize {
    LEN_AT + 1 + if len <= SHORT_MAX { 0 } else { 1 << width_code(len).max(1) }
}

/// The bytes of the member whose allocation this is.
///
/// # Safety
/// `memory` must be that of a member that lives as long as `'a`.
#[inline]
pub(super) unsafe fn bytes_of<'a>(memory: NonNull<u8>) -> &'a [u8] {
    let head = memory.as_ptr().wrapping_add(LEN_AT);
    // SAFETY: `new` wrote the head and so many bytes behind it.
    unsafe {
        let first = head.read();
        let len = if usize::from(first) <= SHORT_MAX {
            usize::from(first)
        } else {
            read_len(head.wrapping_add(1), first - SHORT_MAX as u8)
        };
        std::slice::from_raw_parts(memory.as_ptr().wrapping_add(bytes_at(len)), len)
    }
}

impl ScoredMember {
    pub fn new(member: &[u8], score: f64) -> Self {
        let at = bytes_at(member.len());
        let memory = packed::allocate(class_size(at + member.len()));
        let head = memory.as_ptr().wrapping_add(LEN_AT);
        // SAFETY: the allocation has room for score, head and bytes, and is aligned for the score.
        unsafe {
            memory.cast::<f64>().write(score);
            if member.len() <= SHORT_MAX {
                head.write(member.len() as u8);
            } else {
                let code = width_code(member.len()).max(1);
                head.write(SHORT_MAX as u8 + code);
                write_len(head.wrapping_add(1), code, member.len());
            }
            let place = memory.as_ptr().wrapping_add(at);
            place.copy_from_nonoverlapping(member.as_ptr(), member.len());
        }
        Self { memory }
    }

    #[inline]
    pub fn member(&self) -> &[u8] {
        // SAFETY: the member lives as long as it is borrowed.
        unsafe { bytes_of(self.memory) }
    }

    #[inline]
    pub fn score(&self) -> f64 {
        // SAFETY: every member begins with its score.
        unsafe { self.memory.cast::<f64>().read() }
    }

    pub fn set_score(&mut self, score: f64) {
        // SAFETY: as in `score`.
        unsafe { self.memory.cast::<f64>().write(score) };
    }

    pub(super) fn memory(&self) -> NonNull<u8> {
        self.memory
    }

    /// A copy of the allocation elsewhere, if `judge` says so; for [`ScoredMember::adopt`].
    pub(super) fn copied(&self, judge: &mut Judge<'_>) -> Option<NonNull<u8>> {
        relocate::copied(self.memory, self.alloc_bytes(), judge)
    }

    /// Frees the allocation and takes the copy in its place; nobody may refer to the old one.
    pub(super) fn adopt(&mut self, copy: NonNull<u8>) {
        drop(std::mem::replace(self, Self { memory: copy }));
    }

    /// Size of the allocation.
    pub fn alloc_bytes(&self) -> usize {
        let len = self.member().len();
        class_size(bytes_at(len) + len)
    }
}

impl Drop for ScoredMember {
    fn drop(&mut self) {
        // SAFETY: allocated in new with the class of the same length.
        unsafe { packed::free(self.memory, self.alloc_bytes()) };
    }
}

impl Item for ScoredMember {
    type Key = [u8];

    #[inline]
    fn key(&self) -> &[u8] {
        self.member()
    }

    #[inline]
    fn hash_key(seed: &HashSeed, key: &[u8]) -> u64 {
        seed.hash(key)
    }

    #[inline]
    fn matches(&self, key: &[u8]) -> bool {
        self.member() == key
    }

    fn prefetch(&self) {
        crate::prefetch::read(self.memory.as_ptr());
    }
}
