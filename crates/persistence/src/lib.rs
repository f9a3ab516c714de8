//! Formats in which data outlives the process: RDB, and the append-only file.
//!
//! Bytes in, values out, and the other way; no file is touched here. [`rdb::dump`] is the payload of DUMP and
//! RESTORE, [`rdb::value`] the value inside. The bytes are drawn in `docs/formats/rdb.md`. Everything read is
//! untrusted: it is checked in full, never panics, and allocates no more than it has bytes to fill.

#![forbid(unsafe_code)]

pub mod aof;
pub mod check;
pub mod rdb;
pub mod version;
