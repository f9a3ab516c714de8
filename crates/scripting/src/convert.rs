//! Values between replies and Lua.

use mlua::{Lua, Table, Value as LuaValue};
use resp::reply::Reply;
use resp::value::Value;

/// Deepest nesting that a script may reply with.
const DEPTH_MAX: usize = 64;

/// A reply as a script sees it. Of RESP3, maps and the like become tables with one field that names the kind.
pub fn to_lua(lua: &Lua, value: &Value) -> mlua::Result<LuaValue> {
    Ok(match value {
        Value::Simple(text) => field(lua, "ok", string(lua, text)?)?,
        Value::Error(text) | Value::BulkError(text) => field(lua, "err", string(lua, text)?)?,
        Value::Integer(number) => LuaValue::Number(*number as f64),
        Value::Bulk(text) => string(lua, text)?,
        Value::NullBulk | Value::NullArray => LuaValue::Boolean(false),
        Value::Null => LuaValue::Nil,
        Value::Array(items) | Value::Push(items) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for (index, item) in items.iter().enumerate() {
                // A nil in the middle stays as false, for a list must not end early.
                let item = match to_lua(lua, item)? {
                    LuaValue::Nil => LuaValue::Boolean(false),
                    item => item,
                };
                table.raw_set(index + 1, item)?;
            }
            LuaValue::Table(table)
        }
        Value::Map(pairs) => {
            let map = lua.create_table_with_capacity(0, pairs.len())?;
            for (key, value) in pairs {
                map.raw_set(to_lua(lua, key)?, to_lua(lua, value)?)?;
            }
            field(lua, "map", LuaValue::Table(map))?
        }
        Value::Set(items) => {
            let set = lua.create_table_with_capacity(0, items.len())?;
            for item in items {
                set.raw_set(to_lua(lua, item)?, true)?;
            }
            field(lua, "set", LuaValue::Table(set))?
        }
        Value::Boolean(value) => LuaValue::Boolean(*value),
        Value::Double(value) => field(lua, "double", LuaValue::Number(*value))?,
        Value::BigNumber(digits) => field(lua, "big_number", string(lua, digits)?)?,
        Value::Verbatim(format, text) => {
            let inner = lua.create_table()?;
            inner.raw_set("format", lua.create_string(format)?)?;
            inner.raw_set("string", lua.create_string(text)?)?;
            field(lua, "verbatim_string", LuaValue::Table(inner))?
        }
        Value::Attribute(_, inner) => to_lua(lua, inner)?,
    })
}

fn string(lua: &Lua, text: &[u8]) -> mlua::Result<LuaValue> {
    Ok(LuaValue::String(lua.create_string(text)?))
}

fn field(lua: &Lua, name: &str, value: LuaValue) -> mlua::Result<LuaValue> {
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set(name, value)?;
    Ok(LuaValue::Table(table))
}

/// Writes what a script returned. Numbers lose their fraction, a list ends at its first nil, and booleans are such only
/// for a script that has switched to RESP3 (`resp3`).
pub fn to_reply(value: &LuaValue, reply: &mut Reply, resp3: bool) -> mlua::Result<()> {
    write(value, reply, resp3, 0)
}

fn write(value: &LuaValue, reply: &mut Reply, resp3: bool, depth: usize) -> mlua::Result<()> {
    if depth > DEPTH_MAX {
        reply.error(b"ERR reached lua stack limit");
        return Ok(());
    }
    match value {
        LuaValue::Integer(number) => reply.integer(*number),
        LuaValue::Number(number) => reply.integer(*number as i64),
        LuaValue::String(text) => reply.bulk(&text.as_bytes()),
        LuaValue::Boolean(value) if resp3 => reply.boolean(*value),
        LuaValue::Boolean(true) => reply.integer(1),
        LuaValue::Boolean(false) | LuaValue::Nil => reply.null(),
        LuaValue::Table(table) => write_table(table, reply, resp3, depth)?,
        _ => reply.null(),
    }
    Ok(())
}

fn write_table(table: &Table, reply: &mut Reply, resp3: bool, depth: usize) -> mlua::Result<()> {
    if let LuaValue::String(text) = table.raw_get::<LuaValue>("err")? {
        reply.error(&*text.as_bytes());
        return Ok(());
    }
    if let LuaValue::String(text) = table.raw_get::<LuaValue>("ok")? {
        reply.simple(&*one_line(&text.as_bytes()));
        return Ok(());
    }
    if let LuaValue::Number(number) = table.raw_get::<LuaValue>("double")? {
        reply.double(number);
        return Ok(());
    }
    if let LuaValue::Table(pairs) = table.raw_get::<LuaValue>("map")? {
        let mark = reply.defer_map();
        let mut count = 0;
        for pair in pairs.pairs::<LuaValue, LuaValue>() {
            let (key, value) = pair?;
            write(&key, reply, resp3, depth + 1)?;
            write(&value, reply, resp3, depth + 1)?;
            count += 1;
        }
        reply.finish_map(mark, count);
        return Ok(());
    }
    if let LuaValue::Table(members) = table.raw_get::<LuaValue>("set")? {
        let mark = reply.defer_set();
        let mut count = 0;
        for pair in members.pairs::<LuaValue, LuaValue>() {
            write(&pair?.0, reply, resp3, depth + 1)?;
            count += 1;
        }
        reply.finish_set(mark, count);
        return Ok(());
    }
    if let LuaValue::String(digits) = table.raw_get::<LuaValue>("big_number")? {
        reply.big_number(&one_line(&digits.as_bytes()));
        return Ok(());
    }
    if let LuaValue::Table(inner) = table.raw_get::<LuaValue>("verbatim_string")? {
        let format: mlua::LuaString = inner.raw_get("format")?;
        let text: mlua::LuaString = inner.raw_get("string")?;
        reply.verbatim(&format.to_string_lossy(), &text.as_bytes());
        return Ok(());
    }
    let mark = reply.defer_array();
    let mut count = 0;
    loop {
        let item: LuaValue = table.raw_get(count + 1)?;
        if item.is_nil() {
            break;
        }
        write(&item, reply, resp3, depth + 1)?;
        count += 1;
    }
    reply.finish_array(mark, count);
    Ok(())
}

/// A status must not break the protocol: line ends become spaces.
fn one_line(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}
