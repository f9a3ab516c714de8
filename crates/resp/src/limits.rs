//! The bounds of the protocol that are not configurable.

/// Longest line: an inline request, or the count behind `*` and `$`.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Most arguments in one request.
pub const MULTIBULK_MAX: i64 = i32::MAX as i64;
/// Most arguments in one request before the client has authenticated.
pub const UNAUTHENTICATED_MULTIBULK_MAX: i64 = 10;
/// Longest argument before the client has authenticated.
pub const UNAUTHENTICATED_BULK_BYTES_MAX: i64 = 16_384;
/// `proto-max-bulk-len` as shipped.
pub const BULK_BYTES_MAX_DEFAULT: u64 = 512 * 1024 * 1024;
/// Argument positions are 32 bits wide, so one request never spans more than this.
pub const REQUEST_BYTES_MAX: usize = u32::MAX as usize;
/// Slots for arguments reserved on the word of a client; more are added as the arguments really arrive.
pub const ARGUMENTS_RESERVED_MAX: usize = 1024;
/// Deepest nesting accepted when a reply is read back.
pub const VALUE_DEPTH_MAX: usize = 128;

const _: () = assert!(UNAUTHENTICATED_BULK_BYTES_MAX < BULK_BYTES_MAX_DEFAULT as i64);
const _: () = assert!(UNAUTHENTICATED_MULTIBULK_MAX < MULTIBULK_MAX);
