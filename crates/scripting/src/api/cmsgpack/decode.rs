//! MessagePack bytes as Lua values.

use mlua::{Lua, Value};

use crate::outcome::{Failed, Outcome};

/// Values nested deeper are refused.
const DEPTH_MAX: usize = 4000;

/// Reads values, one after the other.
pub struct Decoder<'a> {
    lua: &'a Lua,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

/// A value; the outer error is about the bytes, the inner one is Lua's own.
type Decoded = Failed<mlua::Result<Value>>;

fn missing() -> Outcome {
    Outcome::Fail("Missing bytes in input.".to_owned())
}

impl<'a> Decoder<'a> {
    pub fn new(lua: &'a Lua, bytes: &'a [u8]) -> Decoder<'a> {
        Decoder { lua, bytes, at: 0, depth: 0 }
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub fn position(&self) -> usize {
        self.at
    }

    fn take(&mut self, len: usize) -> Failed<&'a [u8]> {
        let end = self.at.checked_add(len).ok_or_else(missing)?;
        let bytes = self.bytes.get(self.at..end).ok_or_else(missing)?;
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Failed<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn length(&mut self, bytes: usize) -> Failed<usize> {
        let bytes = self.take(bytes)?;
        Ok(bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)))
    }

    /// Reads a value.
    pub fn value(&mut self) -> Decoded {
        let code = self.take(1)?[0];
        Ok(Ok(match code {
            0x00..=0x7f => Value::Integer(i64::from(code)),
            0xe0..=0xff => Value::Integer(i64::from(code as i8)),
            0xc0 => Value::Nil,
            0xc2 => Value::Boolean(false),
            0xc3 => Value::Boolean(true),
            0xca => Value::Number(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => Value::Number(f64::from_be_bytes(self.array()?)),
            0xcc => Value::Integer(i64::from(self.array::<1>()?[0])),
            0xcd => Value::Integer(i64::from(u16::from_be_bytes(self.array()?))),
            0xce => Value::Integer(i64::from(u32::from_be_bytes(self.array()?))),
            0xcf | 0xd3 => Value::Integer(i64::from_be_bytes(self.array()?)),
            0xd0 => Value::Integer(i64::from(self.array::<1>()?[0] as i8)),
            0xd1 => Value::Integer(i64::from(i16::from_be_bytes(self.array()?))),
            0xd2 => Value::Integer(i64::from(i32::from_be_bytes(self.array()?))),
            0xa0..=0xbf => return self.string(usize::from(code & 31)),
            0xd9..=0xdb => {
                let len = self.length(1 << (code - 0xd9))?;
                return self.string(len);
            }
            0x90..=0x9f => return self.items(usize::from(code & 15)),
            0xdc | 0xdd => {
                let len = self.length(2 << (code - 0xdc))?;
                return self.items(len);
            }
            0x80..=0x8f => return self.pairs(usize::from(code & 15)),
            0xde | 0xdf => {
                let len = self.length(2 << (code - 0xde))?;
                return self.pairs(len);
            }
            _ => return Err(Outcome::Fail("Bad data format in input.".to_owned())),
        }))
    }

    fn string(&mut self, len: usize) -> Decoded {
        let text = self.take(len)?;
        Ok(self.lua.create_string(text).map(Value::String))
    }

    fn descend(&mut self, function: &str) -> Failed<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Outcome::Fail(format!("stack overflow (in function {function})")));
        }
        Ok(())
    }

    fn items(&mut self, len: usize) -> Decoded {
        self.descend("mp_decode_to_lua_array")?;
        let table = match self.lua.create_table() {
            Ok(table) => table,
            Err(error) => return Ok(Err(error)),
        };
        for index in 1..=len {
            match self.value()? {
                Ok(item) => {
                    if let Err(error) = table.raw_set(index, item) {
                        return Ok(Err(error));
                    }
                }
                Err(error) => return Ok(Err(error)),
            }
        }
        self.depth -= 1;
        Ok(Ok(Value::Table(table)))
    }

    fn pairs(&mut self, len: usize) -> Decoded {
        self.descend("mp_decode_to_lua_hash")?;
        let table = match self.lua.create_table() {
            Ok(table) => table,
            Err(error) => return Ok(Err(error)),
        };
        for _ in 0..len {
            let (key, item) = match (self.value()?, self.value()?) {
                (Ok(key), Ok(item)) => (key, item),
                (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
            };
            if key.is_nil() {
                return Err(self.raised("table index is nil"));
            }
            if key.as_number().is_some_and(f64::is_nan) {
                return Err(self.raised("table index is NaN"));
            }
            if let Err(error) = table.raw_set(key, item) {
                return Ok(Err(error));
            }
        }
        self.depth -= 1;
        Ok(Ok(Value::Table(table)))
    }

    /// An error of Lua's own, which tells no place.
    fn raised(&self, text: &str) -> Outcome {
        match self.lua.create_string(text) {
            Ok(text) => Outcome::Raise(Value::String(text)),
            Err(_) => Outcome::Fail(text.to_owned()),
        }
    }
}
