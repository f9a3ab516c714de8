//! The methods of data types: a saved value is a stream of tagged fields.

use std::ffi::{c_char, c_double, c_void};

use module_abi::Opaque;

use super::Type;
use super::table;

/// What a type's methods read from and write to.
#[derive(Default)]
pub struct Io {
    stream: Vec<u8>,
    position: usize,
    failed: bool,
    commands: Vec<Vec<Vec<u8>>>,
}

/// Tags of the fields.
const NUMBER: u8 = 1;
const DOUBLE: u8 = 2;
const BYTES: u8 = 3;

impl Io {
    fn put(&mut self, tag: u8, field: &[u8]) {
        self.stream.push(tag);
        self.stream.extend_from_slice(field);
    }

    /// The next eight bytes behind this tag.
    fn word(&mut self, tag: u8) -> [u8; 8] {
        let rest = self.stream.get(self.position..).unwrap_or_default();
        match rest.split_first().and_then(|(first, rest)| Some((first, rest.first_chunk::<8>()?))) {
            Some((first, word)) if *first == tag && !self.failed => {
                self.position += 9;
                *word
            }
            _ => {
                self.failed = true;
                [0; 8]
            }
        }
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        let len = usize::try_from(u64::from_le_bytes(self.word(BYTES))).unwrap_or(usize::MAX);
        let end = self.position.checked_add(len);
        let text = end.and_then(|end| self.stream.get(self.position..end)).map(<[u8]>::to_vec);
        self.failed |= text.is_none();
        self.position = end.unwrap_or(self.position);
        text.filter(|_| !self.failed)
    }
}

pub fn save(kind: &Type, value: *mut c_void) -> Vec<u8> {
    let mut io = Io::default();
    if let Some(save) = kind.methods.rdb_save {
        // SAFETY: a value of this type, and the stream that the functions below write to.
        unsafe { save((&raw mut io).cast(), value) };
    }
    io.stream
}

/// The value; `None` if the type refuses it, or reads beyond its end.
pub fn load(kind: &Type, stream: Vec<u8>) -> Option<*mut c_void> {
    let mut io = Io { stream, ..Io::default() };
    let load = kind.methods.rdb_load?;
    // SAFETY: the stream that the functions below read from.
    let value = unsafe { load((&raw mut io).cast(), kind.version) };
    Some(value).filter(|value| !value.is_null())
}

pub fn rewrite(kind: &Type, key: &[u8], value: *mut c_void) -> Vec<Vec<Vec<u8>>> {
    let mut io = Io::default();
    let name = table::string(key);
    if let Some(rewrite) = kind.methods.aof_rewrite {
        // SAFETY: as in `save`; the name is a string of this server.
        unsafe { rewrite((&raw mut io).cast(), name.0, value) };
    }
    table::free(name);
    io.commands
}

pub fn free(kind: &Type, value: *mut c_void) {
    if let Some(free) = kind.methods.free {
        // SAFETY: a value of this type, not used any more.
        unsafe { free(value) };
    }
}

/// # Safety
/// The handle that a method was given.
unsafe fn io<'a>(handle: Opaque) -> &'a mut Io {
    // SAFETY: the caller's contract.
    unsafe { &mut *handle.cast::<Io>() }
}

pub unsafe extern "C" fn save_number(handle: Opaque, number: u64) {
    // SAFETY: the handle that a method was given, here and below.
    unsafe { io(handle) }.put(NUMBER, &number.to_le_bytes());
}

pub unsafe extern "C" fn load_number(handle: Opaque) -> u64 {
    // SAFETY: as above.
    u64::from_le_bytes(unsafe { io(handle) }.word(NUMBER))
}

pub unsafe extern "C" fn save_double(handle: Opaque, number: c_double) {
    // SAFETY: as above.
    unsafe { io(handle) }.put(DOUBLE, &number.to_le_bytes());
}

pub unsafe extern "C" fn load_double(handle: Opaque) -> c_double {
    // SAFETY: as above.
    f64::from_le_bytes(unsafe { io(handle) }.word(DOUBLE))
}

pub unsafe extern "C" fn save_bytes(handle: Opaque, start: *const c_char, len: usize) {
    // SAFETY: as above; the module gives so many bytes.
    let (io, text) = unsafe { (io(handle), std::slice::from_raw_parts(start.cast::<u8>(), len)) };
    io.put(BYTES, &(len as u64).to_le_bytes());
    io.stream.extend_from_slice(text);
}

pub unsafe extern "C" fn load_bytes(handle: Opaque, len: *mut usize) -> *mut c_char {
    // SAFETY: as above.
    let Some(text) = (unsafe { io(handle) }).text() else { return std::ptr::null_mut() };
    // SAFETY: the module asks for the length at a place of its own.
    unsafe { len.write(text.len()) };
    table::block_of(&text).cast()
}

pub unsafe extern "C" fn is_error(handle: Opaque) -> i32 {
    // SAFETY: as above.
    i32::from(unsafe { io(handle) }.failed)
}

/// The SDK always gives the format `v`: an array of strings and its length.
pub unsafe extern "C" fn emit(
    handle: Opaque,
    name: *const c_char,
    _format: *const c_char,
    words: *const super::RawString,
    count: usize,
) {
    // SAFETY: as above; the name ends with a zero byte, and so many strings are there.
    let (io, command) = unsafe { (io(handle), table::command(name, words, count)) };
    io.commands.push(command);
}
