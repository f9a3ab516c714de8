//! What a data type tells of a value for DEBUG DIGEST.

use std::ffi::{c_char, c_int, c_longlong, c_void};

use keyspace::module::Place;

use crate::native_value::db_number;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr};
use crate::table::Table;

/// What a `RedisModuleDigest *` points to.
pub struct Digest {
    /// `None` ends a sequence.
    elements: Vec<Option<Vec<u8>>>,
    key: StringPtr,
    db: c_int,
}

impl Digest {
    pub fn new(place: Place<'_>) -> Digest {
        let key = ModuleString::create(place.key);
        Digest { elements: Vec::new(), key, db: db_number(place) }
    }

    pub fn pointer(&mut self) -> *mut c_void {
        (&raw mut *self).cast()
    }

    pub fn elements(&self) -> &[Option<Vec<u8>>] {
        &self.elements
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        crate::strings::release(self.key);
    }
}

extern "C" fn add_string_buffer(digest: *mut Digest, text: *const c_char, len: usize) {
    ptr::required(digest).elements.push(Some(ptr::bytes(text, len).to_vec()));
}

extern "C" fn add_long_long(digest: *mut Digest, number: c_longlong) {
    ptr::required(digest).elements.push(Some(number.to_string().into_bytes()));
}

extern "C" fn end_sequence(digest: *mut Digest) {
    ptr::required(digest).elements.push(None);
}

extern "C" fn get_key_name(digest: *mut Digest) -> *const ModuleString {
    ptr::required(digest).key
}

extern "C" fn get_db_id(digest: *mut Digest) -> c_int {
    ptr::required(digest).db
}

pub fn register(table: &mut Table) {
    table.add("DigestAddStringBuffer", add_string_buffer as *const ());
    table.add("DigestAddLongLong", add_long_long as *const ());
    table.add("DigestEndSequence", end_sequence as *const ());
    table.add("GetKeyNameFromDigest", get_key_name as *const ());
    table.add("GetDbIdFromDigest", get_db_id as *const ());
}
