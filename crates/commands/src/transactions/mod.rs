//! Commands of the group transactions.

pub mod discard;
pub mod exec;
pub mod multi;
pub mod unwatch;
pub mod watch;
