//! Lua values as MessagePack bytes.

use mlua::{Table, Value};

/// Tables nested deeper become nil.
const DEPTH_MAX: usize = 16;

/// Appends a value; what MessagePack has no form for becomes nil.
pub fn value(value: &Value, depth: usize, out: &mut Vec<u8>) -> mlua::Result<()> {
    match value {
        Value::String(text) => string(&text.as_bytes(), out),
        Value::Boolean(value) => out.push(if *value { 0xc3 } else { 0xc2 }),
        Value::Integer(number) => integer(*number, out),
        Value::Number(number) => float(*number, out),
        Value::Table(table) if depth < DEPTH_MAX => return encode_table(table, depth, out),
        _ => out.push(0xc0),
    }
    Ok(())
}

fn string(text: &[u8], out: &mut Vec<u8>) {
    match text.len() {
        len @ 0..32 => out.push(0xa0 | len as u8),
        len @ 32..0x100 => out.extend_from_slice(&[0xd9, len as u8]),
        len @ 0x100..0x1_0000 => {
            out.push(0xda);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(0xdb);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
    out.extend_from_slice(text);
}

fn integer(number: i64, out: &mut Vec<u8>) {
    match number {
        -32..=0x7f => out.push(number as u8),
        0x80..=0xff => out.extend_from_slice(&[0xcc, number as u8]),
        0x100..=0xffff => {
            out.push(0xcd);
            out.extend_from_slice(&(number as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(0xce);
            out.extend_from_slice(&(number as u32).to_be_bytes());
        }
        0x1_0000_0000.. => {
            out.push(0xcf);
            out.extend_from_slice(&number.to_be_bytes());
        }
        -128..=-33 => out.extend_from_slice(&[0xd0, number as u8]),
        -32_768..=-129 => {
            out.push(0xd1);
            out.extend_from_slice(&(number as i16).to_be_bytes());
        }
        -2_147_483_648..=-32_769 => {
            out.push(0xd2);
            out.extend_from_slice(&(number as i32).to_be_bytes());
        }
        _ => {
            out.push(0xd3);
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

fn float(number: f64, out: &mut Vec<u8>) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number) {
        integer(number as i64, out);
    } else if f64::from(number as f32) == number {
        out.push(0xca);
        out.extend_from_slice(&(number as f32).to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

fn length(len: usize, short: u8, long: u8, out: &mut Vec<u8>) {
    match len {
        0..16 => out.push(short | len as u8),
        16..0x1_0000 => {
            out.push(long);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        _ => {
            out.push(long + 1);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
}

/// The number of items, if the keys are 1 to that number.
fn array_len(table: &Table) -> mlua::Result<Option<usize>> {
    let (mut count, mut largest) = (0, 0);
    for pair in table.pairs::<Value, Value>() {
        let Value::Integer(key) = pair?.0 else { return Ok(None) };
        let Ok(key) = usize::try_from(key) else { return Ok(None) };
        if key == 0 {
            return Ok(None);
        }
        count += 1;
        largest = largest.max(key);
    }
    Ok(Some(count).filter(|count| *count == largest))
}

fn encode_table(table: &Table, depth: usize, out: &mut Vec<u8>) -> mlua::Result<()> {
    if let Some(len) = array_len(table)? {
        length(len, 0x90, 0xdc, out);
        for index in 1..=len {
            value(&table.raw_get::<Value>(index)?, depth + 1, out)?;
        }
        return Ok(());
    }
    let mut pairs = Vec::new();
    let mut count = 0;
    for pair in table.pairs::<Value, Value>() {
        let (key, item) = pair?;
        value(&key, depth + 1, &mut pairs)?;
        value(&item, depth + 1, &mut pairs)?;
        count += 1;
    }
    length(count, 0x80, 0xde, out);
    out.extend_from_slice(&pairs);
    Ok(())
}
