//! What clients are told of errors, in RedisJSON's words.

use std::borrow::Cow;

use module_sdk::Error;

use crate::value::Value;

pub const WRONG_KEY: Error = Error::Text(Cow::Borrowed("Existing key has wrong Redis type"));
pub const NO_KEY: Error =
    Error::Text(Cow::Borrowed("ERR could not perform this operation on a key that doesn't exist"));
pub const NEW_AT_ROOT: Error =
    Error::Text(Cow::Borrowed("ERR new objects must be created at the root"));
pub const WRONG_STATIC_PATH: Error = Error::Text(Cow::Borrowed("ERR wrong static path"));
pub const INDEX_OUT_OF_RANGE: Error = Error::Text(Cow::Borrowed("ERR array index out of range"));
pub const OVERFLOW: Error = Error::Text(Cow::Borrowed("ERR numeric overflow"));
pub const NOT_A_RESULT: Error = Error::Text(Cow::Borrowed("ERR result is not a number"));
pub const NOT_AN_INTEGER: Error = Error::Text(Cow::Borrowed("Couldn't parse as integer"));
pub const TOO_DEEP: Error = Error::Text(Cow::Borrowed("ERR recursion limit exceeded"));
pub const TOO_MUCH: Error =
    Error::Text(Cow::Borrowed("ERR the path selects too many values to write so much to each"));
pub const TOO_LONG: Error = Error::Text(Cow::Borrowed("ERR the reply is too long"));
pub const NOT_A_NUMBER_THERE: &str = "does not contains a number";

/// A text that is no JSON, where RedisJSON says so without a code.
pub fn not_json(error: &serde_json::Error) -> Error {
    Error::Text(error.to_string().into())
}

/// The same with one.
pub fn not_json_with_code(error: &serde_json::Error) -> Error {
    Error::err(error)
}

/// Nothing of the wanted type where a path of the first version leads.
pub fn not_there(wanted: &str) -> Error {
    Error::err(format!("Path does not exist or {wanted}"))
}

/// The same, with the path.
pub fn not_there_at(path: &[u8], wanted: &str) -> Error {
    Error::err(format!("Path '{}' does not exist or {wanted}", shown(path)))
}

pub fn no_path(path: &[u8]) -> Error {
    Error::err(format!("Path '{}' does not exist", shown(path)))
}

pub fn wrong_type(wanted: &str, found: &Value) -> Error {
    let found = found.kind().word();
    Error::Text(
        format!("WRONGTYPE wrong type of path value - expected {wanted} but found {found}").into(),
    )
}

/// A path of the first version as JSONPath has it.
fn shown(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    match &*path {
        "." => "$".to_owned(),
        text if text.starts_with('$') => text.to_owned(),
        text if text.starts_with('.') => format!("${text}"),
        text => format!("$.{text}"),
    }
}
