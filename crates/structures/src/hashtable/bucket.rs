//! One cache line of the hash table: seven items, their tags, and the link to an overflow bucket.

use crate::relocate::{self, Judge};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// Items a bucket holds when it has no child.
pub(super) const SLOTS: usize = 7;
/// The slot that becomes the link to the child bucket.
const CHILD_SLOT: usize = SLOTS - 1;
const CHAINED: u64 = 1 << 7;
const PRESENCE: u64 = 0x7f;

/// Either an item or, in the last slot of a chained bucket, the child.
#[repr(C)]
union Slot<T> {
    item: ManuallyDrop<T>,
    child: NonNull<Bucket<T>>,
}

/// A bucket; its layout is drawn in `docs/formats/keyspace.md`.
///
/// Invariants: presence bit `i` set means `slots[i].item` is initialised; the chained bit set
/// means presence bit 6 is clear and `slots[6].child` owns a bucket made by `Box`.
/// A bucket does not drop its items by itself: the table empties it first.
#[repr(C, align(64))]
pub(super) struct Bucket<T> {
    /// Byte 0: presence bits 0..=6 and the chained bit 7. Bytes 1..=7: the tags of slots 0..=6.
    meta: u64,
    slots: [Slot<T>; SLOTS],
}

impl<T> Bucket<T> {
    const SIZE_CHECK: () = {
        assert!(size_of::<T>() == 8, "a bucket is one cache line of eight-byte items");
        assert!(align_of::<T>() <= 8);
        assert!(size_of::<Self>() == 64);
    };

    pub(super) const fn empty() -> Self {
        let () = Self::SIZE_CHECK;
        // The slots of an empty bucket are never read, so any bytes do; a dangling child is the
        // cheapest value that can be written without knowing T.
        Self { meta: 0, slots: [const { Slot { child: NonNull::dangling() } }; SLOTS] }
    }

    /// Makes an empty bucket in uninitialised memory, writing only its metadata.
    ///
    /// # Safety
    /// `place` must be valid for writes of a bucket.
    pub(super) unsafe fn init_at(place: *mut Self) {
        // SAFETY: valid for writes by the caller's promise; the slots need no initialisation
        // because no presence bit says otherwise.
        unsafe { (&raw mut (*place).meta).write(0) };
    }

    pub(super) fn is_chained(&self) -> bool {
        self.meta & CHAINED != 0
    }

    /// The occupied slots as a bit mask.
    pub(super) fn presence(&self) -> u32 {
        (self.meta & PRESENCE) as u32
    }

    /// A slot that can take an item.
    pub(super) fn free_slot(&self) -> Option<usize> {
        let usable = if self.is_chained() { PRESENCE as u32 >> 1 } else { PRESENCE as u32 };
        let free = !self.presence() & usable;
        (free != 0).then(|| free.trailing_zeros() as usize)
    }

    /// The occupied slots whose tag is `tag`, as a bit mask.
    #[inline]
    pub(super) fn match_tag(&self, tag: u8) -> u32 {
        (equal_bytes(self.meta, tag) >> 1) & self.presence()
    }

    /// The item in an occupied slot.
    #[inline]
    pub(super) fn item(&self, slot: usize) -> &T {
        debug_assert!(self.presence() >> slot & 1 == 1);
        // SAFETY: callers pass slots out of `presence` or `match_tag`, whose items are initialised.
        unsafe { &self.slots.get_unchecked(slot).item }
    }

    /// The item in an occupied slot, to change.
    #[inline]
    pub(super) fn item_mut(&mut self, slot: usize) -> &mut T {
        debug_assert!(self.presence() >> slot & 1 == 1);
        // SAFETY: callers pass slots out of `presence` or `match_tag`, whose items are initialised.
        unsafe { &mut self.slots.get_unchecked_mut(slot).item }
    }

    /// The tag kept for a slot.
    pub(super) fn tag(&self, slot: usize) -> u8 {
        (self.meta >> ((slot + 1) * 8)) as u8
    }

    /// Puts an item into a free slot.
    #[inline]
    pub(super) fn put(&mut self, slot: usize, tag: u8, item: T) {
        debug_assert!(self.presence() >> slot & 1 == 0);
        debug_assert!(!(self.is_chained() && slot == CHILD_SLOT));
        let shift = (slot + 1) * 8;
        self.meta = self.meta & !(0xff << shift) | u64::from(tag) << shift | 1 << slot;
        self.slots[slot].item = ManuallyDrop::new(item);
    }

    /// Takes the item out of an occupied slot.
    #[inline]
    pub(super) fn take(&mut self, slot: usize) -> T {
        assert!(self.presence() >> slot & 1 == 1);
        self.meta &= !(1 << slot);
        // SAFETY: the presence bit said the slot was initialised, and clearing it gave it to us.
        unsafe { ManuallyDrop::take(&mut self.slots[slot].item) }
    }

    #[inline]
    pub(super) fn child(&self) -> Option<&Bucket<T>> {
        if !self.is_chained() {
            return None;
        }
        // SAFETY: the chained bit says that the last slot holds the child.
        let child = unsafe { self.slots[CHILD_SLOT].child };
        // SAFETY: the child is owned by this bucket and borrowed through it.
        Some(unsafe { child.as_ref() })
    }

    #[inline]
    pub(super) fn child_mut(&mut self) -> Option<&mut Bucket<T>> {
        if !self.is_chained() {
            return None;
        }
        // SAFETY: the chained bit says that the last slot holds the child.
        let mut child = unsafe { self.slots[CHILD_SLOT].child };
        // SAFETY: the child is owned by this bucket and borrowed through it.
        Some(unsafe { child.as_mut() })
    }

    /// The occupied slots, read without borrowing the bucket.
    ///
    /// # Safety
    /// `bucket` must be valid for reads.
    pub(super) unsafe fn presence_at(bucket: NonNull<Self>) -> u32 {
        // SAFETY: valid by the caller's promise.
        let meta = unsafe { (*bucket.as_ptr()).meta };
        (meta & PRESENCE) as u32
    }

    /// The child, read without borrowing the bucket.
    ///
    /// # Safety
    /// `bucket` must be valid for reads.
    pub(super) unsafe fn child_at(bucket: NonNull<Self>) -> Option<NonNull<Self>> {
        // SAFETY: valid by the caller's promise.
        let meta = unsafe { (*bucket.as_ptr()).meta };
        // SAFETY: the chained bit says that the last slot holds the child.
        (meta & CHAINED != 0).then(|| unsafe { (*bucket.as_ptr()).slots[CHILD_SLOT].child })
    }

    /// The place of an item, found without borrowing the bucket.
    ///
    /// # Safety
    /// `bucket` must be valid for reads and writes, and the slot occupied.
    pub(super) unsafe fn item_place(bucket: NonNull<Self>, slot: usize) -> *mut T {
        debug_assert!(slot < SLOTS);
        // SAFETY: valid by the caller's promise; no reference to the whole bucket is made.
        let slots = unsafe { &raw mut (*bucket.as_ptr()).slots };
        slots.cast::<Slot<T>>().wrapping_add(slot).cast()
    }

    /// Gives a full bucket a child that takes over the item of the last slot.
    pub(super) fn grow_chain(&mut self) -> &mut Bucket<T> {
        debug_assert!(!self.is_chained());
        let mut child = Box::new(Bucket::empty());
        if self.presence() >> CHILD_SLOT & 1 == 1 {
            let tag = self.tag(CHILD_SLOT);
            child.put(0, tag, self.take(CHILD_SLOT));
        }
        let link = NonNull::from(Box::leak(child));
        self.slots[CHILD_SLOT].child = link;
        self.meta |= CHAINED;
        self.child_mut().expect("the chained bit was just set")
    }

    /// Detaches the child.
    pub(super) fn take_child(&mut self) -> Option<Box<Bucket<T>>> {
        if !self.is_chained() {
            return None;
        }
        self.meta &= !CHAINED;
        // SAFETY: the chained bit said that the last slot holds the child.
        let child = unsafe { self.slots[CHILD_SLOT].child };
        // SAFETY: it came from Box::leak in grow_chain, and clearing the bit gave it to us.
        Some(unsafe { Box::from_raw(child.as_ptr()) })
    }

    /// Calls `visit` for each item in this bucket and its children, and moves the children if `judge` says so.
    pub(super) fn relocate(
        &mut self,
        judge: &mut Judge<'_>,
        visit: &mut impl FnMut(&mut T, &mut Judge<'_>),
    ) {
        for slot in bits(self.presence()) {
            visit(self.item_mut(slot), judge);
        }
        if let Some(mut child) = self.take_child() {
            relocate::boxed(&mut child, judge);
            child.relocate(judge, visit);
            self.slots[CHILD_SLOT].child = NonNull::from(Box::leak(child));
            self.meta |= CHAINED;
        }
    }

    /// Items in this bucket and its children.
    pub(super) fn chain_len(&self) -> usize {
        let mut bucket = self;
        let mut count = 0;
        loop {
            count += bucket.presence().count_ones() as usize;
            match bucket.child() {
                Some(child) => bucket = child,
                None => return count,
            }
        }
    }

    /// Calls `visit` for each item in this bucket and its children.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&T)) {
        let mut bucket = self;
        loop {
            for slot in bits(bucket.presence()) {
                visit(bucket.item(slot));
            }
            match bucket.child() {
                Some(child) => bucket = child,
                None => return,
            }
        }
    }
}

/// The positions of the set bits.
pub(super) fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        bit
    })
}

/// One bit for each of the eight bytes of `word` that equals `byte`.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn equal_bytes(word: u64, byte: u8) -> u32 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_movemask_epi8, _mm_set1_epi8};
    // SAFETY: every x86-64 processor has SSE2, and these work on registers only.
    let mask = unsafe {
        let word = _mm_cvtsi64_si128(word.cast_signed());
        _mm_movemask_epi8(_mm_cmpeq_epi8(word, _mm_set1_epi8(byte.cast_signed())))
    };
    (mask & 0xff).cast_unsigned()
}

/// One bit for each of the eight bytes of `word` that equals `byte`.
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
#[inline]
fn equal_bytes(word: u64, byte: u8) -> u32 {
    equal_bytes_portable(word, byte)
}

/// The same without vector instructions: exact, also for bytes above a match.
#[cfg_attr(
    all(target_arch = "x86_64", not(miri), not(test)),
    allow(dead_code, reason = "used where there are no vector instructions")
)]
fn equal_bytes_portable(word: u64, byte: u8) -> u32 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let difference = word ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    // The high bit of each byte of `nonzero` is set exactly where the byte differs.
    let nonzero = ((difference & LOW) + LOW) | difference;
    let equal = !nonzero & !LOW;
    // Gathers the eight high bits into one byte.
    ((equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_compare_is_exact() {
        for word in [0, u64::MAX, 0x0001_0100_ff80_7f01, 0x8081_0102_0304_0506] {
            for byte in 0..=255u8 {
                let naive = (0..8)
                    .filter(|i| (word >> (i * 8)) as u8 == byte)
                    .fold(0u32, |mask, i| mask | 1 << i);
                assert_eq!(equal_bytes(word, byte), naive);
                assert_eq!(equal_bytes_portable(word, byte), naive);
            }
        }
    }
}
