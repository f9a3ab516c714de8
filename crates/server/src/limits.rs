//! The bounds of the shell that are not configurable.

/// Bytes asked for in one read of an ordinary client.
pub const READ_BYTES: usize = 16 * 1024;
/// An argument at least this long gets a query buffer of its own, read in one piece.
pub const BIG_ARGUMENT_BYTES: usize = 32 * 1024;
/// A query buffer grows by at most its own size or this, so that a promised length costs nothing until bytes come.
pub const QUERY_GROWTH_BYTES: usize = 1024 * 1024;
/// An output buffer larger than this gives its memory back once it is written.
pub const LARGE_OUTPUT_BYTES: usize = 256 * 1024;
/// Descriptors the server needs for itself beside clients.
pub const RESERVED_DESCRIPTORS: u64 = 32;
/// Clients looked at in one cron run at least.
pub const CLIENTS_PER_CRON_MIN: usize = 5;
/// Unsent output, beyond what every client may have, after which a client that has not authenticated is closed.
pub const UNAUTHENTICATED_OUTPUT_BYTES_MAX: u64 = 1024;
