//! The type bytes of values.

pub const STRING: u8 = 0;
pub const LIST: u8 = 1;
pub const SET: u8 = 2;
pub const ZSET: u8 = 3;
pub const HASH: u8 = 4;
pub const ZSET_2: u8 = 5;
pub const MODULE_2: u8 = 7;
pub const HASH_ZIPMAP: u8 = 9;
pub const LIST_ZIPLIST: u8 = 10;
pub const SET_INTSET: u8 = 11;
pub const ZSET_ZIPLIST: u8 = 12;
pub const HASH_ZIPLIST: u8 = 13;
pub const LIST_QUICKLIST: u8 = 14;
pub const STREAM_LISTPACKS: u8 = 15;
pub const HASH_LISTPACK: u8 = 16;
pub const ZSET_LISTPACK: u8 = 17;
pub const LIST_QUICKLIST_2: u8 = 18;
pub const STREAM_LISTPACKS_2: u8 = 19;
pub const SET_LISTPACK: u8 = 20;
pub const STREAM_LISTPACKS_3: u8 = 21;
pub const HASH_METADATA_EARLY: u8 = 22;
pub const HASH_LISTPACK_EX_EARLY: u8 = 23;
pub const HASH_METADATA: u8 = 24;
pub const HASH_LISTPACK_EX: u8 = 25;
pub const STREAM_LISTPACKS_4: u8 = 26;
pub const STREAM_LISTPACKS_5: u8 = 27;
pub const ARRAY: u8 = 28;
pub const HASH_TEMPLATE_LISTPACK: u8 = 29;
pub const HASH_TEMPLATE_LISTPACK_REF: u8 = 30;
pub const HASH_TEMPLATE_ARRAY: u8 = 31;
pub const HASH_TEMPLATE_ARRAY_REF: u8 = 32;

/// A hash some of whose fields expire.
pub fn has_field_expiry(code: u8) -> bool {
    (HASH_METADATA_EARLY..=HASH_LISTPACK_EX).contains(&code)
}

/// The names that `redis-check-rdb` gives them.
pub fn name(code: u8) -> &'static str {
    match code {
        STRING => "string",
        LIST => "list-linked",
        SET => "set-hashtable",
        ZSET => "zset-v1",
        HASH => "hash-hashtable",
        ZSET_2 => "zset-v2",
        6 => "module-pre-release",
        MODULE_2 => "module-value",
        HASH_ZIPMAP => "hash-zipmap",
        LIST_ZIPLIST => "list-ziplist",
        SET_INTSET => "set-intset",
        ZSET_ZIPLIST => "zset-ziplist",
        HASH_ZIPLIST => "hash-ziplist",
        LIST_QUICKLIST => "quicklist",
        STREAM_LISTPACKS => "stream",
        HASH_LISTPACK => "hash-listpack",
        ZSET_LISTPACK => "zset-listpack",
        LIST_QUICKLIST_2 => "quicklist-v2",
        STREAM_LISTPACKS_2 => "stream-v2",
        SET_LISTPACK => "set-listpack",
        STREAM_LISTPACKS_3 => "stream-v3",
        HASH_METADATA_EARLY => "hash-hashtable-md-pre-release",
        HASH_LISTPACK_EX_EARLY => "hash-listpack-md-pre-release",
        HASH_METADATA => "hash-hashtable-md",
        HASH_LISTPACK_EX => "hash-listpack-md",
        STREAM_LISTPACKS_4 => "stream-v4",
        STREAM_LISTPACKS_5 => "stream-v5",
        ARRAY => "array",
        HASH_TEMPLATE_LISTPACK => "hash-tmpl-lp",
        HASH_TEMPLATE_LISTPACK_REF => "hash-tmpl-lp-ref",
        HASH_TEMPLATE_ARRAY => "hash-tmpl-array",
        HASH_TEMPLATE_ARRAY_REF => "hash-tmpl-array-ref",
        _ => UNKNOWN,
    }
}

/// Whether a value can begin with this byte.
pub fn is_known(code: u8) -> bool {
    name(code) != UNKNOWN
}

const UNKNOWN: &str = "unknown";
