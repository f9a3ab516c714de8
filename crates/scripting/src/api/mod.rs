//! What scripts can call: the `redis` table, and the libraries `cjson`, `cmsgpack`, `struct` and `bit`.

mod bit;
pub mod call;
mod cjson;
mod cmsgpack;
mod log;
mod register;
mod replies;
mod settings;
mod structs;

use std::rc::Rc;

use mlua::{Function, Lua, LuaString, Table};
use sha1::{Digest, Sha1};

use crate::interpreter::raising;
use crate::outcome::{Arguments, Outcome};
use crate::run::Link;

pub use register::Registered;

/// Version of Redis whose behaviour scripts find.
const REDIS_VERSION: &str = "8.10.2";
const REDIS_VERSION_NUM: i64 = 0x0008_0a02;

const LOG_LEVELS: [(&str, i64); 4] =
    [("LOG_DEBUG", 0), ("LOG_VERBOSE", 1), ("LOG_NOTICE", 2), ("LOG_WARNING", 3)];

/// The SHA-1 of a script's text, by which it is called.
pub fn sha1_hex(text: &[u8]) -> String {
    stdx::text::hex(&Sha1::digest(text))
}

/// As many values as Lua's stack takes.
const RESULTS_MAX: usize = 7900;

/// A table of functions under construction.
pub struct Builder<'a> {
    lua: &'a Lua,
    guard: &'a Table,
    pub table: Table,
}

impl<'a> Builder<'a> {
    pub fn new(lua: &'a Lua, guard: &'a Table) -> mlua::Result<Builder<'a>> {
        Ok(Builder { lua, guard, table: lua.create_table()? })
    }

    /// Adds a function.
    pub fn add(
        &self,
        name: &str,
        body: impl Fn(&Lua, Arguments) -> mlua::Result<Outcome> + 'static,
    ) -> mlua::Result<()> {
        let function: Function = self.lua.create_function(body)?;
        self.table.raw_set(name, raising(self.guard, function)?)
    }
}

impl Builder<'_> {
    /// Adds a function whose arguments are the words of a command, as the interpreter's guard packs them.
    pub fn add_calling(
        &self,
        name: &str,
        body: impl Fn(&Lua, LuaString) -> mlua::Result<Outcome> + 'static,
    ) -> mlua::Result<()> {
        let function: Function = self.lua.create_function(body)?;
        let calling: Function = self.guard.raw_get("calling")?;
        self.table.raw_set(name, calling.call::<Function>(function)?)
    }
}

/// Sets the globals.
pub fn install(lua: &Lua, guard: &Table, link: &Rc<Link>) -> mlua::Result<()> {
    let redis = Builder::new(lua, guard)?;
    call::add(&redis, link)?;
    log::add(&redis, link)?;
    replies::add(&redis)?;
    settings::add(&redis, link)?;
    redis.add("sha1hex", |lua, arguments| {
        if arguments.len() != 1 {
            return raise(lua, "ERR wrong number of arguments");
        }
        let name = sha1_hex(&arguments.bytes(0).unwrap_or_default());
        Ok(Outcome::Return(mlua::Value::String(lua.create_string(name)?)))
    })?;
    set_version(&redis.table)?;
    let globals = lua.globals();
    globals.raw_set("redis", redis.table)?;
    globals.raw_set("bit", bit::table(lua, guard)?)?;
    globals.raw_set("struct", structs::table(lua, guard)?)?;
    globals.raw_set("cjson", cjson::table(lua, guard)?)?;
    globals.raw_set("cmsgpack", cmsgpack::table(lua, guard)?)
}

/// The names that a library sees while it is loaded.
pub fn loading_names(lua: &Lua, guard: &Table, link: &Rc<Link>) -> mlua::Result<Table> {
    let redis = Builder::new(lua, guard)?;
    log::add(&redis, link)?;
    register::add(&redis, link)?;
    set_version(&redis.table)?;
    let names = lua.create_table()?;
    names.raw_set("redis", redis.table)?;
    Ok(names)
}

fn set_version(redis: &Table) -> mlua::Result<()> {
    for (name, level) in LOG_LEVELS {
        redis.raw_set(name, level)?;
    }
    redis.raw_set("REDIS_VERSION", REDIS_VERSION)?;
    redis.raw_set("REDIS_VERSION_NUM", REDIS_VERSION_NUM)
}

/// A table with one field.
pub fn one_field(lua: &Lua, name: &str, text: impl AsRef<[u8]>) -> mlua::Result<mlua::Value> {
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set(name, lua.create_string(text)?)?;
    Ok(mlua::Value::Table(table))
}

/// Raises an error as a reply of this text.
pub fn raise(lua: &Lua, text: impl AsRef<[u8]>) -> mlua::Result<Outcome> {
    Ok(Outcome::Raise(one_field(lua, "err", text)?))
}
