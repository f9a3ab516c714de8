//! The `redis` table that scripts see, but for what needs the run's context.

use mlua::{Lua, Table};
use sha1::{Digest, Sha1};

/// Version of Redis whose behaviour scripts find.
const REDIS_VERSION: &str = "8.10.2";
const REDIS_VERSION_NUM: i64 = 0x0008_0a02;

/// The SHA-1 of a script's text, by which it is called.
pub fn sha1_hex(text: &[u8]) -> String {
    Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Installs the table; `bridge` is where the prelude finds the functions of the current run.
pub fn install(lua: &Lua, bridge: &Table) -> mlua::Result<()> {
    let redis = lua.create_table()?;
    redis.raw_set("__bridge", bridge)?;
    let describe =
        lua.create_function(|lua, problem: mlua::Value| crate::run::describe(lua, &problem))?;
    bridge.raw_set("describe", describe)?;
    let sha1hex = lua.create_function(|_, text: mlua::LuaString| Ok(sha1_hex(&text.as_bytes())))?;
    redis.raw_set("sha1hex", sha1hex)?;
    let error_reply = lua.create_function(|lua, text: mlua::LuaString| {
        let text = text.as_bytes();
        // A text without a code word gets the general one.
        let text = match text.strip_prefix(b"-") {
            Some(rest) => rest.to_vec(),
            None if text.contains(&b' ') => text.to_vec(),
            None => [b"ERR ".as_slice(), &text].concat(),
        };
        one_field(lua, "err", &text)
    })?;
    redis.raw_set("error_reply", error_reply)?;
    let status_reply =
        lua.create_function(|lua, text: mlua::LuaString| one_field(lua, "ok", &text.as_bytes()))?;
    redis.raw_set("status_reply", status_reply)?;
    // Effects are always replicated; the functions of old remain for scripts that call them.
    redis.raw_set("replicate_commands", lua.create_function(|_, ()| Ok(true))?)?;
    redis.raw_set("set_repl", lua.create_function(|_, _: mlua::Value| Ok(()))?)?;
    redis.raw_set("breakpoint", lua.create_function(|_, ()| Ok(false))?)?;
    redis.raw_set("debug", lua.create_function(|_, _: mlua::MultiValue| Ok(()))?)?;
    for (name, value) in [
        ("LOG_DEBUG", 0),
        ("LOG_VERBOSE", 1),
        ("LOG_NOTICE", 2),
        ("LOG_WARNING", 3),
        ("REPL_NONE", 0),
        ("REPL_AOF", 1),
        ("REPL_SLAVE", 2),
        ("REPL_REPLICA", 2),
        ("REPL_ALL", 3),
        ("REDIS_VERSION_NUM", REDIS_VERSION_NUM),
    ] {
        redis.raw_set(name, value)?;
    }
    redis.raw_set("REDIS_VERSION", REDIS_VERSION)?;
    lua.globals().raw_set("redis", redis)
}

fn one_field(lua: &Lua, name: &str, text: &[u8]) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set(name, lua.create_string(text)?)?;
    Ok(table)
}
