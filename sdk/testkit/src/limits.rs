//! Bounds on every wait and size, so that no test hangs.

use std::time::Duration;

/// How long a reply may take before the step fails.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client that must stay blocked is watched, in which nothing may arrive.
pub const BLOCKED_WATCH: Duration = Duration::from_millis(60);
/// How long a server may take to answer its first PING.
pub const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server may take to stop before it is killed.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest `@advance` that is really waited for where time cannot be moved.
pub const REAL_ADVANCE_MAX: Duration = Duration::from_millis(2500);
/// Nesting of replies.
pub const REPLY_DEPTH_MAX: usize = 64;
/// Elements of one aggregate reply.
pub const REPLY_ELEMENTS_MAX: usize = 16 << 20;
