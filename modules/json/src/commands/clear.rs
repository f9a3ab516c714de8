//! JSON.CLEAR and JSON.TOGGLE.

use module_sdk::{Command, Error, Reply};

use super::{
    KEY, OPTIONAL_PATH, PATH, change_each, changed, declared, last_or_all, opened_to_write,
    outermost, path_word, writing,
};
use crate::error;
use crate::path::Path;
use crate::value::{Number, Value};

pub const CLEAR: Command = writing(
    declared(
        "json.clear",
        -2,
        "Empties arrays and objects, and sets numbers to 0.",
        "O(N) where N is the size of the values, or of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    ),
    |context, arguments| {
        let key = arguments.word()?;
        let text = path_word(context, arguments)?;
        arguments.end().map_err(|_| Error::Arity)?;
        let mut open = context.write(key);
        let root = opened_to_write(&mut open)?.ok_or(error::NO_KEY)?;
        let places = outermost(Path::parse(text)?.places(root)?);
        let cleared = change_each(root, &places, clear).into_iter().flatten().count();
        drop(open);
        if cleared > 0 {
            changed(context, "json.clear", key);
        }
        Ok(Reply::Integer(cleared as i64))
    },
);

/// `None` of what is empty, zero, or of another type.
fn clear(value: &mut Value) -> Option<()> {
    let cleared = match value.as_number() {
        Some(number) if !number.is_zero() => Value::from(Number::Int(0)),
        Some(_) => return None,
        None if value.is_empty() => return None,
        None if value.is_array() => Value::array(Vec::new()),
        None => Value::object(),
    };
    *value = cleared;
    Some(())
}

pub const TOGGLE: Command = writing(
    declared(
        "json.toggle",
        3,
        "Turns true into false and false into true.",
        "O(1), or O(N) where N is the size of the document with several matches",
        &[KEY, PATH],
    ),
    |context, arguments| {
        let (key, text) = (arguments.word()?, arguments.bytes()?);
        let mut open = context.write(key);
        let root = opened_to_write(&mut open)?.ok_or(error::NO_KEY)?;
        let path = Path::parse(text)?;
        let places = path.places(root)?;
        let results = change_each(root, &places, |value| {
            let toggled = !value.as_bool()?;
            *value = toggled.into();
            Some(toggled)
        });
        drop(open);
        if results.iter().any(Option::is_some) {
            changed(context, "json.toggle", key);
        }
        let is_legacy = path.is_legacy();
        let replies = results.into_iter().map(|toggled| {
            toggled.map(|toggled| match is_legacy {
                true => Reply::from(if toggled { "true" } else { "false" }),
                false => Reply::Integer(toggled.into()),
            })
        });
        last_or_all(&path, replies.collect(), || error::not_there("not a bool"))
    },
);
