//! Versions of the formats.

/// The RDB version that is written, and the newest that is read.
pub const RDB_VERSION: u16 = 15;
