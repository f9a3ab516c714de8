//! What is done with bytes from outside, in search of faults: the same functions for libFuzzer and for `cargo xtask fuzz`.

#![forbid(unsafe_code)]

pub mod acl;
pub mod configuration;
pub mod fuzzed;
pub mod json;
pub mod lua;
pub mod mutate;
pub mod requests;
pub mod restore;
pub mod seeds;
pub mod server;
