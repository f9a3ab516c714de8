//! The memory of one table: a power-of-two array of buckets that starts out uninitialised.

use super::bucket::Bucket;
use crate::relocate::{BUFFER_BYTES_MAX, Judge};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// An owned array of buckets. Its memory is not touched on allocation: who owns the array
/// knows which buckets are initialised (see `HashTable`). It frees memory, not items.
pub(super) struct BucketArray<T> {
    first: NonNull<Bucket<T>>,
    len: usize,
}

// SAFETY: the array owns its buckets and through them the items.
unsafe impl<T: Send> Send for BucketArray<T> {}

impl<T> BucketArray<T> {
    pub(super) const fn none() -> Self {
        Self { first: NonNull::dangling(), len: 0 }
    }

    /// Allocates `len` uninitialised buckets; `len` is a power of two.
    pub(super) fn with_len(len: usize) -> Self {
        assert!(len.is_power_of_two());
        let layout = Self::layout(len);
        // SAFETY: a bucket is not zero-sized and len is at least one.
        let first = unsafe { alloc(layout) }.cast::<Bucket<T>>();
        let Some(first) = NonNull::new(first) else { handle_alloc_error(layout) };
        Self { first, len }
    }

    fn layout(len: usize) -> Layout {
        Layout::array::<Bucket<T>>(len).expect("tables are bounded far below isize::MAX")
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn index_of(&self, hash: u64) -> usize {
        hash as usize & self.len.wrapping_sub(1)
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.len * size_of::<Bucket<T>>()
    }

    /// The place of a bucket, initialised or not.
    #[inline]
    pub(super) fn place(&self, index: usize) -> *mut Bucket<T> {
        debug_assert!(index < self.len);
        self.first.as_ptr().wrapping_add(index)
    }

    /// Makes an empty bucket at `index`. Whatever was there is forgotten, not dropped.
    pub(super) fn init(&mut self, index: usize) {
        assert!(index < self.len);
        // SAFETY: the index is within the allocation.
        unsafe { Bucket::init_at(self.place(index)) };
    }

    /// Moves the buckets as `judge` says, unless the array is so large that it has pages of its own.
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        if self.len == 0
            || self.size_bytes() > BUFFER_BYTES_MAX
            || !judge(self.first.as_ptr() as usize)
        {
            return;
        }
        let fresh = Self::with_len(self.len);
        // SAFETY: two arrays of the same length, which is copied byte by byte whatever is initialised of it. What the
        // buckets own goes along, as dropping an array frees its memory alone.
        unsafe { fresh.first.as_ptr().copy_from_nonoverlapping(self.first.as_ptr(), self.len) };
        *self = fresh;
    }

    /// # Safety
    /// `index` must be below `len` and the bucket initialised.
    #[inline]
    pub(super) unsafe fn get(&self, index: usize) -> &Bucket<T> {
        // SAFETY: within the array and initialised by the caller's promise.
        unsafe { &*self.place(index) }
    }

    /// # Safety
    /// `index` must be below `len` and the bucket initialised.
    #[inline]
    pub(super) unsafe fn get_mut(&mut self, index: usize) -> &mut Bucket<T> {
        // SAFETY: within the array and initialised by the caller's promise.
        unsafe { &mut *self.place(index) }
    }
}

impl<T> Drop for BucketArray<T> {
    fn drop(&mut self) {
        if self.len != 0 {
            // SAFETY: allocated in with_len with this very layout.
            unsafe { dealloc(self.first.as_ptr().cast(), Self::layout(self.len)) };
        }
    }
}
