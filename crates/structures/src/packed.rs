//! Raw single allocations with packed lengths: what records, field records and compact bytes share.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// Alignment of every packed allocation.
pub(crate) const ALIGN: usize = 8;

/// The size class that holds `size` bytes, as jemalloc rounds (steps of 8 up to 64, then four classes per
/// doubling). Packed allocations ask for whole classes, so their size follows from their contents
/// and two contents of one class can share an allocation. Other allocators waste a little.
pub const fn class_size(size: usize) -> usize {
    if size <= 8 {
        return 8;
    }
    if size <= 64 {
        return (size + 7) & !7;
    }
    let delta = (1 << (size - 1).ilog2()) >> 2;
    (size + delta - 1) & !(delta - 1)
}

fn layout(class: usize) -> Layout {
    Layout::from_size_align(class, ALIGN).expect("contents come from slices in memory")
}

/// Allocates a class size, uninitialised.
pub(crate) fn allocate(class: usize) -> NonNull<u8> {
    let layout = layout(class);
    // SAFETY: classes are at least eight bytes.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}

/// # Safety
/// `memory` must come from `allocate` with the same class and not be used again.
pub(crate) unsafe fn free(memory: NonNull<u8>, class: usize) {
    // SAFETY: by the caller's promise.
    unsafe { dealloc(memory.as_ptr(), layout(class)) };
}

/// Two bits that say how many bytes a length takes: 1, 2, 4 or 8.
pub(crate) const fn width_code(len: usize) -> u8 {
    match len {
        0..=0xff => 0,
        0x100..=0xffff => 1,
        0x1_0000..=0xffff_ffff => 2,
        _ => 3,
    }
}

/// # Safety
/// `place` must be valid for reads of the width.
#[inline]
pub(crate) unsafe fn read_len(place: *const u8, code: u8) -> usize {
    // SAFETY: by the caller's promise.
    unsafe {
        match code & 3 {
            0 => usize::from(*place),
            1 => usize::from(place.cast::<u16>().read_unaligned()),
            2 => place.cast::<u32>().read_unaligned() as usize,
            _ => place.cast::<u64>().read_unaligned() as usize,
        }
    }
}

/// # Safety
/// `place` must be valid for writes of the width.
#[inline]
pub(crate) unsafe fn write_len(place: *mut u8, code: u8, len: usize) {
    // SAFETY: by the caller's promise.
    unsafe {
        match code & 3 {
            0 => place.write(len as u8),
            1 => place.cast::<u16>().write_unaligned(len as u16),
            2 => place.cast::<u32>().write_unaligned(len as u32),
            _ => place.cast::<u64>().write_unaligned(len as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::class_size;

    #[test]
    fn classes_are_those_of_jemalloc() {
        let classes = [
            8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448,
            512, 640,
        ];
        let mut last = 0;
        for class in classes {
            for size in last + 1..=class {
                assert_eq!(class_size(size), class, "for {size}");
            }
            last = class;
        }
        assert_eq!(class_size(14 * 1024 + 1), 16 * 1024);
        assert_eq!(class_size(16 * 1024 + 1), 20 * 1024);
        assert_eq!(class_size((1 << 30) + 1), (1 << 30) + (1 << 28));
    }
}
