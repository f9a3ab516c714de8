//! `cmsgpack`: values as MessagePack.

mod decode;
mod encode;

use mlua::{Lua, Table, Value};

use super::{Builder, RESULTS_MAX};
use crate::outcome::{Arguments, Failed, Outcome};

fn pack(lua: &Lua, arguments: &Arguments) -> mlua::Result<Outcome> {
    if arguments.len() == 0 {
        return Ok(Outcome::BadArgument(0, "MessagePack pack needs input.".to_owned()));
    }
    let mut out = Vec::new();
    for value in &arguments.0 {
        encode::value(value, 0, &mut out)?;
    }
    Ok(Outcome::Return(Value::String(lua.create_string(out)?)))
}

/// Reads up to `limit` values from `offset` on, or all; then the offset of the next, or -1, comes first.
fn unpack(lua: &Lua, data: &[u8], limit: i64, offset: i64) -> Failed<mlua::Result<Outcome>> {
    let len = data.len();
    let Ok(start) = usize::try_from(offset) else {
        return Err(invalid(offset, len));
    };
    let Ok(limit) = usize::try_from(limit) else {
        return Err(invalid(offset, len));
    };
    let Some(rest) = data.get(start..) else {
        return Err(Outcome::Fail(format!(
            "Start offset {offset} greater than input length {len}."
        )));
    };
    let all = limit == 0 && start == 0;
    let mut decoder = decode::Decoder::new(lua, rest);
    let mut results = if all { Vec::new() } else { vec![Value::Integer(-1)] };
    let mut count = 0;
    while !decoder.is_at_end() && (all || count < limit) {
        if count >= RESULTS_MAX {
            return Err(Outcome::Fail("stack overflow (in function mp_unpack_full)".to_owned()));
        }
        match decoder.value() {
            Ok(Ok(value)) => results.push(value),
            Ok(Err(error)) => return Ok(Err(error)),
            Err(outcome) => return Err(outcome),
        }
        count += 1;
    }
    if !all && !decoder.is_at_end() {
        let next = start + decoder.position();
        results[0] = Value::Number(next as f64);
    }
    Ok(Ok(Outcome::ReturnMany(results)))
}

fn invalid(offset: i64, len: usize) -> Outcome {
    Outcome::Fail(format!("Invalid request to unpack with offset of {offset} and limit of {len}."))
}

fn unpack_all(lua: &Lua, arguments: &Arguments) -> Failed<mlua::Result<Outcome>> {
    unpack(lua, &arguments.bytes(0)?, 0, 0)
}

fn unpack_one(lua: &Lua, arguments: &Arguments) -> Failed<mlua::Result<Outcome>> {
    let offset = arguments.integer_or(1, 0)?;
    unpack(lua, &arguments.bytes(0)?, 1, offset)
}

fn unpack_limit(lua: &Lua, arguments: &Arguments) -> Failed<mlua::Result<Outcome>> {
    let limit = arguments.integer(1)?;
    let offset = arguments.integer_or(2, 0)?;
    unpack(lua, &arguments.bytes(0)?, limit, offset)
}

pub fn table(lua: &Lua, guard: &Table) -> mlua::Result<Table> {
    let module = Builder::new(lua, guard)?;
    module.add("pack", |lua, arguments| pack(lua, &arguments))?;
    module.add("unpack", |lua, arguments| unpack_all(lua, &arguments).unwrap_or_else(Ok))?;
    module.add("unpack_one", |lua, arguments| unpack_one(lua, &arguments).unwrap_or_else(Ok))?;
    module
        .add("unpack_limit", |lua, arguments| unpack_limit(lua, &arguments).unwrap_or_else(Ok))?;
    for (name, text) in [
        ("_NAME", "cmsgpack"),
        ("_VERSION", "lua-cmsgpack 0.4.0"),
        ("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"),
        ("_DESCRIPTION", "MessagePack C implementation for Lua"),
    ] {
        module.table.raw_set(name, text)?;
    }
    Ok(module.table)
}
