//! Transcripts of sessions with a server, and what it takes to play them: a RESP client, a server starter, a runner.
//!
//! A transcript (`.rtest`, notation in `docs/guides/transcripts.md`) is read by [`Script`], played by [`Runner`] over any
//! [`Transport`] (a TCP connection, or an engine in the same process), and may be filled in from a genuine server
//! ([`complete`]). Nothing here knows a particular server; module authors use it as we do.

#![forbid(unsafe_code)]

mod client;
mod complete;
mod declarations;
mod error;
mod limits;
mod quote;
mod render;
mod reply;
mod runner;
mod script;
mod server_process;
mod transport;

pub use client::Client;
pub use complete::{Completion, complete};
pub use declarations::declarations;
pub use error::{Error, Result};
pub use quote::{encode_command, quote, split_words};
pub use render::{render, render_as_resp2};
pub use reply::{Reply, parse_reply};
pub use runner::{Failure, Outcome, Protocol, Runner};
pub use script::{Action, Expected, Mode, Place, Script, Step};
pub use server_process::{ServerOptions, ServerProcess};
pub use transport::{Advanced, Received, TcpTransport, Transport};
