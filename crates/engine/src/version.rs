//! The version of Redis whose behaviour this server has.

/// As INFO, HELLO and the log name it.
pub const REDIS_VERSION: &str = "8.10.2";
/// As modules compare it: major, minor and patch in a byte each.
pub const REDIS_VERSION_NUMBER: u32 = 0x0008_0a02;
