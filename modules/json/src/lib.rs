//! JSON documents: a drop-in for RedisJSON, on Bulkhead, Redis and Valkey.

#![forbid(unsafe_code)]

mod commands;
mod document;
mod error;
mod limits;
pub mod path;
#[cfg(test)]
mod tests;
pub mod value;

use module_sdk::{Info, module};

use commands::*;
use document::Document;

/// As RedisJSON of Redis 8.10 numbers itself: two digits each.
const VERSION: i32 = 8_10_00;

module! {
    name: "ReJSON",
    version: VERSION,
    category: "json",
    types: [Document],
    commands: [
        array::ARRAPPEND,
        array_read::ARRINDEX,
        array::ARRINSERT,
        array_read::ARRLEN,
        array::ARRPOP,
        array::ARRTRIM,
        clear::CLEAR,
        debug::DEBUG,
        del::DEL,
        del::FORGET,
        get::GET,
        merge::MERGE,
        get::MGET,
        mset::MSET,
        number::NUMINCRBY,
        number::NUMMULTBY,
        number::NUMPOWBY,
        object::OBJKEYS,
        object::OBJLEN,
        resp::RESP,
        set::SET,
        string::STRAPPEND,
        string::STRLEN,
        clear::TOGGLE,
        kind::TYPE,
    ],
    info: info,
}

fn info(info: &mut Info) {
    let (names, bytes) = value::shared_names();
    info.section(Some("memory"));
    info.count("shared_names", names as u64);
    info.count("shared_names_bytes", bytes as u64);
}
