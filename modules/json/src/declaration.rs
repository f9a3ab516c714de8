//! The declaration of the module: its types and commands, and what INFO tells of it.

use module_sdk::{Info, module};

use crate::commands::*;
use crate::document::Document;
use crate::value;

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
