//! JSON text as Lua values.

use mlua::{Lua, Table, Value};
use stdx::number::read_hexadecimal;

use super::settings::Settings;
use crate::outcome::{Failed, Outcome};

/// The value; the outer error is about the text, the inner one is Lua's own.
pub fn value(
    lua: &Lua,
    settings: &Settings,
    array_mark: &Table,
    text: &[u8],
) -> Failed<mlua::Result<Value>> {
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        let text = "JSON parser does not support UTF-16 or UTF-32";
        return Err(Outcome::Fail(text.to_owned()));
    }
    let mut decoder =
        Decoder { lua, settings, array_mark, text, at: 0, open: Vec::new(), open_objects: 0 };
    match decoder.document() {
        Ok(value) => Ok(Ok(value)),
        Err(Trouble::Text(text)) => Err(Outcome::Fail(text)),
        Err(Trouble::Lua(error)) => Ok(Err(error)),
    }
}

enum Trouble {
    Text(String),
    Lua(mlua::Error),
}

impl From<mlua::Error> for Trouble {
    fn from(error: mlua::Error) -> Trouble {
        Trouble::Lua(error)
    }
}

enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Colon,
    Comma,
    End,
    Null,
    Boolean(bool),
    Number(f64),
    Text(Vec<u8>),
    Wrong(&'static str),
}

impl Token {
    fn name(&self) -> &'static str {
        match self {
            Token::ObjectBegin => "T_OBJ_BEGIN",
            Token::ObjectEnd => "T_OBJ_END",
            Token::ArrayBegin => "T_ARR_BEGIN",
            Token::ArrayEnd => "T_ARR_END",
            Token::Colon => "T_COLON",
            Token::Comma => "T_COMMA",
            Token::End => "T_END",
            Token::Null => "T_NULL",
            Token::Boolean(_) => "T_BOOLEAN",
            Token::Number(_) => "T_NUMBER",
            Token::Text(_) => "T_STRING",
            Token::Wrong(what) => what,
        }
    }
}

/// A token, and where it begins or what is wrong stands.
struct Placed {
    token: Token,
    at: usize,
}

struct Decoder<'a> {
    lua: &'a Lua,
    settings: &'a Settings,
    array_mark: &'a Table,
    text: &'a [u8],
    at: usize,
    open: Vec<Open>,
    open_objects: usize,
}

fn expected(what: &str, found: &Placed) -> Trouble {
    let (name, place) = (found.token.name(), found.at + 1);
    Trouble::Text(format!("Expected {what} but found {name} at character {place}"))
}

/// What has been begun and not ended.
enum Open {
    Array { table: Table, index: i64 },
    Object { table: Table, key: Vec<u8> },
}

/// Places on Lua's stack that a function of C may fill: what bounds the nesting, whatever is set.
const SLOTS_MAX: usize = 8000;

impl Decoder<'_> {
    /// Nesting takes memory, not the machine's stack.
    fn document(&mut self) -> Result<Value, Trouble> {
        let mut token = self.next();
        loop {
            let value = match token.token {
                Token::Text(text) => Some(Value::String(self.lua.create_string(text)?)),
                Token::Number(number) => Some(Value::Number(number)),
                Token::Boolean(value) => Some(Value::Boolean(value)),
                Token::Null => Some(Value::NULL),
                Token::ObjectBegin => self.begin_object()?,
                Token::ArrayBegin => {
                    let (table, first) = self.begin_array()?;
                    if !matches!(first.token, Token::ArrayEnd) {
                        self.open.push(Open::Array { table, index: 1 });
                        token = first;
                        continue;
                    }
                    Some(Value::Table(table))
                }
                _ => return Err(expected("value", &token)),
            };
            if let Some(value) = value
                && let Some(value) = self.place(value)?
            {
                return Ok(value);
            }
            token = self.next();
        }
    }

    /// Puts a value where it belongs, and what is whole thereby, too. The outermost one is handed back.
    fn place(&mut self, mut value: Value) -> Result<Option<Value>, Trouble> {
        loop {
            let Some(open) = self.open.pop() else {
                let rest = self.next();
                let is_whole = matches!(rest.token, Token::End);
                return if is_whole { Ok(Some(value)) } else { Err(expected("the end", &rest)) };
            };
            match open {
                Open::Array { table, index } => {
                    table.raw_set(index, value)?;
                    let next = self.next();
                    match next.token {
                        Token::ArrayEnd => value = Value::Table(table),
                        Token::Comma => {
                            self.open.push(Open::Array { table, index: index + 1 });
                            return Ok(None);
                        }
                        _ => return Err(expected("comma or array end", &next)),
                    }
                }
                Open::Object { table, key } => {
                    table.raw_set(self.lua.create_string(key)?, value)?;
                    let next = self.next();
                    match next.token {
                        Token::ObjectEnd => {
                            self.open_objects -= 1;
                            value = Value::Table(table);
                        }
                        Token::Comma => {
                            let token = self.next();
                            self.begin_field(table, token)?;
                            return Ok(None);
                        }
                        _ => return Err(expected("comma or object end", &next)),
                    }
                }
            }
        }
    }

    /// `slots`: what Lua keeps on its stack while it reads the table's first item.
    fn descend(&self, slots: usize) -> Result<(), Trouble> {
        let depth = self.open.len() + 1;
        let is_allowed = i64::try_from(depth).is_ok_and(|it| it <= self.settings.decode_depth_max);
        if !is_allowed || depth + self.open_objects + slots > SLOTS_MAX {
            let at = self.at;
            return Err(Trouble::Text(format!(
                "Found too many nested data structures ({depth}) at character {at}"
            )));
        }
        Ok(())
    }

    /// The object if it is empty; else it is open, and a value follows.
    fn begin_object(&mut self) -> Result<Option<Value>, Trouble> {
        self.descend(3)?;
        let table = self.lua.create_table()?;
        let first = self.next();
        if matches!(first.token, Token::ObjectEnd) {
            return Ok(Some(Value::Table(table)));
        }
        self.open_objects += 1;
        self.begin_field(table, first)?;
        Ok(None)
    }

    /// Reads a key and its colon.
    fn begin_field(&mut self, table: Table, token: Placed) -> Result<(), Trouble> {
        let Token::Text(key) = token.token else {
            return Err(expected("object key string", &token));
        };
        let colon = self.next();
        if !matches!(colon.token, Token::Colon) {
            return Err(expected("colon", &colon));
        }
        self.open.push(Open::Object { table, key });
        Ok(())
    }

    /// An array without its items, and the token of the first one.
    fn begin_array(&mut self) -> Result<(Table, Placed), Trouble> {
        self.descend(2)?;
        let table = self.lua.create_table()?;
        if self.settings.mark_arrays {
            table.set_metatable(Some(self.array_mark.clone()))?;
        }
        Ok((table, self.next()))
    }

    fn next(&mut self) -> Placed {
        while self
            .text
            .get(self.at)
            .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        {
            self.at += 1;
        }
        let at = self.at;
        let Some(byte) = self.text.get(at).filter(|byte| **byte != 0) else {
            return Placed { token: Token::End, at };
        };
        let single = match byte {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            b'"' => return self.string(at),
            _ => return Placed { token: self.word(), at },
        };
        self.at += 1;
        Placed { token: single, at }
    }

    /// A number, or one of the three words.
    fn word(&mut self) -> Token {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let starts = |word: &[u8]| rest.starts_with(word);
        let starts_in_any_case =
            |word: &[u8]| rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
        match rest.first() {
            Some(b'-' | b'+' | b'0'..=b'9') => {
                if !self.settings.decode_invalid && is_invalid_number(rest) {
                    return Token::Wrong("invalid number");
                }
                self.number(rest)
            }
            Some(b't') if starts(b"true") => {
                self.at += 4;
                Token::Boolean(true)
            }
            Some(b'f') if starts(b"false") => {
                self.at += 5;
                Token::Boolean(false)
            }
            Some(b'n') if starts(b"null") => {
                self.at += 4;
                Token::Null
            }
            _ if self.settings.decode_invalid
                && (starts_in_any_case(b"inf") || starts_in_any_case(b"nan")) =>
            {
                self.number(rest)
            }
            _ => Token::Wrong("invalid token"),
        }
    }

    fn number(&mut self, rest: &[u8]) -> Token {
        match read_number(rest) {
            Some((number, len)) => {
                self.at += len;
                Token::Number(number)
            }
            None => Token::Wrong("invalid number"),
        }
    }

    fn string(&mut self, begin: usize) -> Placed {
        let mut out = Vec::new();
        self.at += 1;
        let wrong = |what, at| Placed { token: Token::Wrong(what), at };
        loop {
            let plain = self.text.get(self.at..).unwrap_or_default();
            let len = plain.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0));
            let len = len.unwrap_or(plain.len());
            out.extend_from_slice(&plain[..len]);
            self.at += len;
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Placed { token: Token::Text(out), at: begin };
                }
                Some(b'\\') => {}
                _ => return wrong("unexpected end of string", self.at),
            }
            let byte = match self.text.get(self.at + 1) {
                Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
                Some(b'b') => 8,
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                Some(b'f') => 12,
                Some(b'r') => b'\r',
                Some(b'u') => {
                    let Some((character, len)) = unicode(&self.text[self.at..]) else {
                        return wrong("invalid unicode escape code", self.at);
                    };
                    let mut buffer = [0; 4];
                    out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                    self.at += len;
                    continue;
                }
                _ => return wrong("invalid escape code", self.at),
            };
            out.push(byte);
            self.at += 2;
        }
    }
}

/// The character of `\uXXXX`, or of two such for one beyond the first plane, and the bytes read.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |text: &[u8]| -> Option<u32> {
        let digits = text.strip_prefix(b"\\u")?.get(..4)?;
        let digits = std::str::from_utf8(digits).ok()?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(text)?;
    if !(0xd800..0xe000).contains(&first) {
        return char::from_u32(first).map(|character| (character, 6));
    }
    let second = unit(text.get(6..)?)?;
    if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let code = 0x1_0000 + ((first & 0x3ff) << 10 | second & 0x3ff);
    char::from_u32(code).map(|character| (character, 12))
}

/// What C reads as a number and JSON does not know.
fn is_invalid_number(text: &[u8]) -> bool {
    let text = match text {
        [b'+', ..] => return true,
        [b'-', rest @ ..] => rest,
        text => text,
    };
    match text {
        [b'0', next, ..] => next.is_ascii_digit() || matches!(next, b'x' | b'X'),
        [b'0'..=b'9', ..] | [] => false,
        text => {
            let starts = |word: &[u8]| {
                text.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word))
            };
            starts(b"inf") || starts(b"nan")
        }
    }
}

/// Reads a number as C's `strtod` does; the value and the bytes read.
fn read_number(text: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let negative = text.first() == Some(&b'-');
    let body = &text[sign..];
    let (value, len) = read_unsigned(body)?;
    Some((if negative { -value } else { value }, sign + len))
}

fn read_unsigned(text: &[u8]) -> Option<(f64, usize)> {
    let starts =
        |word: &[u8]| text.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
    if starts(b"infinity") {
        return Some((f64::INFINITY, 8));
    }
    if starts(b"inf") {
        return Some((f64::INFINITY, 3));
    }
    if starts(b"nan") {
        return Some((f64::NAN, 3));
    }
    if starts(b"0x")
        && let Some((value, len)) = read_hexadecimal(&text[2..])
    {
        return Some((value, len + 2));
    }
    let digits = |from: usize| {
        text.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut len = whole;
    let mut decimals = 0;
    if text.get(len) == Some(&b'.') {
        decimals = digits(len + 1);
        len += 1 + decimals;
    }
    if whole + decimals == 0 {
        return None;
    }
    if matches!(text.get(len), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(text.get(len + 1), Some(b'-' | b'+')));
        let exponent = digits(len + 1 + signed);
        if exponent > 0 {
            len += 1 + signed + exponent;
        }
    }
    let number = std::str::from_utf8(&text[..len]).ok()?;
    Some((number.trim_end_matches('.').parse().ok()?, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_in_c() {
        for (text, value, len) in [
            ("1", 1.0, 1),
            ("1.", 1.0, 2),
            ("-1.5e3x", -1500.0, 6),
            ("1e", 1.0, 1),
            ("0x10", 16.0, 4),
            ("0x1p3", 8.0, 5),
            ("Infinity]", f64::INFINITY, 8),
            ("+01", 1.0, 3),
        ] {
            assert_eq!(read_number(text.as_bytes()), Some((value, len)), "{text}");
        }
        assert_eq!(read_number(b"-"), None);
        assert_eq!(unicode(b"\\ud83d\\ude00"), Some(('\u{1f600}', 12)));
        assert_eq!(unicode(b"\\ud83d"), None);
    }
}
