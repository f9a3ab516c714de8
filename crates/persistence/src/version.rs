//! Versions of the formats.

/// The RDB version that is written, and the newest that is read.
pub const RDB_VERSION: u16 = 15;

/// That of Redis 7.0.
pub const RDB_VERSION_7_0: u16 = 10;
/// That of Redis 7.2 and Valkey.
pub const RDB_VERSION_7_2: u16 = 11;
