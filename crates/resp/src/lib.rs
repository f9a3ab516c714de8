//! RESP2 and RESP3 as bytes in and bytes out: requests are parsed in place, replies are written into one buffer.
//!
//! * [`Reply`] writes one client's replies, choosing the shape by the client's protocol version.
//! * [`Parser`] finds the arguments of the next request inside the query buffer without copying them.
//! * [`Value`] is a reply read back, for callers of commands inside the server and for tests.
//!
//! Nothing here knows a socket or a command; limits arrive as arguments.
#![forbid(unsafe_code)]

pub use stdx::double;
pub mod limits;
pub mod reply;
pub mod request;
pub mod value;

pub use reply::{Mark, Reply};
pub use request::{Limits, Outcome, Parser, ProtocolError};
pub use value::{ParseError, Value};
