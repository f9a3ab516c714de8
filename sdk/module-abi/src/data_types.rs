//! The table of functions that a module gives with a data type.

use std::ffi::{c_int, c_void};

/// A pointer whose meaning only one side knows.
pub type Opaque = *mut c_void;

/// Methods of a data type, as of version 5; a module may give an older, shorter table and says which in `version`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct TypeMethods {
    pub version: u64,
    pub rdb_load: Option<unsafe extern "C" fn(io: Opaque, encver: c_int) -> Opaque>,
    pub rdb_save: Option<unsafe extern "C" fn(io: Opaque, value: Opaque)>,
    pub aof_rewrite: Option<unsafe extern "C" fn(io: Opaque, key: Opaque, value: Opaque)>,
    pub mem_usage: Option<unsafe extern "C" fn(value: Opaque) -> usize>,
    pub digest: Option<unsafe extern "C" fn(digest: Opaque, value: Opaque)>,
    pub free: Option<unsafe extern "C" fn(value: Opaque)>,
    pub aux_load: Option<unsafe extern "C" fn(io: Opaque, encver: c_int, when: c_int) -> c_int>,
    pub aux_save: Option<unsafe extern "C" fn(io: Opaque, when: c_int)>,
    pub aux_save_triggers: c_int,
    pub free_effort: Option<unsafe extern "C" fn(key: Opaque, value: Opaque) -> usize>,
    pub unlink: Option<unsafe extern "C" fn(key: Opaque, value: Opaque)>,
    pub copy: Option<unsafe extern "C" fn(from: Opaque, to: Opaque, value: Opaque) -> Opaque>,
    pub defrag:
        Option<unsafe extern "C" fn(context: Opaque, key: Opaque, value: *mut Opaque) -> c_int>,
    pub mem_usage2:
        Option<unsafe extern "C" fn(context: Opaque, value: Opaque, sample: usize) -> usize>,
    pub free_effort2: Option<unsafe extern "C" fn(context: Opaque, value: Opaque) -> usize>,
    pub unlink2: Option<unsafe extern "C" fn(context: Opaque, value: Opaque)>,
    pub copy2: Option<unsafe extern "C" fn(context: Opaque, value: Opaque) -> Opaque>,
    pub aux_save2: Option<unsafe extern "C" fn(io: Opaque, when: c_int)>,
}

/// Bytes of the table in each version.
pub const fn methods_bytes(version: u64) -> usize {
    use std::mem::offset_of;
    match version {
        0 | 1 => offset_of!(TypeMethods, aux_load),
        2 => offset_of!(TypeMethods, free_effort),
        3 => offset_of!(TypeMethods, mem_usage2),
        4 => offset_of!(TypeMethods, aux_save2),
        _ => size_of::<TypeMethods>(),
    }
}
