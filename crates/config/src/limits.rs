//! Bounds of reading a configuration.

/// Deepest nesting of `include`.
pub const INCLUDE_DEPTH_MAX: usize = 16;
/// Most files that are included in all, some perhaps more than once.
pub const INCLUDES_MAX: usize = 1000;
/// Room for a numeric address and its end.
pub const ADDRESS_BYTES_MAX: usize = 46;
/// Most addresses in `bind`.
pub const BIND_ADDRESSES_MAX: usize = 16;
/// Longest announced host name.
pub const HOSTNAME_BYTES_MAX: usize = 255;
