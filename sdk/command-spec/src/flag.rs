//! Command flags, as COMMAND INFO prints them.

pub const WRITE: u64 = 1 << 0;
pub const READONLY: u64 = 1 << 1;
pub const DENYOOM: u64 = 1 << 2;
pub const MODULE: u64 = 1 << 3;
pub const ADMIN: u64 = 1 << 4;
pub const PUBSUB: u64 = 1 << 5;
pub const NOSCRIPT: u64 = 1 << 6;
pub const BLOCKING: u64 = 1 << 7;
pub const LOADING: u64 = 1 << 8;
pub const STALE: u64 = 1 << 9;
pub const SKIP_MONITOR: u64 = 1 << 10;
pub const SKIP_SLOWLOG: u64 = 1 << 11;
pub const ASKING: u64 = 1 << 12;
pub const FAST: u64 = 1 << 13;
pub const NO_AUTH: u64 = 1 << 14;
pub const MAY_REPLICATE: u64 = 1 << 15;
pub const NO_MANDATORY_KEYS: u64 = 1 << 16;
pub const ALLOW_BUSY: u64 = 1 << 17;
pub const NO_MULTI: u64 = 1 << 18;
pub const MOVABLEKEYS: u64 = 1 << 19;
pub const NO_ASYNC_LOADING: u64 = 1 << 20;
pub const SENTINEL: u64 = 1 << 21;
pub const ONLY_SENTINEL: u64 = 1 << 22;
pub const SCRIPT_RUNNER: u64 = 1 << 23;
pub const TOUCHES_ARBITRARY_KEYS: u64 = 1 << 24;
pub const PROTECTED: u64 = 1 << 25;
pub const INTERNAL: u64 = 1 << 26;

/// Names as COMMAND INFO prints them; flags that are not listed are internal.
pub const NAMES: [(u64, &str); 21] = [
    (WRITE, "write"),
    (READONLY, "readonly"),
    (DENYOOM, "denyoom"),
    (MODULE, "module"),
    (ADMIN, "admin"),
    (PUBSUB, "pubsub"),
    (NOSCRIPT, "noscript"),
    (BLOCKING, "blocking"),
    (LOADING, "loading"),
    (STALE, "stale"),
    (SKIP_MONITOR, "skip_monitor"),
    (SKIP_SLOWLOG, "skip_slowlog"),
    (ASKING, "asking"),
    (FAST, "fast"),
    (NO_AUTH, "no_auth"),
    (NO_MANDATORY_KEYS, "no_mandatory_keys"),
    (ALLOW_BUSY, "allow_busy"),
    (NO_MULTI, "no_multi"),
    (MOVABLEKEYS, "movablekeys"),
    (NO_ASYNC_LOADING, "no_async_loading"),
    (SCRIPT_RUNNER, "script_runner"),
];
