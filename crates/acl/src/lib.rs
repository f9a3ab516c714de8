//! Users, the rules that say what they may do, and the check whether they may make a call; nothing here does I/O.
//!
//! * [`User`] is what rules make: [`User::apply`] takes one, [`User::describe`] writes them down again.
//! * [`Catalog`] is what rules need to know of the commands there are.
//! * [`User::check`] decides about a [`Call`]; the commands a user may run are a bitmap that was made with the rules.
//! * [`Users`] holds all of them by name; [`file`] reads and writes them as text; [`Log`] keeps what was refused.
#![forbid(unsafe_code)]

pub mod catalog;
pub mod check;
mod command_set;
pub mod error;
pub mod file;
pub mod log;
pub mod password;
mod rule;
pub mod selector;
pub mod user;
pub mod users;
pub mod words;

pub use catalog::{Catalog, CommandInfo};
pub use check::{Call, Denied, KeyAccess, NamedChannel, NamedKey};
pub use error::RuleError;
pub use log::Log;
pub use selector::Selector;
pub use user::User;
pub use users::Users;

#[cfg(test)]
mod tests;
