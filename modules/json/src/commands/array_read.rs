//! JSON.ARRLEN and JSON.ARRINDEX.

use module_sdk::{Argument, Command, Error, Reply};

use super::{KEY, OPTIONAL_PATH, PATH, Reading, declared, integer, opened, reading};
use crate::error;
use crate::path::Path;
use crate::value::{Value, parse};

pub const ARRLEN: Command = reading(
    declared(
        "json.arrlen",
        -2,
        "Returns the length of the arrays at a path.",
        "O(1), or O(N) where N is the size of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    ),
    |context, arguments| {
        READING.run(context, arguments, |value| {
            value.is_array().then(|| Reply::Integer(value.len() as i64))
        })
    },
);

const READING: Reading = Reading {
    root: None,
    nothing: |path| Err(error::not_there_at(path, "not an array")),
    wrong: |path, _: &Value| error::not_there_at(path, "not an array"),
    is_long: false,
};

pub const ARRINDEX: Command = reading(
    declared(
        "json.arrindex",
        -4,
        "Returns where a value first occurs in the arrays at a path.",
        "O(N) where N is the size of the array, or of the document with several matches",
        &[
            KEY,
            PATH,
            Argument::string("value"),
            Argument::block(
                "range",
                &[Argument::integer("start"), Argument::integer("stop").optional()],
            )
            .optional(),
        ],
    ),
    |context, arguments| {
        let (key, text, json) = (arguments.word()?, arguments.bytes()?, arguments.bytes()?);
        let start = if arguments.is_empty() { 0 } else { integer(arguments)? };
        let stop = if arguments.is_empty() { 0 } else { integer(arguments)? };
        arguments.end().map_err(|_| Error::Arity)?;
        let wanted = parse(json).map_err(|error| error::not_json_with_code(&error))?;
        let open = context.read(key);
        let root = opened(&open)?.ok_or(error::NO_KEY)?;
        let path = Path::parse(text)?;
        let values = path.values(root)?;
        let mut found = values.iter().map(|value| index_of(value, &wanted, start, stop));
        if !path.is_legacy() {
            return Ok(found.collect::<Vec<_>>().into());
        }
        found.next().flatten().map(Reply::Integer).ok_or_else(|| error::not_there("not an array"))
    },
);

/// Integers and doubles are told apart. A stop of 0 is the end of the array, and -1 the place before its last element.
fn index_of(array: &Value, wanted: &Value, start: i64, stop: i64) -> Option<i64> {
    if !array.is_array() {
        return None;
    }
    let len = array.len() as i64;
    let from_end = |index: i64| if index < 0 { index.saturating_add(len) } else { index };
    let start = from_end(start).clamp(0, len);
    let stop = if stop == 0 { len } else { from_end(stop).clamp(0, len) };
    let mut range = start..stop;
    let found = range
        .find(|index| array.child(*index as usize).is_some_and(|element| element.is_same(wanted)));
    Some(found.unwrap_or(-1))
}
