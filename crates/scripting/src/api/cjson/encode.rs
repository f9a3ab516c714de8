//! Lua values as JSON text.

use mlua::{Table, Value};
use stdx::double::significant_digits;

use super::settings::{DEPTH_LIMIT, InvalidNumbers, Settings};
use crate::outcome::{Failed, Outcome, number_of, type_name};

/// The text; the outer error is about the value, the inner one is Lua's own.
pub fn text(
    settings: &Settings,
    array_mark: &Table,
    value: &Value,
) -> Failed<mlua::Result<Vec<u8>>> {
    let mut encoder = Encoder { settings, array_mark, out: Vec::new() };
    match encoder.value(value, 0) {
        Ok(()) => Ok(Ok(encoder.out)),
        Err(Trouble::Value(text)) => Err(Outcome::Fail(text)),
        Err(Trouble::Lua(error)) => Ok(Err(error)),
    }
}

enum Trouble {
    Value(String),
    Lua(mlua::Error),
}

impl From<mlua::Error> for Trouble {
    fn from(error: mlua::Error) -> Trouble {
        Trouble::Lua(error)
    }
}

struct Encoder<'a> {
    settings: &'a Settings,
    array_mark: &'a Table,
    out: Vec<u8>,
}

/// How a table is written.
enum Shape {
    Array(i64),
    Object,
}

impl Encoder<'_> {
    fn value(&mut self, value: &Value, depth: i64) -> Result<(), Trouble> {
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::Boolean(value) => {
                self.out.extend_from_slice(if *value { b"true" } else { b"false" });
            }
            Value::Integer(number) => self.number(*number as f64)?,
            Value::Number(number) => self.number(*number)?,
            Value::String(text) => self.string(&text.as_bytes()),
            Value::Table(table) => self.table(table, depth + 1)?,
            Value::LightUserData(pointer) if pointer.0.is_null() => {
                self.out.extend_from_slice(b"null");
            }
            other => return Err(refused(other, "type not supported")),
        }
        Ok(())
    }

    // Apart from what calls itself, whose frames are to be small.
    #[inline(never)]
    fn number(&mut self, number: f64) -> Result<(), Trouble> {
        if !number.is_finite() {
            match self.settings.encode_invalid {
                InvalidNumbers::Refuse => {
                    return Err(refused(&Value::Number(number), "must not be NaN or Inf"));
                }
                InvalidNumbers::Null => {
                    self.out.extend_from_slice(b"null");
                    return Ok(());
                }
                InvalidNumbers::Accept if number.is_nan() => {
                    self.out.extend_from_slice(b"nan");
                    return Ok(());
                }
                InvalidNumbers::Accept => {}
            }
        }
        let digits = u8::try_from(self.settings.precision).unwrap_or(14);
        self.out.extend_from_slice(significant_digits(number, digits).as_bytes());
        Ok(())
    }

    #[inline(never)]
    fn string(&mut self, text: &[u8]) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        for byte in text {
            match byte {
                b'"' | b'\\' | b'/' => self.out.extend_from_slice(&[b'\\', *byte]),
                8 => self.out.extend_from_slice(b"\\b"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                12 => self.out.extend_from_slice(b"\\f"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                0..32 | 127 => {
                    self.out.extend_from_slice(b"\\u00");
                    self.out.push(HEX[usize::from(byte >> 4)]);
                    self.out.push(HEX[usize::from(byte & 15)]);
                }
                _ => self.out.push(*byte),
            }
        }
        self.out.push(b'"');
    }

    #[inline(never)]
    fn shape(&self, table: &Table) -> Result<Shape, Trouble> {
        let (mut largest, mut count) = (0_i64, 0_i64);
        for pair in table.pairs::<Value, Value>() {
            match pair?.0 {
                Value::Integer(key) if key > 0 => {
                    largest = largest.max(key);
                    count += 1;
                }
                _ => return Ok(Shape::Object),
            }
        }
        let ratio = self.settings.sparse_ratio;
        if ratio > 0 && largest > count.saturating_mul(ratio) && largest > self.settings.sparse_safe
        {
            if !self.settings.sparse_convert {
                let table = Value::Table(table.clone());
                return Err(refused(&table, "excessively sparse array"));
            }
            return Ok(Shape::Object);
        }
        Ok(Shape::Array(largest))
    }

    fn is_marked(&self, table: &Table) -> bool {
        table.metatable().is_some_and(|metatable| metatable == *self.array_mark)
    }

    fn table(&mut self, table: &Table, depth: i64) -> Result<(), Trouble> {
        if depth > self.settings.encode_depth_max.min(DEPTH_LIMIT) {
            return Err(too_deep(depth));
        }
        match self.shape(table)? {
            Shape::Array(0) if !self.is_marked(table) => self.out.extend_from_slice(b"{}"),
            Shape::Array(len) => {
                self.out.push(b'[');
                for index in 1..=len {
                    if index > 1 {
                        self.out.push(b',');
                    }
                    let item: Value = table.raw_get(index)?;
                    self.value(&item, depth)?;
                }
                self.out.push(b']');
            }
            Shape::Object => self.object(table, depth)?,
        }
        Ok(())
    }

    fn object(&mut self, table: &Table, depth: i64) -> Result<(), Trouble> {
        self.out.push(b'{');
        let mut first = true;
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            if !std::mem::take(&mut first) {
                self.out.push(b',');
            }
            match &key {
                Value::String(text) => self.string(&text.as_bytes()),
                Value::Integer(_) | Value::Number(_) => {
                    self.out.push(b'"');
                    self.number(number_of(&key).unwrap_or_default())?;
                    self.out.push(b'"');
                }
                other => return Err(refused(other, "table key must be a number or string")),
            }
            self.out.push(b':');
            self.value(&value, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

#[inline(never)]
fn too_deep(depth: i64) -> Trouble {
    Trouble::Value(format!("Cannot serialise, excessive nesting ({depth})"))
}

#[inline(never)]
fn refused(value: &Value, reason: &str) -> Trouble {
    Trouble::Value(format!("Cannot serialise {}: {reason}", type_name(Some(value))))
}
