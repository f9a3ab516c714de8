//! ACL categories, in the order of ACL CAT.

pub const KEYSPACE: u64 = 1 << 0;
pub const READ: u64 = 1 << 1;
pub const WRITE: u64 = 1 << 2;
pub const SET: u64 = 1 << 3;
pub const SORTEDSET: u64 = 1 << 4;
pub const LIST: u64 = 1 << 5;
pub const HASH: u64 = 1 << 6;
pub const STRING: u64 = 1 << 7;
pub const ARRAY: u64 = 1 << 8;
pub const BITMAP: u64 = 1 << 9;
pub const HYPERLOGLOG: u64 = 1 << 10;
pub const GEO: u64 = 1 << 11;
pub const STREAM: u64 = 1 << 12;
pub const PUBSUB: u64 = 1 << 13;
pub const ADMIN: u64 = 1 << 14;
pub const FAST: u64 = 1 << 15;
pub const SLOW: u64 = 1 << 16;
pub const BLOCKING: u64 = 1 << 17;
pub const DANGEROUS: u64 = 1 << 18;
pub const CONNECTION: u64 = 1 << 19;
pub const TRANSACTION: u64 = 1 << 20;
pub const SCRIPTING: u64 = 1 << 21;

/// Names without the `@`; modules may add more behind these.
pub const NAMES: [(u64, &str); 22] = [
    (KEYSPACE, "keyspace"),
    (READ, "read"),
    (WRITE, "write"),
    (SET, "set"),
    (SORTEDSET, "sortedset"),
    (LIST, "list"),
    (HASH, "hash"),
    (STRING, "string"),
    (ARRAY, "array"),
    (BITMAP, "bitmap"),
    (HYPERLOGLOG, "hyperloglog"),
    (GEO, "geo"),
    (STREAM, "stream"),
    (PUBSUB, "pubsub"),
    (ADMIN, "admin"),
    (FAST, "fast"),
    (SLOW, "slow"),
    (BLOCKING, "blocking"),
    (DANGEROUS, "dangerous"),
    (CONNECTION, "connection"),
    (TRANSACTION, "transaction"),
    (SCRIPTING, "scripting"),
];
