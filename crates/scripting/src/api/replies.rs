//! `redis.error_reply` and `redis.status_reply`.

use mlua::{Lua, Value};

use super::{Builder, one_field};
use crate::outcome::{Arguments, Outcome};

pub fn add(redis: &Builder<'_>) -> mlua::Result<()> {
    redis.add("error_reply", |lua, arguments| {
        let Some(text) = only_string(&arguments) else { return wrong(lua) };
        let rest = text.strip_prefix(b"-").unwrap_or(&text);
        // A text without a code word gets the general one.
        let text = if rest.contains(&b' ') { rest.to_vec() } else { [b"ERR ", rest].concat() };
        Ok(Outcome::Return(one_field(lua, "err", text)?))
    })?;
    redis.add("status_reply", |lua, arguments| {
        let Some(text) = only_string(&arguments) else { return wrong(lua) };
        Ok(Outcome::Return(one_field(lua, "ok", text)?))
    })
}

fn only_string(arguments: &Arguments) -> Option<Vec<u8>> {
    match arguments.0.as_slice() {
        [Value::String(text)] => Some(text.as_bytes().to_vec()),
        _ => None,
    }
}

fn wrong(lua: &Lua) -> mlua::Result<Outcome> {
    Ok(Outcome::Return(one_field(lua, "err", "ERR wrong number or type of arguments")?))
}
