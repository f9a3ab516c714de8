//! What of Lua scripts keep: no files, no processes, no globals of their own, and errors that say where they are.

use mlua::{Lua, LuaOptions, StdLib, Table, Value};

/// Globals of the standard libraries that scripts must not have.
const FORBIDDEN: &[&str] = &["dofile", "loadfile", "print", "module", "require", "newproxy"];

/// Lua code that finishes the sandbox.
const PRELUDE: &str = include_str!("prelude.lua");

/// An interpreter, and the table through which a run of a script reaches its context.
pub struct Interpreter {
    pub lua: Lua,
    pub bridge: Table,
}

impl Interpreter {
    pub fn new() -> mlua::Result<Interpreter> {
        let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::OS;
        let lua = Lua::new_with(libraries, LuaOptions::default())?;
        add_getinfo(&lua)?;
        let globals = lua.globals();
        for name in FORBIDDEN {
            globals.raw_set(*name, Value::Nil)?;
        }
        let os: Table = globals.raw_get("os")?;
        let clock: Value = os.raw_get("clock")?;
        let only_clock = lua.create_table()?;
        only_clock.raw_set("clock", clock)?;
        globals.raw_set("os", only_clock)?;
        let bridge = lua.create_table()?;
        crate::library::install(&lua, &bridge)?;
        lua.load(PRELUDE).set_name("=prelude").exec()?;
        Ok(Interpreter { lua, bridge })
    }
}

/// The debug library is not for scripts; the prelude needs of it only where errors are raised, and takes it away again.
fn add_getinfo(lua: &Lua) -> mlua::Result<()> {
    let debug = lua.create_table()?;
    let getinfo = lua.create_function(|lua, (level, _what): (usize, mlua::LuaString)| {
        let frame = lua.inspect_stack(level, |frame| {
            let source = frame.source().source.map(std::borrow::Cow::into_owned);
            (source, frame.current_line())
        });
        let Some((source, line)) = frame else { return Ok(Value::Nil) };
        let table = lua.create_table()?;
        table.raw_set("source", source)?;
        table.raw_set("currentline", line)?;
        Ok(Value::Table(table))
    })?;
    debug.raw_set("getinfo", getinfo)?;
    lua.globals().raw_set("debug", debug)
}
