//! Lua scripts and functions: EVAL, FCALL and their relatives on Lua 5.1.
//!
//! [`Scripts`] holds two interpreters, one for scripts and one for libraries of functions, and what they have compiled. It is
//! a guest: reached through a shared pointer, it borrows the whole state through the context of the command that called
//! it, and calls commands back through `State::call_nested`. While a script runs, the state is lent (`run::Link`), so
//! that the functions of the `redis` table reach it. Files: `interpreter` makes an interpreter and its sandbox, `api` has
//! what scripts can call, `convert` translates values, `run` is one run of a script, `busy` what happens when that takes
//! long, `debugger` runs a script step by step, `cache` the compiled scripts, `functions` the libraries.

#![forbid(unsafe_code)]

mod api;
mod busy;
mod cache;
mod convert;
mod debugger;
mod functions;
mod header;
mod interpreter;
mod outcome;
mod run;

pub use cache::Scripts;
