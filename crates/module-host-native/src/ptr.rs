//! The C side's promises: the few places where its pointers become references.
//!
//! A native module runs in this process with all its rights; there is no defence against one that hands over wild pointers
//! (that is what isolated hosts are for). Everything here relies on the Module API's contract: what a callback was given it
//! hands back, strings have the length it says, out-parameters are writable or null.

use std::ffi::{CStr, c_char};

/// What the pointer points to, for as long as the callback runs; `None` for null.
pub fn reference<'a, T>(pointer: *mut T) -> Option<&'a mut T> {
    // SAFETY: by the API's contract a non-null pointer is one that this host gave out and has not taken back.
    unsafe { pointer.as_mut() }
}

/// What the pointer points to. The API does not allow null here.
pub fn required<'a, T>(pointer: *mut T) -> &'a mut T {
    reference(pointer).expect("the Module API does not allow a null pointer here")
}

/// `len` bytes; none for null.
pub fn bytes<'a>(pointer: *const c_char, len: usize) -> &'a [u8] {
    slice(pointer.cast(), len)
}

/// `len` elements; none for null.
pub fn slice<'a, T>(pointer: *const T, len: usize) -> &'a [T] {
    if pointer.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: the module says that so many elements stand there, and they stay while it waits for us.
    unsafe { std::slice::from_raw_parts(pointer, len) }
}

/// The bytes of a C string without its end; none for null.
pub fn c_bytes<'a>(pointer: *const c_char) -> &'a [u8] {
    if pointer.is_null() {
        return &[];
    }
    // SAFETY: the module gives C strings with their terminating zero.
    unsafe { CStr::from_ptr(pointer) }.to_bytes()
}

/// A C string as text.
pub fn c_text<'a>(pointer: *const c_char) -> std::borrow::Cow<'a, str> {
    String::from_utf8_lossy(c_bytes(pointer))
}

/// Writes to an out-parameter; null: not wanted.
pub fn put<T>(pointer: *mut T, value: T) {
    if !pointer.is_null() {
        // SAFETY: a non-null out-parameter is writable by the API's contract.
        unsafe { pointer.write(value) };
    }
}

/// Takes back what `Box::into_raw` gave out; null is ignored.
pub fn take_back<T>(pointer: *mut T) -> Option<Box<T>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the module hands back once what it got from `Box::into_raw`.
    Some(unsafe { Box::from_raw(pointer) })
}
