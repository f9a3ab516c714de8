//! Commands of the group server.

pub mod module;
