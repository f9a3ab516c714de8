//! Lua's values and replies as the debugger shows them.

use mlua::{Table, Value};
use resp::value::Value as Reply;

/// Tables within tables that are shown.
const DEPTH_MAX: usize = 10;
const TOO_DEEP: &[u8] = b"<max recursion level reached! Nested table?>";

pub fn value(value: &Value, out: &mut Vec<u8>) {
    nested(value, out, 0);
}

fn nested(value: &Value, out: &mut Vec<u8>, depth: usize) {
    if depth == DEPTH_MAX {
        out.extend_from_slice(TOO_DEEP);
        return;
    }
    match value {
        Value::Nil => out.extend_from_slice(b"nil"),
        Value::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Integer(number) => number_text(*number as f64, out),
        Value::Number(number) => number_text(*number, out),
        Value::String(text) => stdx::escape::quote(&text.as_bytes(), out),
        Value::Table(table) => table_text(table, out, depth + 1),
        other => {
            let kind = match other {
                Value::Function(_) => "function",
                Value::Thread(_) => "thread",
                Value::LightUserData(_) => "light-userdata",
                _ => "userdata",
            };
            let pointer = other.to_pointer() as usize;
            let place = if pointer == 0 { "(nil)".to_owned() } else { format!("{pointer:#x}") };
            out.extend_from_slice(format!("\"{kind}@{place}\"").as_bytes());
        }
    }
}

/// As C's `%g` prints it.
fn number_text(number: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(stdx::double::significant_digits(number, 6).as_bytes());
}

fn table_text(table: &Table, out: &mut Vec<u8>, depth: usize) {
    let pairs: Vec<(Value, Value)> = table.pairs().filter_map(Result::ok).collect();
    let mut expected = 0.0;
    let is_list = pairs.iter().all(|(key, _)| {
        expected += 1.0;
        crate::outcome::number_of(key).filter(|_| !key.is_string()) == Some(expected)
    });
    out.push(b'{');
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b"; ");
        }
        if !is_list {
            out.push(b'[');
            nested(key, out, depth);
            out.extend_from_slice(b"]=");
        }
        nested(value, out, depth);
    }
    out.push(b'}');
}

/// A reply in the protocol's form.
pub fn reply(bytes: &[u8], out: &mut Vec<u8>) {
    if let Some((reply, _)) = Reply::parse(bytes) {
        reply_text(&reply, out);
    }
}

fn reply_text(reply: &Reply, out: &mut Vec<u8>) {
    match reply {
        Reply::Simple(text) => stdx::escape::quote(&[b"+", text.as_slice()].concat(), out),
        Reply::Error(text) => stdx::escape::quote(&[b"-", text.as_slice()].concat(), out),
        Reply::Bulk(text) | Reply::BulkError(text) | Reply::Verbatim(_, text) => {
            stdx::escape::quote(text, out);
        }
        Reply::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Reply::NullBulk | Reply::NullArray => out.extend_from_slice(b"NULL"),
        Reply::Null => out.extend_from_slice(b"(null)"),
        Reply::Array(items) | Reply::Push(items) => list(items, b"[", b"]", out),
        Reply::Set(items) => list(items, b"~(", b")", out),
        Reply::Map(pairs) => {
            out.push(b'{');
            for (index, (key, value)) in pairs.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                reply_text(key, out);
                out.extend_from_slice(b" => ");
                reply_text(value, out);
            }
            out.push(b'}');
        }
        Reply::Attribute(_, reply) => reply_text(reply, out),
        Reply::Boolean(value) => out.extend_from_slice(if *value { b"#true" } else { b"#false" }),
        Reply::Double(number) => {
            out.extend_from_slice(b"(double) ");
            stdx::double::format(*number, out);
        }
        Reply::BigNumber(digits) => {
            out.extend_from_slice(b"(big number) ");
            out.extend_from_slice(digits);
        }
    }
}

fn list(items: &[Reply], open: &[u8], close: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        reply_text(item, out);
    }
    out.extend_from_slice(close);
}
