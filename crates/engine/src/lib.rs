//! The engine: all state, and the one way a command is executed.
//!
//! The shell (server or simulator) calls [`Engine::execute`] with a client and its arguments, and performs the
//! [`Effect`]s that come out. Inside: `table` finds the command, `gates` let it pass, its handler runs with a
//! [`Context`], `commit` does what follows. Nothing here reads a clock, a file or a socket.

#![forbid(unsafe_code)]

pub mod access;
pub mod aof;
pub mod blocking;
pub mod child;
pub mod client;
mod client_line;
pub mod client_memory;
pub mod clock;
pub mod cluster;
pub mod collections;
pub mod command;
mod commit;
mod config_change;
pub mod config_set;
pub mod context;
pub mod dataset;
pub mod defrag;
pub mod effect;
pub mod error;
mod evict;
mod execute;
mod expire;
mod expire_fields;
mod farewell;
pub mod fieldsets;
mod flush;
pub mod gates;
pub mod guests;
pub mod hash_fields;
pub mod host;
pub mod hotkeys;
pub mod info;
pub mod keys;
pub mod latency;
pub mod lazyfree;
pub mod links;
pub mod loading;
pub mod lookahead;
pub mod lookup;
pub mod metadata;
mod monitor;
pub mod notify;
pub mod parked;
pub mod permissions;
pub mod primary_link;
pub mod propagation;
pub mod pubsub;
pub mod redact;
pub mod replica_expiry;
pub mod replica_feed;
mod replica_stream;
pub mod replica_sync;
pub mod replica_wait;
pub mod save_file;
pub mod saving;
pub mod server_event;
pub mod slowlog;
pub mod state;
pub mod stats;
pub mod store;
pub mod table;
mod template_load;
pub mod timers;
pub mod tracking;
pub mod transaction;
pub mod version;

pub use client::{Client, ClientId, Peer, client_flag};
pub use command::{BuiltIn, Command, GuestCommand, Run};
pub use context::{Argv, Context};
pub use effect::Effect;
pub use error::{CommandError, CommandResult};
pub use execute::Outcome;
pub use state::{Engine, Ports, State};
