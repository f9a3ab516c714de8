//! A slice: the elements of one span of indexes, as a window of cells or as a few sorted pairs, behind one thin pointer.
//!
//! ```text
//! header 16 | cells, 8 each, `capacity` of them | pairs only: their offsets, 2 each
//! window    the cell of offset `first + i` is cell `i`
//! pairs     the first `used` offsets ascend; their cells are in use, the others are not
//! ```

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use super::{ArrayLimits, Cell};
use crate::class_size;
use crate::relocate::{self, Judge};

/// Least cells of a window.
const WINDOW_MIN: u32 = 8;
/// Pairs that a slice has room for at first.
const PAIRS_AT_FIRST: u32 = 4;
/// A window becomes pairs only if it has this many cells for each of them.
const CELLS_PER_PAIR: u32 = 4;

/// What is in front of the cells.
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    capacity: u32,
    used: u32,
    /// Offset of a window's first cell.
    first: u32,
    is_dense: bool,
}

/// See the module text.
pub(super) struct Slice {
    memory: NonNull<Header>,
}

// SAFETY: it owns its allocation and the cells in it, which may be sent.
unsafe impl Send for Slice {}
// SAFETY: as above; nothing changes behind a shared reference.
unsafe impl Sync for Slice {}

fn size(capacity: u32, is_dense: bool) -> usize {
    let item = size_of::<Option<Cell>>() + if is_dense { 0 } else { size_of::<u16>() };
    class_size(size_of::<Header>() + capacity as usize * item)
}

fn layout(capacity: u32, is_dense: bool) -> Layout {
    let size = size(capacity, is_dense);
    Layout::from_size_align(size, align_of::<Option<Cell>>())
        .expect("a slice has up to 65 536 cells")
}

impl Slice {
    fn allocate(capacity: u32, first: u32, is_dense: bool) -> Self {
        let layout = layout(capacity, is_dense);
        // SAFETY: the layout has the size of a header at least.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(memory) = NonNull::new(memory) else { handle_alloc_error(layout) };
        let memory = memory.cast::<Header>();
        // SAFETY: the allocation has room and alignment for a header.
        unsafe { memory.write(Header { capacity, used: 0, first, is_dense }) };
        Self { memory }
    }

    #[inline]
    fn header(&self) -> Header {
        // SAFETY: written when allocated.
        unsafe { *self.memory.as_ptr() }
    }

    #[inline]
    fn header_mut(&mut self) -> &mut Header {
        // SAFETY: written when allocated, and borrowed with self.
        unsafe { self.memory.as_mut() }
    }

    #[inline]
    fn cells(&self) -> &[Option<Cell>] {
        // SAFETY: the cells follow the header; zeros are unused ones.
        unsafe {
            let cells = self.memory.as_ptr().add(1).cast::<Option<Cell>>();
            std::slice::from_raw_parts(cells, self.header().capacity as usize)
        }
    }

    #[inline]
    fn cells_mut(&mut self) -> &mut [Option<Cell>] {
        // SAFETY: as above, and borrowed with self.
        unsafe {
            let cells = self.memory.as_ptr().add(1).cast::<Option<Cell>>();
            std::slice::from_raw_parts_mut(cells, self.header().capacity as usize)
        }
    }

    /// Where the offsets of pairs are; a window has none.
    fn offsets_place(&self) -> (*mut u16, usize) {
        let Header { capacity, is_dense, .. } = self.header();
        let len = if is_dense { 0 } else { capacity as usize };
        // SAFETY: the cells, and what is behind them, are inside the allocation.
        let place = unsafe {
            self.memory.as_ptr().add(1).cast::<Option<Cell>>().add(capacity as usize).cast()
        };
        (place, len)
    }

    #[inline]
    fn offsets(&self) -> &[u16] {
        let (place, len) = self.offsets_place();
        // SAFETY: so many offsets are there, zero at first.
        unsafe { std::slice::from_raw_parts(place, len) }
    }

    #[inline]
    fn offsets_mut(&mut self) -> &mut [u16] {
        let (place, len) = self.offsets_place();
        // SAFETY: as above, and borrowed with self.
        unsafe { std::slice::from_raw_parts_mut(place, len) }
    }

    /// An empty window that has room for the offsets `from..=to`.
    pub(super) fn window(from: u32, to: u32, slice_bits: u8) -> Self {
        let capacity = (to - from + 1).next_power_of_two().max(WINDOW_MIN).min(1 << slice_bits);
        Self::allocate(capacity, from.min((1 << slice_bits) - capacity), true)
    }

    pub(super) fn with_one(offset: u32, cell: Cell, slice_bits: u8, limits: &ArrayLimits) -> Self {
        let mut slice = if limits.sparse_max == 0 {
            Self::window(offset, offset, slice_bits)
        } else {
            Self::allocate(PAIRS_AT_FIRST.min(limits.sparse_max), 0, false)
        };
        slice.set(offset, cell, slice_bits, limits);
        slice
    }

    pub(super) fn capacity(&self) -> u32 {
        self.header().capacity
    }

    pub(super) fn used(&self) -> u32 {
        self.header().used
    }

    pub(super) fn is_dense(&self) -> bool {
        self.header().is_dense
    }

    pub(super) fn alloc_bytes(&self) -> usize {
        let Header { capacity, is_dense, .. } = self.header();
        size(capacity, is_dense)
    }

    /// Moves the slice, and what its cells point to, to other allocations where `judge` says so.
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        let mut memory = self.memory.cast();
        // SAFETY: the allocation has this size and the alignment of packed ones, and only this refers to it.
        unsafe { relocate::packed(&mut memory, self.alloc_bytes(), judge) };
        self.memory = memory.cast();
        self.cells_mut().iter_mut().flatten().for_each(|cell| cell.relocate(judge));
    }

    /// The offsets of the pairs in use.
    fn pairs(&self) -> &[u16] {
        let used = self.header().used as usize;
        &self.offsets()[..used]
    }

    /// Number of the pair of an offset, or where it would be.
    fn find(&self, offset: u32) -> Result<usize, usize> {
        self.pairs().binary_search_by(|pair| u32::from(*pair).cmp(&offset))
    }

    /// Number of the cell of an offset.
    fn cell_of(&self, offset: u32) -> Option<usize> {
        let Header { first, capacity, is_dense, .. } = self.header();
        if is_dense {
            offset.checked_sub(first).filter(|cell| *cell < capacity).map(|cell| cell as usize)
        } else {
            self.find(offset).ok()
        }
    }

    #[inline]
    pub(super) fn get(&self, offset: u32) -> Option<&Cell> {
        self.cells()[self.cell_of(offset)?].as_ref()
    }

    /// Takes a cell out and leaves the hole; the slice must not be used otherwise afterwards.
    pub(super) fn take(&mut self, offset: u32) -> Option<Cell> {
        let cell = self.cell_of(offset)?;
        self.cells_mut()[cell].take()
    }

    /// Makes room for the offsets `from..=to` that are about to be set.
    pub(super) fn expect(&mut self, from: u32, to: u32, slice_bits: u8, limits: &ArrayLimits) {
        if !self.is_dense() {
            let there = self.range(from, to).count() as u32;
            let coming = to - from + 1;
            let most = limits.sparse_max;
            if coming <= most && self.used() + coming - there <= most {
                return;
            }
            self.become_window(slice_bits);
        }
        self.grow_window(from, slice_bits);
        self.grow_window(to, slice_bits);
    }

    /// Sets a cell; true if there was none.
    pub(super) fn set(
        &mut self,
        offset: u32,
        cell: Cell,
        slice_bits: u8,
        limits: &ArrayLimits,
    ) -> bool {
        if !self.is_dense() {
            let place = match self.find(offset) {
                Ok(found) => {
                    self.cells_mut()[found] = Some(cell);
                    return false;
                }
                Err(place) => place,
            };
            let Header { used, capacity, .. } = self.header();
            if used < limits.sparse_max {
                if used == capacity {
                    self.resize_pairs((capacity * 2).min(limits.sparse_max));
                }
                self.insert_pair(place, offset, cell);
                return true;
            }
            self.become_window(slice_bits);
        }
        self.grow_window(offset, slice_bits);
        let place = (offset - self.header().first) as usize;
        let is_new = self.cells_mut()[place].replace(cell).is_none();
        self.header_mut().used += u32::from(is_new);
        is_new
    }

    fn insert_pair(&mut self, place: usize, offset: u32, cell: Cell) {
        let used = self.used() as usize;
        self.offsets_mut()[place..=used].rotate_right(1);
        self.offsets_mut()[place] = offset as u16;
        self.cells_mut()[place..=used].rotate_right(1);
        self.cells_mut()[place] = Some(cell);
        self.header_mut().used += 1;
    }

    fn resize_pairs(&mut self, capacity: u32) {
        let mut other = Self::allocate(capacity, 0, false);
        self.move_pairs(&mut other);
        *self = other;
    }

    /// Moves all cells to the pairs of another slice, which has room for them.
    fn move_pairs(&mut self, other: &mut Self) {
        let Header { first, is_dense, .. } = self.header();
        let mut used = 0;
        for cell in 0..self.cells().len() {
            let offset = if is_dense { first + cell as u32 } else { 0 };
            let offset = self.offsets().get(cell).map_or(offset, |offset| u32::from(*offset));
            let Some(moved) = self.cells_mut()[cell].take() else { continue };
            other.offsets_mut()[used] = offset as u16;
            other.cells_mut()[used] = Some(moved);
            used += 1;
        }
        other.header_mut().used = used as u32;
    }

    #[cold]
    fn become_window(&mut self, slice_bits: u8) {
        let (from, to) = match self.pairs() {
            [only] => (*only, *only),
            [first, .., last] => (*first, *last),
            [] => (0, 0),
        };
        let mut window = Self::window(u32::from(from), u32::from(to), slice_bits);
        let first = window.header().first;
        for pair in 0..self.used() as usize {
            let place = (u32::from(self.offsets()[pair]) - first) as usize;
            window.cells_mut()[place] = self.cells_mut()[pair].take();
        }
        window.header_mut().used = self.used();
        *self = window;
    }

    /// Doubles a window until it covers an offset: to the side it lies on, as far as the slice goes.
    fn grow_window(&mut self, offset: u32, slice_bits: u8) {
        let Header { first, capacity, used, .. } = self.header();
        let end = first + capacity;
        if (first..end).contains(&offset) {
            return;
        }
        let span = if offset < first { end - offset } else { offset - first + 1 };
        let wide = span.next_power_of_two().max(capacity).min(1 << slice_bits);
        let new_first = if offset < first { end.saturating_sub(wide) } else { first };
        let new_first = new_first.min((1 << slice_bits) - wide);
        let mut window = Self::allocate(wide, new_first, true);
        let shift = (first - new_first) as usize;
        for (place, cell) in self.cells_mut().iter_mut().enumerate() {
            window.cells_mut()[shift + place] = cell.take();
        }
        window.header_mut().used = used;
        *self = window;
    }

    /// Removes the cells of `from..=to`; how many there were. A slice without elements is left as it is.
    pub(super) fn remove_range(&mut self, from: u32, to: u32, limits: &ArrayLimits) -> u32 {
        let Header { used, first, capacity, is_dense } = self.header();
        if !is_dense {
            let start = self.pairs().partition_point(|pair| u32::from(*pair) < from);
            let end = self.pairs().partition_point(|pair| u32::from(*pair) <= to);
            let used = used as usize;
            self.cells_mut()[start..end].fill_with(|| None);
            self.cells_mut()[start..used].rotate_left(end - start);
            self.offsets_mut().copy_within(end..used, start);
            self.header_mut().used -= (end - start) as u32;
            return (end - start) as u32;
        }
        let start = from.saturating_sub(first).min(capacity) as usize;
        let end = (to + 1).saturating_sub(first).min(capacity) as usize;
        let mut removed = 0;
        for cell in &mut self.cells_mut()[start..end] {
            removed += u32::from(cell.take().is_some());
        }
        let left = used - removed;
        self.header_mut().used = left;
        let ArrayLimits { sparse_min, sparse_max, .. } = *limits;
        let fits = (1..=sparse_min).contains(&left) && sparse_min <= capacity / CELLS_PER_PAIR;
        if (removed > 0 || from < to) && fits && sparse_max > 0 {
            self.resize_pairs(sparse_min);
        }
        removed
    }

    /// The cells in use of the offsets `from..=to`.
    pub(super) fn range(
        &self,
        from: u32,
        to: u32,
    ) -> impl DoubleEndedIterator<Item = (u32, &Cell)> + '_ {
        let Header { first, capacity, is_dense, .. } = self.header();
        let (start, end) = if is_dense {
            let end = (to + 1).saturating_sub(first).min(capacity);
            (from.saturating_sub(first).min(capacity) as usize, end as usize)
        } else {
            let pairs = self.pairs();
            let start = pairs.partition_point(|pair| u32::from(*pair) < from);
            (start, pairs.partition_point(|pair| u32::from(*pair) <= to))
        };
        let offsets = self.offsets();
        let cells = &self.cells()[start..end.max(start)];
        cells.iter().enumerate().filter_map(move |(place, cell)| {
            let place = start + place;
            let offset = offsets.get(place).map_or(first + place as u32, |pair| u32::from(*pair));
            cell.as_ref().map(|cell| (offset, cell))
        })
    }
}

impl Drop for Slice {
    fn drop(&mut self) {
        self.cells_mut().fill_with(|| None);
        let Header { capacity, is_dense, .. } = self.header();
        // SAFETY: allocated with the same layout; the cells are gone.
        unsafe { dealloc(self.memory.as_ptr().cast(), layout(capacity, is_dense)) };
    }
}

impl Clone for Slice {
    fn clone(&self) -> Self {
        let Header { capacity, first, is_dense, used } = self.header();
        let mut copy = Self::allocate(capacity, first, is_dense);
        copy.cells_mut().clone_from_slice(self.cells());
        copy.offsets_mut().copy_from_slice(self.offsets());
        copy.header_mut().used = used;
        copy
    }
}
