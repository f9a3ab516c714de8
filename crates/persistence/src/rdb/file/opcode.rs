//! The bytes that introduce what is not a key; types of values lie below.

pub(in crate::rdb) const HASH_TEMPLATE: u8 = 0xf2;
pub(in crate::rdb) const KEY_METADATA: u8 = 0xf3;
pub(in crate::rdb) const SLOT: u8 = 0xf4;
pub(in crate::rdb) const LIBRARY: u8 = 0xf5;
pub(in crate::rdb) const MODULE_AUX: u8 = 0xf7;
pub(in crate::rdb) const IDLE: u8 = 0xf8;
pub(in crate::rdb) const FREQUENCY: u8 = 0xf9;
pub(in crate::rdb) const REMARK: u8 = 0xfa;
pub(in crate::rdb) const SIZES: u8 = 0xfb;
pub(in crate::rdb) const EXPIRY_MS: u8 = 0xfc;
pub(in crate::rdb) const EXPIRY_S: u8 = 0xfd;
pub(in crate::rdb) const DATABASE: u8 = 0xfe;
pub(in crate::rdb) const END: u8 = 0xff;

/// The word before a number in data of modules.
pub(in crate::rdb) const FIELD_UNSIGNED: u64 = 2;
