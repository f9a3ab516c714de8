//! The table of functions that a module gives with a class of metadata of keys.

use std::ffi::{c_char, c_int};

use crate::data_types::Opaque;

/// Functions of a class, as of version 1.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct KeyMetaClassConfig {
    pub version: u64,
    pub flags: u64,
    /// A key without metadata of the class has this, and no function is called for it.
    pub reset_value: u64,
    pub copy: Option<unsafe extern "C" fn(context: Opaque, metadata: *mut u64) -> c_int>,
    pub rename: Option<unsafe extern "C" fn(context: Opaque, metadata: *mut u64) -> c_int>,
    pub move_to: Option<unsafe extern "C" fn(context: Opaque, metadata: *mut u64) -> c_int>,
    pub unlink: Option<unsafe extern "C" fn(context: Opaque, metadata: *mut u64)>,
    pub free: Option<unsafe extern "C" fn(key: *const c_char, metadata: u64)>,
    pub rdb_load:
        Option<unsafe extern "C" fn(io: Opaque, metadata: *mut u64, version: c_int) -> c_int>,
    pub rdb_save: Option<unsafe extern "C" fn(io: Opaque, reserved: Opaque, metadata: *mut u64)>,
    pub aof_rewrite: Option<unsafe extern "C" fn(io: Opaque, reserved: Opaque, metadata: u64)>,
    pub defrag: Option<unsafe extern "C" fn(context: Opaque, key: Opaque, metadata: u64) -> c_int>,
    pub mem_usage:
        Option<unsafe extern "C" fn(context: Opaque, sample: usize, metadata: u64) -> usize>,
    pub free_effort: Option<unsafe extern "C" fn(context: Opaque, metadata: u64) -> usize>,
}

/// Latest version of the table.
pub const KEY_META_VERSION: u64 = 1;

/// Bits of its flags: a class that nobody knows is left out where its metadata is loaded.
pub const META_ALLOW_IGNORE: u64 = 1 << 0;

/// Letters of the name of a class.
pub const KEY_META_NAME_BYTES: usize = 4;

/// Greatest version of what a class saves.
pub const KEY_META_CLASS_VERSION_MAX: c_int = 31;

/// Classes there can be; they are numbered from 1.
pub const KEY_META_CLASSES: usize = 7;
