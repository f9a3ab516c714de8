//! Every command: one folder per group, one file per command, each with its declaration beside its handler.
//!
//! [`table::BUILT_INS`] lists them; the engine finds them there and derives the rest from their specs.

#![forbid(unsafe_code)]

mod arguments;
mod array;
mod bitmap;
mod cluster;
mod collection;
mod connection;
mod generic;
mod geo;
mod hash;
mod help;
mod hyperloglog;
mod list;
mod pubsub;
mod scan_options;
mod scripting;
mod server;
mod set;
mod sorted_set;
mod stream;
mod string;
pub mod table;
mod transactions;
