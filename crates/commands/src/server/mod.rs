//! Commands of the group server.

pub mod acl;
pub mod bgrewriteaof;
pub mod bgsave;
pub mod command;
pub mod config;
pub mod dbsize;
pub mod debug;
pub mod flushall;
pub mod flushdb;
pub mod info;
pub mod lastsave;
pub mod latency;
pub mod lolwut;
pub mod memory;
pub mod module;
pub mod monitor;
pub mod replconf;
pub mod replicaof;
pub mod restore_asking;
pub mod role;
pub mod save;
pub mod shutdown;
pub mod slowlog;
pub mod swapdb;
pub mod sync;
pub mod time;
