//! Values between replies and Lua.

use mlua::{Lua, Table, Value};
use resp::reply::Reply;

use crate::outcome::{bytes_of, number_of, truncate};

/// Deepest nesting that a script may reply with.
const DEPTH_MAX: usize = 1980;
/// Tables that a script's reply may hold. One that is in many places counts for each of them: a few that hold each other
/// would make a reply without end.
const REPLY_TABLES_MAX: usize = 1 << 22;
/// As how many tables an error counts, whose text is kept until all is written.
const TABLES_PER_ERROR: usize = 8;

/// Deepest nesting of a reply that a script is given.
const REPLY_DEPTH_MAX: usize = 128;

/// The text of an error reply, if the reply is one.
pub fn error_text(reply: &[u8]) -> Option<&[u8]> {
    reply.strip_prefix(b"-").map(|rest| rest.strip_suffix(b"\r\n").unwrap_or(rest))
}

/// A reply as a script sees it. Of RESP3, maps and the like become tables with one field that names the kind.
pub fn to_lua(lua: &Lua, reply: &[u8]) -> mlua::Result<Value> {
    Reader { lua, bytes: reply, depth: 0 }.value()
}

struct Reader<'a> {
    lua: &'a Lua,
    bytes: &'a [u8],
    depth: usize,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> &'a [u8] {
        let end = self.bytes.windows(2).position(|pair| pair == b"\r\n");
        let end = end.unwrap_or(self.bytes.len());
        let line = &self.bytes[..end];
        self.bytes = self.bytes.get(end + 2..).unwrap_or_default();
        line
    }

    fn number(line: &[u8]) -> i64 {
        stdx::number::parse_i64(line).unwrap_or(-1)
    }

    fn block(&mut self, len: usize) -> &'a [u8] {
        let block = self.bytes.get(..len).unwrap_or_default();
        self.bytes = self.bytes.get(len + 2..).unwrap_or_default();
        block
    }

    fn string(&self, text: &[u8]) -> mlua::Result<Value> {
        Ok(Value::String(self.lua.create_string(text)?))
    }

    fn field(&self, name: &str, value: Value) -> mlua::Result<Value> {
        let table = self.lua.create_table_with_capacity(0, 1)?;
        table.raw_set(name, value)?;
        Ok(Value::Table(table))
    }

    fn value(&mut self) -> mlua::Result<Value> {
        let line = self.line();
        let (kind, rest) = line.split_first().unwrap_or((&b'_', &[]));
        match kind {
            b'$' | b'=' | b'!' => {
                let Ok(len) = usize::try_from(Self::number(rest)) else {
                    return Ok(Value::Boolean(false));
                };
                let text = self.block(len);
                match kind {
                    b'=' => self.verbatim(text),
                    b'!' => {
                        let text = self.string(text)?;
                        self.field("err", text)
                    }
                    _ => self.string(text),
                }
            }
            b':' => Ok(Value::Integer(Self::number(rest))),
            b'+' => {
                let text = self.string(rest)?;
                self.field("ok", text)
            }
            b'-' => {
                let text = self.string(rest)?;
                self.field("err", text)
            }
            b'*' | b'>' => self.array(rest),
            b'%' => self.map(rest),
            b'~' => self.set(rest),
            b'#' => Ok(Value::Boolean(rest == b"t")),
            b',' => {
                let number = stdx::number::parse_f64(rest).unwrap_or(f64::NAN);
                self.field("double", Value::Number(number))
            }
            b'(' => {
                let text = self.string(rest)?;
                self.field("big_number", text)
            }
            b'|' => {
                // What describes the reply is not shown.
                for _ in 0..2 * Self::number(rest).max(0) {
                    self.value()?;
                }
                self.value()
            }
            _ => Ok(Value::Nil),
        }
    }

    fn verbatim(&self, text: &[u8]) -> mlua::Result<Value> {
        let (format, text) = text.split_at(text.len().min(4));
        let inner = self.lua.create_table_with_capacity(0, 2)?;
        inner.raw_set("format", self.lua.create_string(format.get(..3).unwrap_or(format))?)?;
        inner.raw_set("string", self.lua.create_string(text)?)?;
        self.field("verbatim_string", Value::Table(inner))
    }

    /// Goes one level down; replies of commands are never so deep that it fails.
    fn nested<R>(&mut self, read: impl FnOnce(&mut Self) -> mlua::Result<R>) -> mlua::Result<R> {
        self.depth += 1;
        if self.depth > REPLY_DEPTH_MAX {
            return Err(mlua::Error::runtime("reply nested too deep"));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn array(&mut self, rest: &[u8]) -> mlua::Result<Value> {
        let Ok(len) = usize::try_from(Self::number(rest)) else { return Ok(Value::Boolean(false)) };
        self.nested(|reader| {
            let table = reader.lua.create_table_with_capacity(len, 0)?;
            for index in 1..=len {
                table.raw_set(index, reader.value()?)?;
            }
            Ok(Value::Table(table))
        })
    }

    fn map(&mut self, rest: &[u8]) -> mlua::Result<Value> {
        let len = usize::try_from(Self::number(rest)).unwrap_or(0);
        self.nested(|reader| {
            let map = reader.lua.create_table_with_capacity(0, len)?;
            for _ in 0..len {
                let key = reader.value()?;
                let value = reader.value()?;
                if is_key(&key) {
                    map.raw_set(key, value)?;
                }
            }
            reader.field("map", Value::Table(map))
        })
    }

    fn set(&mut self, rest: &[u8]) -> mlua::Result<Value> {
        let len = usize::try_from(Self::number(rest)).unwrap_or(0);
        self.nested(|reader| {
            let set = reader.lua.create_table_with_capacity(0, len)?;
            for _ in 0..len {
                let member = reader.value()?;
                if is_key(&member) {
                    set.raw_set(member, true)?;
                }
            }
            reader.field("set", Value::Table(set))
        })
    }
}

/// Whether a table may have it as key.
fn is_key(value: &Value) -> bool {
    !value.is_nil() && !value.as_number().is_some_and(f64::is_nan)
}

/// An error that stands in a script's reply.
pub struct RepliedError {
    pub text: Vec<u8>,
    /// It has been counted when the command that failed was.
    pub counted: bool,
}

/// What a script returned, as reply.
pub struct Writer<'a> {
    pub reply: &'a mut Reply,
    pub errors: Vec<RepliedError>,
    /// The script has switched to RESP3, so its booleans are such.
    resp3: bool,
    /// Tables that may still come.
    tables_left: usize,
}

impl<'a> Writer<'a> {
    pub fn new(reply: &'a mut Reply, resp3: bool) -> Writer<'a> {
        Writer { reply, errors: Vec::new(), resp3, tables_left: REPLY_TABLES_MAX }
    }

    /// Writes a value. Numbers lose their fraction, a list ends at its first nil.
    pub fn write(&mut self, value: &Value) -> mlua::Result<()> {
        self.value(value, 0)
    }

    fn value(&mut self, value: &Value, depth: usize) -> mlua::Result<()> {
        match value {
            Value::Integer(number) => self.reply.integer(*number),
            Value::Number(number) => self.reply.integer(truncate(*number)),
            Value::String(text) => self.reply.bulk(&text.as_bytes()),
            Value::Boolean(value) if self.resp3 => self.reply.boolean(*value),
            Value::Boolean(true) => self.reply.integer(1),
            Value::Table(table) => return self.table(table, depth),
            _ => self.reply.null(),
        }
        Ok(())
    }

    /// Counts tables off what the reply may hold.
    fn take(&mut self, tables: usize) -> mlua::Result<()> {
        self.tables_left = self.tables_left.checked_sub(tables).ok_or_else(|| {
            mlua::Error::external("ERR The reply of the script holds too many tables")
        })?;
        Ok(())
    }

    fn error(&mut self, text: Vec<u8>, counted: bool) -> mlua::Result<()> {
        self.take(TABLES_PER_ERROR)?;
        self.reply.error(&text);
        self.errors.push(RepliedError { text, counted });
        Ok(())
    }

    fn table(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        if depth >= DEPTH_MAX {
            return self.error(b"ERR reached lua stack limit".to_vec(), false);
        }
        self.take(1)?;
        if let Value::String(text) = table.raw_get::<Value>("err")? {
            let counted = table.raw_get::<Value>("ignore_error_stats_update")?;
            let text = one_line(&text.as_bytes());
            return self.error(text, counted.as_boolean() == Some(true));
        }
        if let Value::String(text) = table.raw_get::<Value>("ok")? {
            self.reply.simple(one_line(&text.as_bytes()));
            return Ok(());
        }
        if let value @ (Value::Number(_) | Value::Integer(_)) = table.raw_get::<Value>("double")? {
            self.reply.double(number_of(&value).unwrap_or_default());
            return Ok(());
        }
        if let Value::Table(map) = table.raw_get::<Value>("map")? {
            return self.map(&map, depth);
        }
        if let Value::Table(set) = table.raw_get::<Value>("set")? {
            return self.set(&set, depth);
        }
        if let Value::String(digits) = table.raw_get::<Value>("big_number")? {
            self.reply.big_number(&one_line(&digits.as_bytes()));
            return Ok(());
        }
        if let Value::Table(inner) = table.raw_get::<Value>("verbatim_string")?
            && let Some(text) = bytes_of(&inner.raw_get("string")?)
            && let Some(format) = bytes_of(&inner.raw_get("format")?)
        {
            self.reply.verbatim(&String::from_utf8_lossy(&format), &text);
            return Ok(());
        }
        self.array(table, depth)
    }

    fn array(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        let mark = self.reply.defer_array();
        let mut count = 0;
        loop {
            let item: Value = table.raw_get(count + 1)?;
            if item.is_nil() {
                break;
            }
            self.value(&item, depth + 1)?;
            count += 1;
        }
        self.reply.finish_array(mark, count);
        Ok(())
    }

    fn map(&mut self, map: &Table, depth: usize) -> mlua::Result<()> {
        let mark = self.reply.defer_map();
        let mut count = 0;
        for pair in map.pairs::<Value, Value>() {
            let (key, value) = pair?;
            self.value(&key, depth + 1)?;
            self.value(&value, depth + 1)?;
            count += 1;
        }
        self.reply.finish_map(mark, count);
        Ok(())
    }

    fn set(&mut self, set: &Table, depth: usize) -> mlua::Result<()> {
        let mark = self.reply.defer_set();
        let mut count = 0;
        for pair in set.pairs::<Value, Value>() {
            self.value(&pair?.0, depth + 1)?;
            count += 1;
        }
        self.reply.finish_set(mark, count);
        Ok(())
    }
}

/// A line must not break the protocol: line ends become spaces.
pub fn one_line(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_hold_each_other_make_no_endless_reply() {
        let lua = mlua::Lua::new();
        let script = "local t = {} for _ = 1, 40 do t = {t, t} end return t";
        let value: Value = lua.load(script).eval().expect("a table");
        let mut reply = Reply::with_protocol(false);
        let mut writer = Writer { tables_left: 1000, ..Writer::new(&mut reply, false) };
        let error = writer.write(&value).expect_err("2^40 tables");
        assert_eq!(error.to_string(), "ERR The reply of the script holds too many tables");
        let few: Value = lua.load("local t = {1} return {t, t}").eval().expect("a table");
        let mut reply = Reply::with_protocol(false);
        Writer::new(&mut reply, false).write(&few).expect("three tables");
        assert_eq!(reply.as_bytes(), b"*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n");
    }
}
