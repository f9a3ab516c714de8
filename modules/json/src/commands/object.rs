//! JSON.OBJKEYS and JSON.OBJLEN.

use module_sdk::{Command, Reply};

use super::{KEY, OPTIONAL_PATH, Reading, declared, reading};
use crate::error;
use crate::value::Value;

const READING: Reading = Reading {
    root: None,
    nothing: |_| Ok(Reply::Null),
    wrong: |path, _: &Value| error::not_there_at(path, "not an object"),
    is_long: false,
};

pub const OBJKEYS: Command = reading(
    declared(
        "json.objkeys",
        -2,
        "Returns the names of the members of the objects at a path.",
        "O(N) where N is the number of members, or the size of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    ),
    |context, arguments| {
        let reading = Reading { is_long: true, ..READING };
        reading.run(context, arguments, |value| {
            value.is_object().then(|| Reply::array(value.members().map(|(name, _)| name)))
        })
    },
);

pub const OBJLEN: Command = reading(
    declared(
        "json.objlen",
        -2,
        "Returns how many members the objects at a path have.",
        "O(1), or O(N) where N is the size of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    ),
    |context, arguments| {
        READING.run(context, arguments, |value| {
            value.is_object().then(|| Reply::Integer(value.len() as i64))
        })
    },
);
