//! Lua scripts: EVAL and its relatives on Lua 5.1.
//!
//! A [`Scripts`] holds one interpreter and the scripts it has compiled, by the SHA-1 of their text. It is a guest: reached
//! through a shared pointer, it borrows the whole state through the context of the command that called it, and calls
//! commands back through `State::call_nested`. Files: `convert` translates values, `library` is the `redis` table that
//! scripts see, `sandbox` what of Lua they keep, `run` one run of a script, `cache` the compiled ones.

#![forbid(unsafe_code)]

mod cache;
mod convert;
mod header;
mod library;
mod run;
mod sandbox;

pub use cache::Scripts;
