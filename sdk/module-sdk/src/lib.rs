//! Safe Rust for modules: one declaration, typed arguments and replies, data types by a trait; the same `.so` loads into
//! Redis, Valkey and Bulkhead.
//!
//! A module is declared with [`module!`], its commands with [`Command`] in the words of `command-spec`, its data types by
//! implementing [`DataType`]. `examples/tally.rs` is a whole module. A panic in a command becomes an error reply, so a
//! module has to be built with unwinding panics (Cargo's default). Unsafe code is in `raw` alone.

#![deny(unsafe_code)]

mod arguments;
mod module;
#[allow(unsafe_code, reason = "the fence: what calls the server and is called by it")]
pub mod raw;
mod reply;

pub use arguments::Arguments;
pub use command_spec;
pub use command_spec::{Argument, CommandSpec, Group, KeySpec, category, flag, key_flag};
pub use module::{Command, Event, Module};
pub use raw::allocator::ServerAllocator;
pub use raw::background::Background;
pub use raw::calls::CallReply;
pub use raw::config::{BoolConfig, Config, EnumConfig, NumericConfig, StringConfig};
pub use raw::context::{Context, EventContext, LogLevel};
pub use raw::data_type::{DataType, Digest, Loader, Registered, Rewriter, Saver, TypeHandle};
pub use raw::info::Info;
pub use raw::keys::{ReadKey, WriteKey};
pub use raw::test_server::TestServer;
pub use reply::{Error, Reply, Result};
