//! Commands of the group connection.

pub mod echo;
pub mod ping;
pub mod select;
