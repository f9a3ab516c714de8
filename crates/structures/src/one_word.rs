//! Enums of one word: which of several structures an address leads to is told by its low bits.
//!
//! An allocation aligned to eight leaves three bits of its address free. Each structure that wants to share a word keeps
//! its own address with a constant of its own added (none for a listpack), so that the word can be lent as that
//! structure; taking the constant off again costs nothing.

#[cfg(test)]
mod tests;

use crate::relocate::{self, Judge};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// The bits of an address that alignment leaves free.
const TAG_MASK: usize = 7;

/// A structure that can share a word with others.
///
/// # Safety
/// It must be `repr(transparent)` over a `NonNull<u8>` whose address, divided by eight, leaves `TAG` at any time.
pub unsafe trait OneWord: Sized {
    const TAG: usize;
}

/// A box that can share a word.
#[repr(transparent)]
pub struct Boxed<T> {
    /// One byte into what the box holds.
    tagged: NonNull<u8>,
    owns: PhantomData<Box<T>>,
}

// SAFETY: a box is aligned to eight, as `new` checks, and `tagged` is one byte behind its begin.
unsafe impl<T> OneWord for Boxed<T> {
    const TAG: usize = 1;
}

// SAFETY: it is a box.
unsafe impl<T: Send> Send for Boxed<T> {}

impl<T> Boxed<T> {
    const ALIGN_CHECK: () = assert!(align_of::<T>() > TAG_MASK && size_of::<T>() > 0);

    pub fn new(value: T) -> Self {
        Self::of(Box::new(value))
    }

    fn of(value: Box<T>) -> Self {
        let () = Self::ALIGN_CHECK;
        let place = NonNull::from(Box::leak(value)).cast::<u8>();
        // SAFETY: a box that is not empty has a second byte.
        let tagged = unsafe { place.add(Self::TAG) };
        Self { tagged, owns: PhantomData }
    }

    #[inline]
    fn place(&self) -> *mut T {
        self.tagged.as_ptr().wrapping_sub(Self::TAG).cast()
    }

    /// Moves what the box holds to another allocation if `judge` says so.
    pub fn relocate(this: &mut Self, judge: &mut Judge<'_>) {
        // SAFETY: the place came from a box that `this` owns; it goes back there below.
        let mut value = ManuallyDrop::new(unsafe { Box::from_raw(this.place()) });
        relocate::boxed(&mut value, judge);
        let moved = ManuallyDrop::new(Self::of(ManuallyDrop::into_inner(value)));
        this.tagged = moved.tagged;
    }
}

impl<T> Deref for Boxed<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the place came from a box that self owns.
        unsafe { &*self.place() }
    }
}

impl<T> DerefMut for Boxed<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; borrowed mutably.
        unsafe { &mut *self.place() }
    }
}

impl<T> Drop for Boxed<T> {
    fn drop(&mut self) {
        // SAFETY: the place came from a box that self owns and uses no more.
        drop(unsafe { Box::from_raw(self.place()) });
    }
}

impl<T: Clone> Clone for Boxed<T> {
    fn clone(&self) -> Self {
        Self::new((**self).clone())
    }
}

/// The word of a structure, which lives on in it.
fn into_word<T: OneWord>(value: T) -> NonNull<u8> {
    const { assert!(size_of::<T>() == size_of::<NonNull<u8>>()) };
    let value = ManuallyDrop::new(value);
    // SAFETY: a `OneWord` is transparent over a pointer, and the value is not dropped.
    unsafe { std::ptr::from_ref(&value).cast::<NonNull<u8>>().read() }
}

/// Declares a word that holds one of several structures, and the enum in which it is lent.
macro_rules! one_of {
    ($name:ident, $case:ident: $($kind:ident),+) => {
        /// One of several structures in a word.
        pub struct $name<$($kind: OneWord),+> {
            word: NonNull<u8>,
            owns: PhantomData<($($kind,)+)>,
        }

        /// Which it is.
        pub enum $case<$($kind),+> {
            $($kind($kind)),+
        }

        // SAFETY: it is one of them.
        unsafe impl<$($kind: OneWord + Send),+> Send for $name<$($kind),+> {}

        impl<$($kind: OneWord),+> $name<$($kind),+> {
            /// That no two have the same tag, and none more bits than there are.
            const TAG_CHECK: () = {
                let tags = [$($kind::TAG),+];
                let mut seen = 0_u32;
                let mut index = 0;
                while index < tags.len() {
                    assert!(tags[index] <= TAG_MASK && seen >> tags[index] & 1 == 0);
                    seen |= 1 << tags[index];
                    index += 1;
                }
            };

            pub fn new(held: $case<$($kind),+>) -> Self {
                let () = Self::TAG_CHECK;
                let word = match held {
                    $($case::$kind(value) => into_word(value)),+
                };
                Self { word, owns: PhantomData }
            }

            #[inline]
            pub fn get(&self) -> $case<$(&$kind),+> {
                let tag = self.word.addr().get() & TAG_MASK;
                $(if tag == $kind::TAG {
                    // SAFETY: the word came from a structure of this tag, which no other has.
                    return $case::$kind(unsafe { NonNull::from(&self.word).cast().as_ref() });
                })+
                unreachable!("the word came from one of them")
            }

            #[inline]
            pub fn get_mut(&mut self) -> $case<$(&mut $kind),+> {
                let tag = self.word.addr().get() & TAG_MASK;
                $(if tag == $kind::TAG {
                    // SAFETY: as in `get`; borrowed mutably, and what it becomes has the same tag.
                    return $case::$kind(unsafe { NonNull::from(&mut self.word).cast().as_mut() });
                })+
                unreachable!("the word came from one of them")
            }
        }

        impl<$($kind: OneWord),+> Drop for $name<$($kind),+> {
            fn drop(&mut self) {
                match self.get_mut() {
                    // SAFETY: the word owns the structure and is not used again.
                    $($case::$kind(value) => unsafe { std::ptr::drop_in_place(value) }),+
                }
            }
        }

        impl<$($kind: OneWord + Clone),+> Clone for $name<$($kind),+> {
            fn clone(&self) -> Self {
                Self::new(match self.get() {
                    $($case::$kind(value) => $case::$kind(value.clone())),+
                })
            }
        }
    };
}

one_of!(OneOfTwo, Two: Small, Large);
one_of!(OneOfThree, Three: Small, Large, Integers);
