//! What a function that scripts call ends with; the interpreter's guard (`lguard.c`) makes errors of it at the place of the
//! call.

use mlua::{IntoLuaMulti, Lua, MultiValue, Value};
use stdx::double::significant_digits;
use stdx::number::read_hexadecimal;

/// An end.
pub enum Outcome {
    Return(Value),
    ReturnMany(Vec<Value>),
    /// Raise this value as it is.
    Raise(Value),
    /// Raise a message, with the place of the call in front.
    Fail(String),
    /// The argument of this number, counted from 1, is not as it must be.
    BadArgument(usize, String),
}

impl IntoLuaMulti for Outcome {
    fn into_lua_multi(self, lua: &Lua) -> mlua::Result<MultiValue> {
        let mut values = MultiValue::new();
        match self {
            Outcome::Return(value) => {
                values.push_back(Value::Integer(0));
                values.push_back(value);
            }
            Outcome::ReturnMany(results) => {
                values.push_back(Value::Integer(0));
                values.extend(results);
            }
            Outcome::Raise(value) => {
                values.push_back(Value::Integer(1));
                values.push_back(value);
            }
            Outcome::Fail(text) => {
                values.push_back(Value::Integer(2));
                values.push_back(Value::String(lua.create_string(text)?));
            }
            Outcome::BadArgument(index, text) => {
                values.push_back(Value::Integer(3));
                values.push_back(Value::Integer(i64::try_from(index).unwrap_or(0)));
                values.push_back(Value::String(lua.create_string(text)?));
            }
        }
        Ok(values)
    }
}

/// What is wrong, where the text is made first.
pub type Failed<T> = Result<T, Outcome>;

/// The end of a function that could not go on.
pub fn settle(result: Failed<Outcome>) -> Outcome {
    result.unwrap_or_else(|outcome| outcome)
}

/// Lua's name of a value's type, as it stands in errors.
pub fn type_name(value: Option<&Value>) -> &'static str {
    match value {
        None => "no value",
        Some(Value::Nil) => "nil",
        Some(Value::Boolean(_)) => "boolean",
        Some(Value::Integer(_) | Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Table(_)) => "table",
        Some(Value::Function(_)) => "function",
        Some(Value::Thread(_)) => "thread",
        Some(_) => "userdata",
    }
}

/// The arguments of a call.
pub struct Arguments(pub Vec<Value>);

impl Arguments {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index)
    }

    fn wrong_type(&self, index: usize, wanted: &str) -> Outcome {
        let found = type_name(self.get(index));
        Outcome::BadArgument(index + 1, format!("{wanted} expected, got {found}"))
    }

    /// A number, or a string that reads as one.
    pub fn number(&self, index: usize) -> Failed<f64> {
        let number = self.get(index).and_then(number_of);
        number.ok_or_else(|| self.wrong_type(index, "number"))
    }

    /// A number without its fraction, as C casts it.
    pub fn integer(&self, index: usize) -> Failed<i64> {
        self.number(index).map(truncate)
    }

    pub fn integer_or(&self, index: usize, default: i64) -> Failed<i64> {
        match self.get(index) {
            None | Some(Value::Nil) => Ok(default),
            Some(_) => self.integer(index),
        }
    }

    /// The bytes of a string, or a number as Lua prints it.
    pub fn bytes(&self, index: usize) -> Failed<Vec<u8>> {
        let bytes = self.get(index).and_then(bytes_of);
        bytes.ok_or_else(|| self.wrong_type(index, "string"))
    }
}

impl mlua::FromLuaMulti for Arguments {
    fn from_lua_multi(values: MultiValue, _lua: &Lua) -> mlua::Result<Arguments> {
        Ok(Arguments(values.into_vec()))
    }
}

/// A number, or a string that reads as one.
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        Value::String(text) => text_to_number(&text.as_bytes()),
        _ => None,
    }
}

/// As `lua_tonumber` reads a string: decimal or hexadecimal, blanks around it.
fn text_to_number(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let number = match hexadecimal {
        Some(digits) => {
            let (number, len) = read_hexadecimal(digits.as_bytes())?;
            (len == digits.len()).then_some(number)?
        }
        // There is one sign.
        None if digits.starts_with(['-', '+']) => return None,
        None => digits.parse().ok()?,
    };
    Some(if negative { -number } else { number })
}

/// The bytes of a string, or a number as Lua prints it.
pub fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        Value::Integer(number) => Some(print_number(*number as f64).into_bytes()),
        Value::Number(number) => Some(print_number(*number).into_bytes()),
        _ => None,
    }
}

/// As C casts a double to an integer of 64 bits on this machine: what does not fit is the smallest.
pub fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// A number with 14 significant digits, as Lua prints it.
pub fn print_number(number: f64) -> String {
    significant_digits(number, 14)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_in_c() {
        for (text, number) in [
            ("7", Some(7.0)),
            (" -0x5\n", Some(-5.0)),
            ("+5", Some(5.0)),
            (".5e1", Some(5.0)),
            ("5.", Some(5.0)),
            ("0x1p3", Some(8.0)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("--5", None),
            ("+-5", None),
            ("0x", None),
            ("1e", None),
            ("", None),
        ] {
            assert_eq!(text_to_number(text.as_bytes()), number, "{text}");
        }
        assert_eq!(truncate(1e300), i64::MIN);
        assert_eq!(truncate(-3.9), -3);
    }
}
