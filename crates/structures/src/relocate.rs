//! Moving allocations to where the allocator would put them now: what active defragmentation asks of each structure.
//!
//! Contents do not change. Who calls sees to it that fresh allocations come from well filled pages.

use crate::packed;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Says of an allocation, told its address, whether it should be moved.
pub type Judge<'a> = dyn FnMut(usize) -> bool + 'a;

/// Largest buffer that is worth a question: larger ones have pages of their own.
pub(crate) const BUFFER_BYTES_MAX: usize = 14 << 10;

/// Moves a packed allocation; where it was, to be freed with [`packed::free`] once nobody refers to it.
pub(crate) fn copied(
    memory: NonNull<u8>,
    class: usize,
    judge: &mut Judge<'_>,
) -> Option<NonNull<u8>> {
    if class > BUFFER_BYTES_MAX || !judge(memory.as_ptr() as usize) {
        return None;
    }
    let fresh = packed::allocate(class);
    // SAFETY: both allocations have the class as their size, and they are two.
    unsafe { fresh.as_ptr().copy_from_nonoverlapping(memory.as_ptr(), class) };
    Some(fresh)
}

/// Moves a packed allocation that only `memory` refers to.
///
/// # Safety
/// `memory` must come from [`packed::allocate`] with this class.
pub(crate) unsafe fn packed(memory: &mut NonNull<u8>, class: usize, judge: &mut Judge<'_>) {
    if let Some(fresh) = copied(*memory, class, judge) {
        // SAFETY: by the caller's promise; its contents live on in the copy.
        unsafe { packed::free(*memory, class) };
        *memory = fresh;
    }
}

/// Moves what a box holds.
pub fn boxed<T>(value: &mut Box<T>, judge: &mut Judge<'_>) {
    if size_of::<T>() == 0 || !judge(std::ptr::from_ref::<T>(value) as usize) {
        return;
    }
    let mut fresh: Box<MaybeUninit<T>> = Box::new_uninit();
    // SAFETY: the value moves bit by bit from the old allocation, which is freed without dropping it, to the fresh one;
    // nothing in between can panic.
    unsafe {
        let old = Box::into_raw(std::ptr::read(value));
        fresh.as_mut_ptr().copy_from_nonoverlapping(old, 1);
        std::ptr::write(value, fresh.assume_init());
        drop(Box::from_raw(old.cast::<MaybeUninit<T>>()));
    }
}

/// Moves the buffer of a vector; its capacity stays.
pub fn vec<T>(items: &mut Vec<T>, judge: &mut Judge<'_>) {
    let bytes = items.capacity() * size_of::<T>();
    if (1..=BUFFER_BYTES_MAX).contains(&bytes) && judge(items.as_ptr() as usize) {
        let mut fresh = Vec::with_capacity(items.capacity());
        fresh.append(items);
        *items = fresh;
    }
}

/// Moves the buffer of a deque; its capacity stays.
pub fn deque<T>(items: &mut std::collections::VecDeque<T>, judge: &mut Judge<'_>) {
    let bytes = items.capacity() * size_of::<T>();
    if !(1..=BUFFER_BYTES_MAX).contains(&bytes) {
        return;
    }
    // An address within a small allocation names it as well as its begin.
    let Some(first) = items.front().map(|item| std::ptr::from_ref(item) as usize) else { return };
    if judge(first) {
        let mut fresh = std::collections::VecDeque::with_capacity(items.capacity());
        fresh.append(items);
        *items = fresh;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    #[test]
    fn contents_stay() {
        let mut asked = 0;
        let mut judge = |_| {
            asked += 1;
            true
        };
        let mut text = Box::new("text".to_owned());
        super::boxed(&mut text, &mut judge);
        assert_eq!(*text, "text");
        let mut items = Vec::with_capacity(9);
        items.extend([String::from("a"), String::from("b")]);
        super::vec(&mut items, &mut judge);
        assert_eq!(
            (items.as_slice(), items.capacity()),
            (&["a".to_owned(), "b".to_owned()][..], 9)
        );
        let mut queue: VecDeque<u32> = (0..20).collect();
        queue.rotate_left(3);
        let before = queue.clone();
        super::deque(&mut queue, &mut judge);
        assert_eq!(queue, before);
        assert_eq!(asked, 3);
    }
}
