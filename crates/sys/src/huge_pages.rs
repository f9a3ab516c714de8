//! Huge pages for a large heap: the allocator's large mappings ask for them, its first small ones do not.
//!
//! A server with millions of keys spends a good part of its time on address translation: nearly each lookup touches two
//! pages that no translation is cached for. jemalloc maps memory in pieces that grow with the heap. What it maps before
//! [`enable_for_large_heap`] is all that a small server ever needs and stays as it is; what comes later asks for huge
//! pages. Writes after a fork copy small pages all the same (Linux splits the huge one).

use std::sync::OnceLock;

use tikv_jemalloc_sys::{extent_hooks_s, extent_hooks_t};

/// Pieces of at least this size, which is that of a huge page, ask for huge pages.
const PIECE_BYTES_MIN: usize = 2 << 20;

/// The hooks that do the work: jemalloc's own.
struct Original(*mut extent_hooks_t);

// SAFETY: the hooks of jemalloc are a constant table that threads share.
unsafe impl Send for Original {}
// SAFETY: as above.
unsafe impl Sync for Original {}

static ORIGINAL: OnceLock<Original> = OnceLock::new();

unsafe extern "C" fn map(
    hooks: *mut extent_hooks_t,
    new_address: *mut libc::c_void,
    size: usize,
    alignment: usize,
    zero: *mut bool,
    commit: *mut bool,
    arena: libc::c_uint,
) -> *mut libc::c_void {
    let Some(original) = ORIGINAL.get() else { return std::ptr::null_mut() };
    // SAFETY: jemalloc's table lives for ever.
    let Some(alloc) = (unsafe { (*original.0).alloc }) else { return std::ptr::null_mut() };
    // SAFETY: the arguments are those that jemalloc gave.
    let piece = unsafe { alloc(hooks, new_address, size, alignment, zero, commit, arena) };
    if !piece.is_null() && size >= PIECE_BYTES_MIN {
        // SAFETY: the range was just mapped by jemalloc; the advice changes no content. Refused advice changes nothing.
        unsafe { libc::madvise(piece, size, libc::MADV_HUGEPAGE) };
    }
    piece
}

/// Lets the heap of the main thread use huge pages once it is large. False if the allocator does not play along.
pub fn enable_for_large_heap() -> bool {
    // The first arena is the one of the thread that allocates first.
    const NAME: &[u8] = b"arena.0.extent_hooks\0";
    // SAFETY: the name ends with a zero byte, and the value behind it is a pointer to a table of hooks.
    let Ok(original) = (unsafe { tikv_jemalloc_ctl::raw::read::<*mut extent_hooks_t>(NAME) })
    else {
        return false;
    };
    if original.is_null() || ORIGINAL.set(Original(original)).is_err() {
        return false;
    }
    // SAFETY: jemalloc's table is valid; copied, it differs in one function, which calls the one it replaces.
    let hooks = Box::new(extent_hooks_s { alloc: Some(map), ..unsafe { *original } });
    // SAFETY: the name ends with a zero byte; the table is leaked and so lives as long as jemalloc uses it.
    unsafe { tikv_jemalloc_ctl::raw::write::<*mut extent_hooks_t>(NAME, Box::leak(hooks)) }.is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn memory_comes_and_goes_with_the_hooks() {
        assert!(super::enable_for_large_heap());
        let blocks: Vec<Vec<u8>> = (1..40).map(|size| vec![7; size << 20]).collect();
        assert!(blocks.iter().all(|block| block.first() == Some(&7) && block.last() == Some(&7)));
        drop(blocks);
        let again = vec![1_u8; 64 << 20];
        assert_eq!(again.iter().filter(|byte| **byte == 1).count(), 64 << 20);
    }
}
