//! `bit`: operations on the low 32 bits of numbers.

use mlua::{Lua, Table, Value};

use super::Builder;
use crate::outcome::{Arguments, Failed, Outcome, settle};

/// Added to a number, it brings the number's low bits, rounded to the nearest integer, to the end of the double's own.
const MAGIC: f64 = 6_755_399_441_055_744.0;

fn bits(arguments: &Arguments, index: usize) -> Failed<u32> {
    arguments.number(index).map(|number| (number + MAGIC).to_bits() as u32)
}

fn signed(bits: u32) -> Outcome {
    Outcome::Return(Value::Integer(i64::from(bits as i32)))
}

fn unary(arguments: &Arguments, operation: fn(u32) -> u32) -> Failed<Outcome> {
    Ok(signed(operation(bits(arguments, 0)?)))
}

fn fold(arguments: &Arguments, operation: fn(u32, u32) -> u32) -> Failed<Outcome> {
    let mut result = bits(arguments, 0)?;
    for index in 1..arguments.len() {
        result = operation(result, bits(arguments, index)?);
    }
    Ok(signed(result))
}

fn shift(arguments: &Arguments, operation: fn(u32, u32) -> u32) -> Failed<Outcome> {
    let value = bits(arguments, 0)?;
    Ok(signed(operation(value, bits(arguments, 1)? & 31)))
}

fn to_hex(lua: &Lua, arguments: &Arguments) -> Failed<mlua::Result<Outcome>> {
    let value = bits(arguments, 0)?;
    let digits = match arguments.get(1) {
        None | Some(Value::Nil) => 8,
        Some(_) => bits(arguments, 1)? as i32,
    };
    let text = if digits < 0 { format!("{value:08X}") } else { format!("{value:08x}") };
    let shown = usize::try_from(digits.unsigned_abs()).unwrap_or(8).min(8);
    Ok(lua.create_string(&text[8 - shown..]).map(|text| Outcome::Return(Value::String(text))))
}

pub fn table(lua: &Lua, guard: &Table) -> mlua::Result<Table> {
    let bit = Builder::new(lua, guard)?;
    bit.add("tobit", |_, arguments| Ok(settle(unary(&arguments, |bits| bits))))?;
    bit.add("bnot", |_, arguments| Ok(settle(unary(&arguments, |bits| !bits))))?;
    bit.add("bswap", |_, arguments| Ok(settle(unary(&arguments, u32::swap_bytes))))?;
    bit.add("band", |_, arguments| Ok(settle(fold(&arguments, |one, two| one & two))))?;
    bit.add("bor", |_, arguments| Ok(settle(fold(&arguments, |one, two| one | two))))?;
    bit.add("bxor", |_, arguments| Ok(settle(fold(&arguments, |one, two| one ^ two))))?;
    bit.add("lshift", |_, arguments| Ok(settle(shift(&arguments, |bits, by| bits << by))))?;
    bit.add("rshift", |_, arguments| Ok(settle(shift(&arguments, |bits, by| bits >> by))))?;
    bit.add("arshift", |_, arguments| {
        Ok(settle(shift(&arguments, |bits, by| ((bits as i32) >> by) as u32)))
    })?;
    bit.add("rol", |_, arguments| Ok(settle(shift(&arguments, u32::rotate_left))))?;
    bit.add("ror", |_, arguments| Ok(settle(shift(&arguments, u32::rotate_right))))?;
    bit.add("tohex", |lua, arguments| to_hex(lua, &arguments).unwrap_or_else(Ok))?;
    Ok(bit.table)
}
