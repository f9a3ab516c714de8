//! What can be set of the library, and the functions that do it: each takes the new values and returns those that hold.

use mlua::{Lua, Value};

use crate::outcome::{Arguments, Failed, Outcome, bytes_of, type_name};

/// How numbers are treated that JSON has no form for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidNumbers {
    Refuse,
    Accept,
    Null,
}

/// Deepest nesting whatever is set: the machine's stack bears no more.
pub const DEPTH_LIMIT: i64 = 3999;

/// The settings.
#[derive(Clone, Debug)]
pub struct Settings {
    pub sparse_convert: bool,
    pub sparse_ratio: i64,
    pub sparse_safe: i64,
    pub encode_depth_max: i64,
    pub decode_depth_max: i64,
    pub precision: i64,
    pub keep_buffer: bool,
    pub encode_invalid: InvalidNumbers,
    pub decode_invalid: bool,
    pub mark_arrays: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth_max: 1000,
            decode_depth_max: 1000,
            precision: 14,
            keep_buffer: true,
            encode_invalid: InvalidNumbers::Refuse,
            decode_invalid: true,
            mark_arrays: false,
        }
    }
}

type Change = fn(&Lua, &mut Settings, &Arguments) -> Failed<Outcome>;

/// The functions by name.
pub const FUNCTIONS: [(&str, Change); 8] = [
    ("encode_sparse_array", sparse_array),
    ("encode_max_depth", |_, settings, arguments| {
        one_integer(arguments, &mut settings.encode_depth_max, 1, INT_MAX)
    }),
    ("decode_max_depth", |_, settings, arguments| {
        one_integer(arguments, &mut settings.decode_depth_max, 1, INT_MAX)
    }),
    ("encode_number_precision", |_, settings, arguments| {
        one_integer(arguments, &mut settings.precision, 1, 14)
    }),
    ("encode_keep_buffer", |_, settings, arguments| {
        one_switch(arguments, &mut settings.keep_buffer)
    }),
    ("encode_invalid_numbers", encode_invalid),
    ("decode_invalid_numbers", |_, settings, arguments| {
        one_switch(arguments, &mut settings.decode_invalid)
    }),
    ("decode_array_with_array_mt", |_, settings, arguments| {
        one_switch(arguments, &mut settings.mark_arrays)
    }),
];

const INT_MAX: i64 = i32::MAX as i64;

fn at_most(arguments: &Arguments, count: usize) -> Failed<()> {
    if arguments.len() <= count {
        return Ok(());
    }
    Err(Outcome::BadArgument(count + 1, "found too many arguments".to_owned()))
}

fn is_given(arguments: &Arguments, index: usize) -> bool {
    arguments.get(index).is_some_and(|value| !value.is_nil())
}

fn integer(
    arguments: &Arguments,
    index: usize,
    setting: &mut i64,
    min: i64,
    max: i64,
) -> Failed<Value> {
    if is_given(arguments, index) {
        let value = arguments.integer(index)?;
        if !(min..=max).contains(&value) {
            let text = format!("expected integer between {min} and {max}");
            return Err(Outcome::BadArgument(1, text));
        }
        *setting = value;
    }
    Ok(Value::Integer(*setting))
}

/// Which of the words is given, or a boolean as 0 and 1.
fn choice(arguments: &Arguments, index: usize, words: &[&str]) -> Failed<Option<usize>> {
    match arguments.get(index) {
        None | Some(Value::Nil) => Ok(None),
        Some(Value::Boolean(value)) => Ok(Some(usize::from(*value))),
        Some(value) => {
            let word = bytes_of(value).ok_or_else(|| {
                let found = type_name(Some(value));
                Outcome::BadArgument(index + 1, format!("string expected, got {found}"))
            })?;
            let known = words.iter().position(|known| known.as_bytes() == word);
            known.map(Some).ok_or_else(|| {
                let word = String::from_utf8_lossy(&word);
                Outcome::BadArgument(index + 1, format!("invalid option '{word}'"))
            })
        }
    }
}

fn one_integer(arguments: &Arguments, setting: &mut i64, min: i64, max: i64) -> Failed<Outcome> {
    at_most(arguments, 1)?;
    integer(arguments, 0, setting, min, max).map(Outcome::Return)
}

fn one_switch(arguments: &Arguments, setting: &mut bool) -> Failed<Outcome> {
    at_most(arguments, 1)?;
    if let Some(choice) = choice(arguments, 0, &["off", "on"])? {
        *setting = choice == 1;
    }
    Ok(Outcome::Return(Value::Boolean(*setting)))
}

fn sparse_array(_: &Lua, settings: &mut Settings, arguments: &Arguments) -> Failed<Outcome> {
    at_most(arguments, 3)?;
    if let Some(choice) = choice(arguments, 0, &["off", "on"])? {
        settings.sparse_convert = choice == 1;
    }
    let ratio = integer(arguments, 1, &mut settings.sparse_ratio, 0, INT_MAX)?;
    let safe = integer(arguments, 2, &mut settings.sparse_safe, 0, INT_MAX)?;
    Ok(Outcome::ReturnMany(vec![Value::Boolean(settings.sparse_convert), ratio, safe]))
}

fn encode_invalid(lua: &Lua, settings: &mut Settings, arguments: &Arguments) -> Failed<Outcome> {
    at_most(arguments, 1)?;
    match choice(arguments, 0, &["off", "on", "null"])? {
        None => {}
        Some(0) => settings.encode_invalid = InvalidNumbers::Refuse,
        Some(1) => settings.encode_invalid = InvalidNumbers::Accept,
        Some(_) => settings.encode_invalid = InvalidNumbers::Null,
    }
    Ok(Outcome::Return(match settings.encode_invalid {
        InvalidNumbers::Refuse => Value::Boolean(false),
        InvalidNumbers::Accept => Value::Boolean(true),
        InvalidNumbers::Null => match lua.create_string("null") {
            Ok(word) => Value::String(word),
            Err(error) => return Err(Outcome::Fail(error.to_string())),
        },
    }))
}
