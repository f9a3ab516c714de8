//! JSON.ARRAPPEND, JSON.ARRINSERT, JSON.ARRPOP, JSON.ARRTRIM.

use module_sdk::raw::strings::Word;
use module_sdk::{Argument, Arguments, Command, Context, Error, Reply, Result};

use super::{
    KEY, PATH, change_each, changed, declared, growing, integer, last_or_all, may_write,
    opened_to_write, path_word, writing,
};
use crate::error;
use crate::path::Path;
use crate::value::{Value, parse};

fn not_an_array() -> Error {
    error::not_there("not an array")
}

/// All words that are left, as values; at least one.
fn values(arguments: &mut Arguments<'_>) -> Result<Vec<Value>> {
    if arguments.is_empty() {
        return Err(Error::Arity);
    }
    arguments
        .rest()
        .map(|word| parse(word.bytes()).map_err(|error| error::not_json(&error)))
        .collect()
}

fn length(value: &Value) -> i64 {
    value.len() as i64
}

pub const ARRAPPEND: Command = growing(
    declared(
        "json.arrappend",
        -4,
        "Appends values to the arrays at a path.",
        "O(1) for each value, or O(N) where N is the size of the document with several matches",
        &[KEY, PATH, Argument::string("value").multiple()],
    ),
    |context, arguments| {
        let (key, text) = (arguments.word()?, arguments.bytes()?);
        insert(context, (key, text), None, values(arguments)?)
    },
);

pub const ARRINSERT: Command = growing(
    declared(
        "json.arrinsert",
        -5,
        "Inserts values into the arrays at a path, before an index.",
        "O(N) where N is the size of the array, or of the document with several matches",
        &[KEY, PATH, Argument::integer("index"), Argument::string("value").multiple()],
    ),
    |context, arguments| {
        let (key, text) = (arguments.word()?, arguments.bytes()?);
        let index = integer(arguments)?;
        insert(context, (key, text), Some(index), values(arguments)?)
    },
);

/// Inserts values before an index of the arrays at a path, or at their ends.
fn insert(
    context: &mut Context,
    (key, text): (Word<'_>, &[u8]),
    index: Option<i64>,
    values: Vec<Value>,
) -> Result {
    let mut open = context.write(key);
    let root = opened_to_write(&mut open)?.ok_or(error::NO_KEY)?;
    let path = Path::parse(text)?;
    let places = path.places(root)?;
    may_write(&places, &values, 1)?;
    let at = |array: &Value| match index {
        Some(index) => insertion(index, array.len()),
        None => Some(array.len()),
    };
    // All arrays before the first change: an index that is not in one changes none.
    let found = change_each(root, &places, |value| value.is_array().then(|| at(value).is_some()));
    if found.contains(&Some(false)) {
        return Err(Error::err("index out of bounds"));
    }
    let results = change_each(root, &places, |value| {
        let at = at(value).filter(|_| value.is_array())?;
        value.splice(at, at, values.clone());
        Some(length(value))
    });
    drop(open);
    if results.iter().any(Option::is_some) {
        let event = if index.is_some() { "json.arrinsert" } else { "json.arrappend" };
        changed(context, event, key);
    }
    last_or_all(&path, results, not_an_array)
}

/// Where to insert in an array of this length; negative indexes count from its end.
fn insertion(index: i64, len: usize) -> Option<usize> {
    let len_signed = i64::try_from(len).ok()?;
    let at = if index < 0 { index.checked_add(len_signed)? } else { index };
    usize::try_from(at).ok().filter(|at| *at <= len)
}

pub const ARRPOP: Command = writing(
    declared(
        "json.arrpop",
        -2,
        "Takes an element out of the arrays at a path, the last one by default.",
        "O(1) at the end, else O(N) where N is the size of the array, or of the document with several matches",
        &[KEY, Argument::block("path", &[PATH, Argument::integer("index").optional()]).optional()],
    ),
    |context, arguments| {
        let key = arguments.word()?;
        let text = path_word(context, arguments)?;
        let index = if arguments.is_empty() { -1 } else { integer(arguments)? };
        arguments.end().map_err(|_| Error::Arity)?;
        let mut open = context.write(key);
        let root = opened_to_write(&mut open)?.ok_or(error::NO_KEY)?;
        let path = Path::parse(text)?;
        let places = path.places(root)?;
        let results =
            change_each(root, &places, |value| value.is_array().then(|| pop(value, index)));
        drop(open);
        if results.iter().flatten().any(Option::is_some) {
            changed(context, "json.arrpop", key);
        }
        let text = |popped: Option<Value>| Reply::from(popped.map(|value| value.to_text()));
        let results = results.into_iter().map(|popped| popped.map(text));
        last_or_all(&path, results.collect(), not_an_array)
    },
);

/// Indexes beyond an end are that end.
fn pop(array: &mut Value, index: i64) -> Option<Value> {
    let last = length(array) - 1;
    let index = if index < 0 { index.saturating_add(last + 1) } else { index };
    array.remove(usize::try_from(index.min(last).max(0)).ok()?)
}

pub const ARRTRIM: Command = writing(
    declared(
        "json.arrtrim",
        5,
        "Cuts the arrays at a path down to a range, both ends of which stay.",
        "O(N) where N is the size of the array, or of the document with several matches",
        &[KEY, PATH, Argument::integer("start"), Argument::integer("stop")],
    ),
    |context, arguments| {
        let (key, text) = (arguments.word()?, arguments.bytes()?);
        let (start, stop) = (integer(arguments)?, integer(arguments)?);
        let mut open = context.write(key);
        let root = opened_to_write(&mut open)?.ok_or(error::NO_KEY)?;
        let path = Path::parse(text)?;
        let places = path.places(root)?;
        let results = change_each(root, &places, |value| trim(value, start, stop));
        drop(open);
        if results.iter().any(Option::is_some) {
            changed(context, "json.arrtrim", key);
        }
        last_or_all(&path, results, not_an_array)
    },
);

fn trim(array: &mut Value, start: i64, stop: i64) -> Option<i64> {
    if !array.is_array() {
        return None;
    }
    let len = length(array);
    let from_end = |index: i64| if index < 0 { index.saturating_add(len).max(0) } else { index };
    let (start, stop) = (from_end(start), from_end(stop).min(len - 1));
    if start > stop || start >= len {
        *array = Value::array(Vec::new());
    } else {
        array.splice(usize::try_from(stop + 1).ok()?, usize::MAX, Vec::new());
        array.splice(0, usize::try_from(start).ok()?, Vec::new());
    }
    Some(length(array))
}
