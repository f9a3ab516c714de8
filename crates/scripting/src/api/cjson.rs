//! `cjson`: values as JSON, with the settings that the library of this name has.

mod decode;
mod encode;
mod settings;

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{Lua, Table, Value};

use super::Builder;
use crate::outcome::{Arguments, Failed, Outcome, settle};
use settings::Settings;

/// One instance of the library, with its settings.
struct Json {
    settings: RefCell<Settings>,
    /// The metatable that marks arrays.
    array_mark: Table,
}

fn one_argument(arguments: &Arguments) -> Failed<()> {
    if arguments.len() == 1 {
        return Ok(());
    }
    Err(Outcome::BadArgument(1, "expected 1 argument".to_owned()))
}

fn encode(json: &Json, lua: &Lua, arguments: &Arguments) -> Failed<mlua::Result<Outcome>> {
    one_argument(arguments)?;
    let text = encode::text(&json.settings.borrow(), &json.array_mark, &arguments.0[0])?;
    Ok(text.and_then(|text| Ok(Outcome::Return(Value::String(lua.create_string(text)?)))))
}

fn decode(json: &Json, lua: &Lua, arguments: &Arguments) -> Failed<mlua::Result<Outcome>> {
    one_argument(arguments)?;
    let text = arguments.bytes(0)?;
    let value = decode::value(lua, &json.settings.borrow(), &json.array_mark, &text)?;
    Ok(value.map(Outcome::Return))
}

pub fn table(lua: &Lua, guard: &Table) -> mlua::Result<Table> {
    let array_mark = lua.create_table()?;
    array_mark.raw_set("__is_cjson_array", true)?;
    let freeze: mlua::Function = guard.raw_get("freeze")?;
    freeze.call::<()>(&array_mark)?;
    instance(lua, guard, &array_mark)
}

fn instance(lua: &Lua, guard: &Table, array_mark: &Table) -> mlua::Result<Table> {
    let module = Builder::new(lua, guard)?;
    let json = Rc::new(Json {
        settings: RefCell::new(Settings::default()),
        array_mark: array_mark.clone(),
    });
    let this = json.clone();
    module
        .add("encode", move |lua, arguments| encode(&this, lua, &arguments).unwrap_or_else(Ok))?;
    let this = json.clone();
    module
        .add("decode", move |lua, arguments| decode(&this, lua, &arguments).unwrap_or_else(Ok))?;
    for (name, change) in settings::FUNCTIONS {
        let this = json.clone();
        module.add(name, move |lua, arguments| {
            let outcome = settle(change(lua, &mut this.settings.borrow_mut(), &arguments));
            Ok(outcome)
        })?;
    }
    let (guard, array_mark) = (guard.clone(), array_mark.clone());
    module.add("new", move |lua, _| {
        Ok(Outcome::Return(Value::Table(instance(lua, &guard, &array_mark)?)))
    })?;
    module.table.raw_set("null", Value::NULL)?;
    module.table.raw_set("_NAME", "cjson")?;
    module.table.raw_set("_VERSION", "2.1.0")?;
    Ok(module.table)
}
