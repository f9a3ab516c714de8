//! The global allocator: jemalloc with size classes in steps of eight bytes.

use std::alloc::{GlobalAlloc, Layout};

use tikv_jemallocator::Jemalloc;

/// jemalloc built with a quantum of 8 (`.cargo/config.toml`) aligns a class of 24, 40 or 56 bytes to eight only, while
/// `tikv-jemallocator` takes an alignment of 16 for granted. A size that is a multiple of its alignment falls into a
/// class that is one, too, so that much is asked for; all types of Rust are so already, tables made by hand are not.
pub struct Heap;

fn padded(layout: Layout) -> Layout {
    layout.pad_to_align()
}

// SAFETY: jemalloc's own implementation, asked for no less than the layout says, and given back what was asked for.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: a layout that is not empty is not empty when padded.
        unsafe { Jemalloc.alloc(padded(layout)) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        unsafe { Jemalloc.alloc_zeroed(padded(layout)) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the same layout was padded in the same way when the memory was made.
        unsafe { Jemalloc.dealloc(pointer, padded(layout)) };
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let new_size = new_size.next_multiple_of(layout.align());
        // SAFETY: as in `dealloc`; the caller's size, rounded up to the alignment, is a valid one by its promise.
        unsafe { Jemalloc.realloc(pointer, padded(layout), new_size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So that tests of jemalloc's figures see what they allocate.
    #[global_allocator]
    static HEAP: Heap = Heap;

    #[test]
    fn alignment_is_kept() {
        for align in [1, 2, 4, 8, 16, 32, 64, 4096] {
            for size in 1..300 {
                let layout = Layout::from_size_align(size, align).expect("small sizes are valid");
                // SAFETY: the layout is not empty.
                let first = unsafe { Heap.alloc(layout) };
                // SAFETY: as above.
                let second = unsafe { Heap.alloc_zeroed(layout) };
                // SAFETY: the memory was made with this layout.
                let second = unsafe { Heap.realloc(second, layout, size + 8) };
                assert_eq!(first.addr() % align, 0, "{size} bytes");
                assert_eq!(second.addr() % align, 0, "{size} bytes");
                // SAFETY: as above.
                unsafe { Heap.dealloc(first, layout) };
                let grown =
                    Layout::from_size_align(size + 8, align).expect("small sizes are valid");
                // SAFETY: as above, with the size of the reallocation.
                unsafe { Heap.dealloc(second, grown) };
            }
        }
    }
}
