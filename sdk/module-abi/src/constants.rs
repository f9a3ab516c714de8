//! The numbers of the Module API.

/// What most functions return.
pub mod status {
    pub const OK: i32 = 0;
    pub const ERR: i32 = 1;
}

/// Types of keys.
pub mod key_type {
    pub const EMPTY: i32 = 0;
    pub const STRING: i32 = 1;
    pub const LIST: i32 = 2;
    pub const HASH: i32 = 3;
    pub const SET: i32 = 4;
    pub const ZSET: i32 = 5;
    pub const MODULE: i32 = 6;
    pub const STREAM: i32 = 7;
}

/// Types of call replies.
pub mod reply_type {
    pub const UNKNOWN: i32 = -1;
    pub const STRING: i32 = 0;
    pub const ERROR: i32 = 1;
    pub const INTEGER: i32 = 2;
    pub const ARRAY: i32 = 3;
    pub const NULL: i32 = 4;
    pub const MAP: i32 = 5;
    pub const SET: i32 = 6;
    pub const BOOL: i32 = 7;
    pub const DOUBLE: i32 = 8;
    pub const BIG_NUMBER: i32 = 9;
    pub const VERBATIM_STRING: i32 = 10;
    pub const ATTRIBUTE: i32 = 11;
    pub const PROMISE: i32 = 12;
}

/// How a key is opened.
pub mod open_mode {
    pub const READ: i32 = 1 << 0;
    pub const WRITE: i32 = 1 << 1;
    pub const NOTOUCH: i32 = 1 << 16;
    pub const NONOTIFY: i32 = 1 << 17;
    pub const NOSTATS: i32 = 1 << 18;
    pub const NOEXPIRE: i32 = 1 << 19;
    pub const NOEFFECTS: i32 = 1 << 20;
    pub const ACCESS_EXPIRED: i32 = 1 << 21;
    pub const ACCESS_TRIMMED: i32 = 1 << 22;
}

/// Flags of HashSet and HashGet.
pub mod hash_flag {
    pub const NX: i32 = 1 << 0;
    pub const XX: i32 = 1 << 1;
    pub const CFIELDS: i32 = 1 << 2;
    pub const EXISTS: i32 = 1 << 3;
    pub const COUNT_ALL: i32 = 1 << 4;
    pub const EXPIRE_TIME: i32 = 1 << 5;
}

/// Flags of ZsetAdd, in and out.
pub mod zadd_flag {
    pub const XX: i32 = 1 << 0;
    pub const NX: i32 = 1 << 1;
    pub const ADDED: i32 = 1 << 2;
    pub const UPDATED: i32 = 1 << 3;
    pub const NOP: i32 = 1 << 4;
    pub const GT: i32 = 1 << 5;
    pub const LT: i32 = 1 << 6;
}

/// Flags of GetContextFlags.
pub mod context_flag {
    pub const LUA: i32 = 1 << 0;
    pub const MULTI: i32 = 1 << 1;
    pub const MASTER: i32 = 1 << 2;
    pub const SLAVE: i32 = 1 << 3;
    pub const READONLY: i32 = 1 << 4;
    pub const CLUSTER: i32 = 1 << 5;
    pub const AOF: i32 = 1 << 6;
    pub const RDB: i32 = 1 << 7;
    pub const MAXMEMORY: i32 = 1 << 8;
    pub const EVICT: i32 = 1 << 9;
    pub const OOM: i32 = 1 << 10;
    pub const OOM_WARNING: i32 = 1 << 11;
    pub const REPLICATED: i32 = 1 << 12;
    pub const LOADING: i32 = 1 << 13;
    pub const REPLICA_IS_STALE: i32 = 1 << 14;
    pub const REPLICA_IS_CONNECTING: i32 = 1 << 15;
    pub const REPLICA_IS_TRANSFERRING: i32 = 1 << 16;
    pub const REPLICA_IS_ONLINE: i32 = 1 << 17;
    pub const ACTIVE_CHILD: i32 = 1 << 18;
    pub const MULTI_DIRTY: i32 = 1 << 19;
    pub const IS_CHILD: i32 = 1 << 20;
    pub const DENY_BLOCKING: i32 = 1 << 21;
    pub const RESP3: i32 = 1 << 22;
    pub const ASYNC_LOADING: i32 = 1 << 23;
    pub const SERVER_STARTUP: i32 = 1 << 24;
    pub const DEBUG_ENABLED: i32 = 1 << 25;
}

/// Flags of KeyAtPosWithFlags and SetCommandInfo.
pub mod key_command_flag {
    pub const RO: i32 = 1 << 0;
    pub const RW: i32 = 1 << 1;
    pub const OW: i32 = 1 << 2;
    pub const RM: i32 = 1 << 3;
    pub const ACCESS: i32 = 1 << 4;
    pub const UPDATE: i32 = 1 << 5;
    pub const INSERT: i32 = 1 << 6;
    pub const DELETE: i32 = 1 << 7;
    pub const NOT_KEY: i32 = 1 << 8;
    pub const INCOMPLETE: i32 = 1 << 9;
    pub const VARIABLE_FLAGS: i32 = 1 << 10;
}

/// API version that Init must be called with.
pub const API_VERSION: i32 = 1;
/// A reply whose length is told later.
pub const POSTPONED_LEN: i64 = -1;
/// No expiry.
pub const NO_EXPIRE: i64 = -1;
/// Where ListPush and ListPop work.
pub const LIST_HEAD: i32 = 0;
pub const LIST_TAIL: i32 = 1;
/// Type methods newer than this are not understood.
pub const TYPE_METHODS_VERSION: u64 = 5;
/// Characters of the name of a data type.
pub const TYPE_NAME_BYTES: usize = 9;
/// Largest encoding version of a data type.
pub const ENCODING_VERSION_MAX: i32 = 1023;
