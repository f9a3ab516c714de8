//! The configuration: one table of parameters, redis.conf read and rewritten, CONFIG GET and SET; no file is touched here.
//!
//! * [`Config`] is the struct of all values, made from the rows of `table.rs`; hot paths read its fields.
//! * [`Parameter`] is one row, for everything that works on any parameter.
//! * [`Startup::load`] reads command line and redis.conf; files come in through [`Files`].
//! * [`Config::prepare`] is CONFIG SET: all or nothing, giving the new configuration and the list of what changed.
//! * [`rewrite::rewrite`] is CONFIG REWRITE: old text in, new text out.
#![forbid(unsafe_code)]

pub mod command_line;
pub mod enums;
pub mod file;
pub mod get;
pub mod limits;
pub mod modules;
pub mod number;
pub mod parameter;
pub mod rewrite;
pub mod set;
pub mod setting;
pub mod special;
pub mod table;
pub mod validate;

pub use command_line::{Action, CommandLine};
pub use file::{Files, LoadError, LoadModule, Startup};
pub use modules::{ModuleKind, ModuleParameter, ModuleParameters, ModuleValue};
pub use parameter::{Flags, Kind, Parameter};
pub use set::{Change, SetError, SetRules};
pub use setting::{Origin, Reason, Setting};
pub use table::{Config, PARAMETERS};

#[cfg(test)]
mod oracle_tests;
