//! A shared pointer in six bytes, for values that have no room for eight.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// Bits of an address that a process is given unless it asks for more, on the processors we know.
const ADDRESS_BITS: u32 = 48;

/// An [`Arc`] whose pointer takes six bytes and any alignment.
pub struct ShortArc<T> {
    address: [u8; 6],
    owner: PhantomData<Arc<T>>,
}

impl<T> ShortArc<T> {
    pub fn new(shared: Arc<T>) -> Self {
        let address = Arc::into_raw(shared).expose_provenance() as u64;
        assert!(address >> ADDRESS_BITS == 0, "memory lies below 2^48 unless one asks for more");
        let [a, b, c, d, e, f, ..] = address.to_le_bytes();
        Self { address: [a, b, c, d, e, f], owner: PhantomData }
    }

    #[inline]
    fn pointer(&self) -> *const T {
        let [a, b, c, d, e, f] = self.address;
        let address = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        std::ptr::with_exposed_provenance(address as usize)
    }

    /// One more owner, as a plain [`Arc`].
    pub fn to_arc(&self) -> Arc<T> {
        // SAFETY: the pointer came from an Arc that self owns a share of.
        unsafe { Arc::increment_strong_count(self.pointer()) };
        // SAFETY: the share counted above is this one.
        unsafe { Arc::from_raw(self.pointer()) }
    }
}

impl<T> Deref for ShortArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the pointer came from an Arc that self owns a share of.
        unsafe { &*self.pointer() }
    }
}

impl<T> Clone for ShortArc<T> {
    fn clone(&self) -> Self {
        // SAFETY: as in `to_arc`; the share belongs to the clone.
        unsafe { Arc::increment_strong_count(self.pointer()) };
        Self { address: self.address, owner: PhantomData }
    }
}

impl<T> Drop for ShortArc<T> {
    fn drop(&mut self) {
        // SAFETY: gives back the share that self owned.
        unsafe { Arc::decrement_strong_count(self.pointer()) };
    }
}

#[cfg(test)]
mod tests {
    use super::ShortArc;
    use std::sync::Arc;

    #[test]
    fn shares_and_gives_back() {
        let shared = Arc::new(String::from("text"));
        let short = ShortArc::new(shared.clone());
        let copy = short.clone();
        assert_eq!((&**copy, Arc::strong_count(&shared)), ("text", 3));
        let again = short.to_arc();
        drop((short, copy));
        assert_eq!((again.as_str(), Arc::strong_count(&shared)), ("text", 2));
        assert_eq!(size_of::<ShortArc<String>>(), 6);
        assert_eq!(align_of::<ShortArc<String>>(), 1);
    }
}
