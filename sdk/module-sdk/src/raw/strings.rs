//! Strings of the server.

use std::marker::PhantomData;

use super::api::api;
use super::context::Context;
use super::entry::{RawContext, RawString};

/// A string of the server, for as long as a command runs: a word of the call, say.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    raw: RawString,
    life: PhantomData<&'a [u8]>,
}

impl<'a> Word<'a> {
    /// # Safety
    /// The string stays for `'a` and is not changed.
    pub(crate) unsafe fn new(raw: RawString) -> Word<'a> {
        Word { raw, life: PhantomData }
    }

    pub fn bytes(self) -> &'a [u8] {
        // SAFETY: the string stays for `'a`.
        unsafe { bytes_of(self.raw) }
    }

    pub(crate) fn raw(self) -> RawString {
        self.raw
    }
}

/// # Safety
/// The string is valid for `'a`, and not changed meanwhile.
pub(crate) unsafe fn bytes_of<'a>(raw: RawString) -> &'a [u8] {
    let mut len = 0;
    // SAFETY: a string of the server.
    let start = unsafe { (api().StringPtrLen)(raw, &raw mut len) };
    if start.is_null() {
        return &[];
    }
    // SAFETY: the server says where the bytes are, and how many.
    unsafe { std::slice::from_raw_parts(start.cast(), len) }
}

/// A string made for the server.
#[derive(Debug)]
pub struct OwnedWord {
    raw: RawString,
}

impl OwnedWord {
    pub fn new(bytes: &[u8]) -> OwnedWord {
        // SAFETY: the bytes are copied; without a context the string is the module's to free.
        let raw =
            unsafe { (api().CreateString)(RawContext::NONE, bytes.as_ptr().cast(), bytes.len()) };
        OwnedWord { raw }
    }

    pub fn word(&self) -> Word<'_> {
        // SAFETY: it stays as long as `self`.
        unsafe { Word::new(self.raw) }
    }
}

impl Drop for OwnedWord {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and freed once.
        unsafe { (api().FreeString)(RawContext::NONE, self.raw) };
    }
}

impl Context {
    /// A string for functions that want one of the server's.
    pub fn string(&self, bytes: &[u8]) -> OwnedWord {
        OwnedWord::new(bytes)
    }
}
