//! What bounds documents and paths that come from outside.

/// Levels of arrays and objects within each other that clients can make.
pub const DEPTH_MAX: usize = 128;
/// The same of a saved document, which another server may have written.
pub const SAVED_DEPTH_MAX: usize = 512;
const _: () = assert!(DEPTH_MAX <= SAVED_DEPTH_MAX);

/// Bytes of a path.
pub const PATH_BYTES_MAX: usize = 64 * 1024;
/// Levels of expressions within each other in a path, and operators in a row.
pub const PATH_DEPTH_MAX: usize = 64;
/// Values that one path may come by; more end it with an error.
pub const VISITS_MAX: u64 = if cfg!(test) { 1 << 16 } else { 1 << 25 };
/// Bytes of a compiled regular expression.
pub const REGEX_BYTES_MAX: usize = 1 << 20;

/// Members of an object up to which they are a plain list.
pub const LIST_MEMBERS_MAX: usize = 32;
/// Bytes of a string that lie in the value itself.
pub const SHORT_BYTES_MAX: usize = 14;
/// Numbers from which an array of them is packed.
pub const PACKED_MIN: usize = 4;
/// Bytes of a member's name up to which equal names share one text.
pub const SHARED_NAME_BYTES_MAX: usize = 64;

/// Values that one command may write by copies of what it was given.
pub const WRITTEN_MAX: usize = 1 << 24;
