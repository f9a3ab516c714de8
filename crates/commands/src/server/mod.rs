//! Commands of the group server.

pub mod dbsize;
pub mod flushall;
pub mod flushdb;
pub mod module;
pub mod swapdb;
