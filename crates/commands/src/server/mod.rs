//! Commands of the group server.

pub mod config;
pub mod dbsize;
pub mod flushall;
pub mod flushdb;
pub mod info;
pub mod module;
pub mod swapdb;
