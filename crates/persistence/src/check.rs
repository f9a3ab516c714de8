//! Looking at files without taking them in: what they hold, and where they break.

mod aof;
mod rdb;

pub use aof::{AofCheck, AofReport, Cut};
pub use rdb::{RdbReport, rdb};
