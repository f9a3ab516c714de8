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
/// Operators and calls of a path that have a value in front: each is one level more to compute.
pub const PATH_OPERATORS_MAX: usize = 512;
/// Values that one path may come by; more end it with an error. What is compared, copied and searched counts as well.
pub const VISITS_MAX: usize = if cfg!(test) { 1 << 16 } else { 1 << 25 };
/// Levels of documents that a path may be below at once, all its filters taken together.
pub const DESCENTS_MAX: usize = 1024;
const _: () = assert!(SAVED_DEPTH_MAX < DESCENTS_MAX);
/// Bytes of a regular expression, which a document may hold.
pub const PATTERN_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a compiled regular expression.
pub const REGEX_BYTES_MAX: usize = 1 << 20;
/// Bytes in memory of several values that one command may reply with, and bytes of a text with layout.
pub const REPLY_BYTES_MAX: usize = if cfg!(test) { 1 << 16 } else { 1 << 29 };

/// Members of an object up to which they are a plain list.
pub const LIST_MEMBERS_MAX: usize = 32;
/// Bytes of a string that lie in the value itself.
pub const SHORT_BYTES_MAX: usize = 14;
/// Numbers from which an array of them is packed.
pub const PACKED_MIN: usize = 4;
/// Bytes of a member's name up to which equal names share one text.
pub const SHARED_NAME_BYTES_MAX: usize = 64;

/// Bytes that one command may add to strings by copies of what it was given.
pub const WRITTEN_TEXT_MAX: usize = 1 << 24;
/// Bytes in memory that one command may write by copies of what it was given.
pub const WRITTEN_BYTES_MAX: usize = 1 << 28;
/// Parts of a value that are counted to say how long freeing it takes: more of them are many.
pub const EFFORT_MAX: usize = 1024;
