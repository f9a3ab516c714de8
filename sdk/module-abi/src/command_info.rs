//! What SetCommandInfo takes. The lists end with an element that is all zeros; how long their elements are is told, since later
//! versions may add to them.

use std::ffi::{c_char, c_int};

/// Sizes of the structures that a module was compiled with.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct InfoVersion {
    pub version: c_int,
    pub history_bytes: usize,
    pub key_spec_bytes: usize,
    pub argument_bytes: usize,
}

impl InfoVersion {
    /// Of the structures here.
    pub const CURRENT: InfoVersion = InfoVersion {
        version: 1,
        history_bytes: size_of::<InfoHistory>(),
        key_spec_bytes: size_of::<InfoKeySpec>(),
        argument_bytes: size_of::<InfoArgument>(),
    };
}

/// `RedisModuleCommandInfo`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CommandInfo {
    pub version: *const InfoVersion,
    pub summary: *const c_char,
    pub complexity: *const c_char,
    pub since: *const c_char,
    pub history: *const InfoHistory,
    pub tips: *const c_char,
    pub arity: c_int,
    pub key_specs: *const InfoKeySpec,
    pub arguments: *const InfoArgument,
}

/// `RedisModuleCommandHistoryEntry`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct InfoHistory {
    pub since: *const c_char,
    pub changes: *const c_char,
}

/// Which member of [`BeginPlace`] is meant.
pub mod begin_kind {
    pub const UNKNOWN: i32 = 1;
    pub const INDEX: i32 = 2;
    pub const KEYWORD: i32 = 3;
}

/// Where the search for keys begins.
#[repr(C)]
#[derive(Clone, Copy)]
pub union BeginPlace {
    pub index: c_int,
    pub keyword: BeginKeyword,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct BeginKeyword {
    pub word: *const c_char,
    pub start_from: c_int,
}

/// What the three numbers of `find` are.
pub mod find_kind {
    /// The one key where the search began.
    pub const OMITTED: i32 = 0;
    pub const UNKNOWN: i32 = 1;
    /// Last key, step, limit.
    pub const RANGE: i32 = 2;
    /// Index of the number of keys, first key, step.
    pub const KEYNUM: i32 = 3;
}

/// `RedisModuleCommandKeySpec`; `flags` as in `key_command_flag`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct InfoKeySpec {
    pub notes: *const c_char,
    pub flags: u64,
    /// Of [`begin_kind`]; 0 at the end of the list.
    pub begin_kind: c_int,
    pub begin: BeginPlace,
    pub find_kind: c_int,
    pub find: [c_int; 3],
}

/// Kinds of arguments.
pub mod argument_kind {
    pub const STRING: i32 = 0;
    pub const INTEGER: i32 = 1;
    pub const DOUBLE: i32 = 2;
    pub const KEY: i32 = 3;
    pub const PATTERN: i32 = 4;
    pub const UNIX_TIME: i32 = 5;
    pub const PURE_TOKEN: i32 = 6;
    pub const ONE_OF: i32 = 7;
    pub const BLOCK: i32 = 8;
}

/// Flags of arguments.
pub mod argument_flag {
    pub const OPTIONAL: i32 = 1 << 0;
    pub const MULTIPLE: i32 = 1 << 1;
    pub const MULTIPLE_TOKEN: i32 = 1 << 2;
}

/// `RedisModuleCommandArg`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct InfoArgument {
    pub name: *const c_char,
    pub kind: c_int,
    pub key_spec_index: c_int,
    pub token: *const c_char,
    pub summary: *const c_char,
    pub since: *const c_char,
    pub flags: c_int,
    pub deprecated_since: *const c_char,
    pub arguments: *const InfoArgument,
    pub display: *const c_char,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a C compiler lays the structures of the Module API out.
    #[test]
    fn the_layout_is_that_of_c() {
        assert_eq!((size_of::<InfoVersion>(), size_of::<CommandInfo>()), (32, 72));
        assert_eq!((size_of::<InfoHistory>(), size_of::<InfoKeySpec>()), (16, 56));
        assert_eq!(size_of::<InfoArgument>(), 72);
        assert_eq!(std::mem::offset_of!(InfoKeySpec, begin), 24);
        assert_eq!(std::mem::offset_of!(InfoKeySpec, find_kind), 40);
    }
}
