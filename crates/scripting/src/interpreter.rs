//! A Lua interpreter with what scripts keep of it: no files, no processes, no globals of their own, nothing they could
//! change for those who come after them.

use std::rc::Rc;

use mlua::{Function, Lua, LuaOptions, StdLib, Table, Value};

use crate::run::Link;

/// Lua code that makes the sandbox.
const SANDBOX: &str = include_str!("sandbox.lua");

/// Instructions between two looks at the time.
pub const INSTRUCTIONS_PER_LOOK: u32 = 100_000;

/// An interpreter for scripts, or for functions.
pub struct Interpreter {
    pub lua: Lua,
    /// Runs a script or function with keys and arguments ([`crate::run`]): whether it ended well, and what it returned or
    /// raised.
    pub run: Function,
    /// Names and values of the local variables at a level of the stack.
    pub locals: Function,
    /// Calls a function: whether it ended well, and its first result or what it raised.
    pub attempt: Function,
    pub library: Option<Libraries>,
}

/// What loads libraries.
pub struct Libraries {
    /// Where they live.
    pub environment: Table,
    /// Switches the names they see between those of loading and those of running.
    pub switch: Function,
    /// Runs the chunk of one: whether it ended well, and what it returned or raised.
    pub load: Function,
}

fn libraries() -> StdLib {
    StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::OS
}

impl Interpreter {
    /// The one in which EVAL runs its scripts.
    pub fn for_scripts(link: &Rc<Link>, deprecated_api: bool) -> mlua::Result<Interpreter> {
        let (lua, guard) = Self::begin(link)?;
        let run = guard.raw_get("eval")?;
        let (locals, attempt) = (guard.raw_get("locals")?, guard.raw_get("attempt")?);
        lua.load(SANDBOX).set_name("=sandbox").call::<()>((guard, deprecated_api))?;
        Self::settle(&lua)?;
        Ok(Interpreter { lua, run, locals, attempt, library: None })
    }

    /// The one that holds libraries of functions.
    pub fn for_functions(link: &Rc<Link>, deprecated_api: bool) -> mlua::Result<Interpreter> {
        let (lua, guard) = Self::begin(link)?;
        let (run, load) = (guard.raw_get("fcall")?, guard.raw_get("call")?);
        let (locals, attempt) = (guard.raw_get("locals")?, guard.raw_get("attempt")?);
        let loading = crate::api::loading_names(&lua, &guard, link)?;
        let chunk = lua.load(SANDBOX).set_name("=sandbox");
        let (environment, switch) = chunk.call((guard, deprecated_api, loading))?;
        Self::settle(&lua)?;
        let library = Some(Libraries { environment, switch, load });
        Ok(Interpreter { lua, run, locals, attempt, library })
    }

    fn begin(link: &Rc<Link>) -> mlua::Result<(Lua, Table)> {
        // A panic in a function of ours ends the server anyway, so scripts' pcall need not look for one.
        let lua = Lua::new_with(libraries(), LuaOptions::new().catch_rust_panics(false))?;
        lua.set_memory_limit(link.memory_max.get())?;
        let guard: Table = lua.globals().raw_get("guard")?;
        crate::api::install(&lua, &guard, link)?;
        crate::busy::watch(&lua, link)?;
        Ok((lua, guard))
    }

    /// What making it has left behind is given back.
    fn settle(lua: &Lua) -> mlua::Result<()> {
        lua.gc_collect()
    }
}

/// Makes of a function that ends with an [`crate::outcome::Outcome`] one that scripts can call.
pub fn raising(guard: &Table, function: Function) -> mlua::Result<Value> {
    guard.raw_get::<Function>("raising")?.call(function)
}

#[cfg(test)]
mod tests {
    use mlua::Lua;

    /// Each move of an element is a step that no hook can end: half a minute for these.
    #[test]
    fn nothing_is_inserted_far_below_a_table() {
        let lua = Lua::new();
        for position in ["-2^31", "2^31", "-2^24"] {
            let script = format!("return select(2, pcall(table.insert, {{1}}, {position}, 'k'))");
            let problem: String = lua.load(script).eval().expect("a text");
            assert!(problem.contains("position out of bounds"), "{position}: {problem}");
        }
        let script = "local t = {1} table.insert(t, -5, 'k') return t[-5], t[1], t[2]";
        let moved: (String, Option<i64>, i64) = lua.load(script).eval().expect("three values");
        assert_eq!(moved, ("k".to_owned(), None, 1));
    }
}
