//! What a method of a data type may ask about the key it works on.

use std::ffi::{c_int, c_void};

use keyspace::module::Place;

use crate::native_value::db_number;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr};
use crate::table::Table;

/// What a `RedisModuleKeyOptCtx *` points to.
pub struct KeyContext {
    key: StringPtr,
    db: c_int,
    to_key: StringPtr,
    to_db: c_int,
}

impl KeyContext {
    /// A value in a key.
    pub fn at(place: Place<'_>) -> KeyContext {
        KeyContext {
            key: ModuleString::create(place.key),
            db: db_number(place),
            to_key: std::ptr::null_mut(),
            to_db: -1,
        }
    }

    /// A value that goes from one key to another.
    pub fn between(from: Place<'_>, to: Place<'_>) -> KeyContext {
        // Not by struct update: what is left of the other one would be freed, and its key with it.
        let mut context = KeyContext::at(from);
        context.to_key = ModuleString::create(to.key);
        context.to_db = db_number(to);
        context
    }

    /// A key that goes to another database, where it has the same name, which Redis does not tell.
    pub fn into_db(from: Place<'_>, to: Place<'_>) -> KeyContext {
        let mut context = KeyContext::at(from);
        context.to_db = db_number(to);
        context
    }

    pub fn pointer(&mut self) -> *mut c_void {
        (&raw mut *self).cast()
    }
}

impl Drop for KeyContext {
    fn drop(&mut self) {
        crate::strings::release(self.key);
        crate::strings::release(self.to_key);
    }
}

extern "C" fn get_key_name(context: *mut KeyContext) -> *const ModuleString {
    ptr::required(context).key
}

extern "C" fn get_to_key_name(context: *mut KeyContext) -> *const ModuleString {
    ptr::required(context).to_key
}

extern "C" fn get_db_id(context: *mut KeyContext) -> c_int {
    ptr::required(context).db
}

extern "C" fn get_to_db_id(context: *mut KeyContext) -> c_int {
    ptr::required(context).to_db
}

pub fn register(table: &mut Table) {
    table.add("GetKeyNameFromOptCtx", get_key_name as *const ());
    table.add("GetToKeyNameFromOptCtx", get_to_key_name as *const ());
    table.add("GetDbIdFromOptCtx", get_db_id as *const ());
    table.add("GetToDbIdFromOptCtx", get_to_db_id as *const ());
}
