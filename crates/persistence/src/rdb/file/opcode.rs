//! The bytes that introduce what is not a key; types of values lie below.

pub(super) const HASH_TEMPLATE: u8 = 0xf2;
pub(super) const SLOT: u8 = 0xf4;
pub(super) const LIBRARY: u8 = 0xf5;
pub(super) const MODULE_AUX: u8 = 0xf7;
pub(super) const IDLE: u8 = 0xf8;
pub(super) const FREQUENCY: u8 = 0xf9;
pub(super) const REMARK: u8 = 0xfa;
pub(super) const SIZES: u8 = 0xfb;
pub(super) const EXPIRY_MS: u8 = 0xfc;
pub(super) const EXPIRY_S: u8 = 0xfd;
pub(super) const DATABASE: u8 = 0xfe;
pub(super) const END: u8 = 0xff;

/// The word before a number in data of modules.
pub(super) const FIELD_UNSIGNED: u64 = 2;
