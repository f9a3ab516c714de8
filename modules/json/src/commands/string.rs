//! JSON.STRAPPEND and JSON.STRLEN.

use module_sdk::{Argument, Command, Error, Reply};

use super::{
    KEY, OPTIONAL_PATH, Reading, change_each, changed, declared, growing, last_or_all,
    opened_to_write, reading,
};
use crate::error;
use crate::limits::WRITTEN_TEXT_MAX;
use crate::path::Path;
use crate::value::{Value, parse};

pub const STRAPPEND: Command = growing(
    declared(
        "json.strappend",
        -3,
        "Appends to the strings at a path.",
        "O(1), or O(N) where N is the size of the document with several matches",
        &[KEY, OPTIONAL_PATH, Argument::string("value")],
    ),
    |context, arguments| {
        let key = arguments.word()?;
        let root_path: &[u8] = if context.resp3() { b"$" } else { b"." };
        let text = if arguments.len() > 1 { arguments.bytes()? } else { root_path };
        let json = arguments.bytes()?;
        arguments.end().map_err(|_| Error::Arity)?;
        let mut open = context.write(key);
        let root = opened_to_write(&mut open)?.ok_or(error::NO_KEY)?;
        let path = Path::parse(text)?;
        let more = parse(json).map_err(|error| error::not_json_with_code(&error))?;
        let more = more.as_str().ok_or_else(|| error::wrong_type("string", &more))?;
        let places = path.places(root)?;
        if places.len() > 1 && places.len().saturating_mul(more.len()) > WRITTEN_TEXT_MAX {
            return Err(error::TOO_MUCH);
        }
        let results = change_each(root, &places, |value| {
            let whole = [value.as_str()?, more].concat();
            *value = whole.as_str().into();
            Some(length(&whole))
        });
        drop(open);
        if results.iter().any(Option::is_some) {
            changed(context, "json.strappend", key);
        }
        last_or_all(&path, results, || error::not_there("not a string"))
    },
);

/// Bytes, as RedisJSON counts them.
fn length(text: &str) -> i64 {
    text.len() as i64
}

pub const STRLEN: Command = reading(
    declared(
        "json.strlen",
        -2,
        "Returns the length of the strings at a path.",
        "O(1), or O(N) where N is the size of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    ),
    |context, arguments| {
        READING.run(context, arguments, |value| value.as_str().map(length).map(Reply::Integer))
    },
);

const READING: Reading = Reading {
    root: Some(b"."),
    nothing: |path| Err(error::no_path(path)),
    wrong: |_, found: &Value| error::wrong_type("string", found),
    is_long: false,
};
