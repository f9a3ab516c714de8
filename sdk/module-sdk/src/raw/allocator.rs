//! Memory from the server, so that it counts what the module uses.

use std::alloc::{GlobalAlloc, Layout, System};

use super::api::with_memory;

/// What the servers' allocators align to: they are built with size classes of 8 bytes, such as 24.
const ALIGN: usize = 8;

/// The allocator that [`crate::module!`] sets. What asks for memory before the module is loaded, as tests without a server do
/// all the time, gets the system's.
#[derive(Clone, Copy, Debug)]
pub struct ServerAllocator;

// SAFETY: blocks come from the server's allocator or, as long as there is none, the system's `malloc`, both of which keep
// the contract for alignments up to `ALIGN`; larger ones are kept by asking for more and aligning within. Nothing of a
// module runs before its load, so no block changes sides.
unsafe impl GlobalAlloc for ServerAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(api) = with_memory() else {
            // SAFETY: the caller's contract.
            return unsafe { System.alloc(layout) };
        };
        if layout.align() <= ALIGN {
            // SAFETY: any size may be asked for.
            return unsafe { (api.Alloc)(layout.size()) }.cast();
        }
        // SAFETY: any size may be asked for.
        let block = unsafe { (api.Alloc)(layout.size() + layout.align() + size_of::<usize>()) };
        align_within(block.cast(), layout.align())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(api) = with_memory() else {
            // SAFETY: the caller's contract.
            return unsafe { System.dealloc(block, layout) };
        };
        let block = if layout.align() <= ALIGN {
            block
        } else {
            // SAFETY: `align_within` has left the start there.
            unsafe { block.cast::<*mut u8>().sub(1).read_unaligned() }
        };
        // SAFETY: the block is one of the server's.
        unsafe { (api.Free)(block.cast()) };
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match with_memory() {
            Some(api) if layout.align() <= ALIGN => {
                // SAFETY: any size may be asked for.
                unsafe { (api.Calloc)(1, layout.size()) }.cast()
            }
            Some(_) => {
                // SAFETY: the caller's contract.
                let block = unsafe { self.alloc(layout) };
                if !block.is_null() {
                    // SAFETY: the block is so long.
                    unsafe { block.write_bytes(0, layout.size()) };
                }
                block
            }
            // SAFETY: the caller's contract.
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match with_memory() {
            Some(api) if layout.align() <= ALIGN => {
                // SAFETY: the block is one of the server's.
                unsafe { (api.Realloc)(block.cast(), size) }.cast()
            }
            Some(_) => {
                // SAFETY: the caller vouches for the size; the alignment is a valid one.
                let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
                // SAFETY: the caller's contract.
                let moved = unsafe { self.alloc(wanted) };
                if !moved.is_null() {
                    // SAFETY: both are at least so long, and the old one is the caller's.
                    unsafe {
                        moved.copy_from_nonoverlapping(block, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                }
                moved
            }
            // SAFETY: the caller's contract.
            None => unsafe { System.realloc(block, layout, size) },
        }
    }
}

/// The first aligned place within a block that has room for it, with the block's start in front.
fn align_within(block: *mut u8, align: usize) -> *mut u8 {
    if block.is_null() {
        return block;
    }
    let after = block.wrapping_add(size_of::<usize>());
    let place = after.wrapping_add(after.align_offset(align));
    // SAFETY: the block is longer by the alignment and one word, so the word in front of the place lies in it.
    unsafe { place.cast::<*mut u8>().sub(1).write_unaligned(block) };
    place
}
