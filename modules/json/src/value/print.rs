//! Values become texts.

use super::{Name, Number, Repr, Value};
use crate::limits::REPLY_BYTES_MAX;

/// What stands between the parts of a text; nothing by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format<'a> {
    /// Once per level before each element and member.
    pub indent: &'a [u8],
    /// After each element and member, and what opens them.
    pub newline: &'a [u8],
    /// Between a name's colon and the value.
    pub space: &'a [u8],
}

impl Format<'_> {
    /// Whether a text has no more layout than it may have: what is beyond is left out.
    pub fn is_whole(&self, text: &[u8]) -> bool {
        let is_plain = self.indent.is_empty() && self.newline.is_empty() && self.space.is_empty();
        is_plain || text.len() < REPLY_BYTES_MAX
    }
}

/// Adds to the layout.
fn lay(part: &[u8], to: &mut Vec<u8>) {
    if to.len() < REPLY_BYTES_MAX {
        to.extend_from_slice(part);
    }
}

impl Value {
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.print(&Format::default(), 0, &mut text);
        text
    }

    /// Prints it, at a level of indentation.
    pub fn print(&self, format: &Format<'_>, level: usize, to: &mut Vec<u8>) {
        match &self.0 {
            Repr::Null => to.extend_from_slice(b"null"),
            Repr::Bool(true) => to.extend_from_slice(b"true"),
            Repr::Bool(false) => to.extend_from_slice(b"false"),
            Repr::Int(number) => Number::Int(*number).print(to),
            Repr::Unsigned(number) => Number::Unsigned(*number).print(to),
            Repr::Double(number) => Number::Double(*number).print(to),
            Repr::Short(..) | Repr::Long(_) => {
                print_text(self.as_str().expect("one of the two texts"), to);
            }
            Repr::Array(items) => {
                print_list((b'[', b']'), items.iter(), format, level, to, |child, to| {
                    child.print(format, level + 1, to);
                });
            }
            Repr::Packed(_) => {
                print_list((b'[', b']'), self.children(), format, level, to, |child, to| {
                    child.print(format, level + 1, to);
                });
            }
            Repr::List(members) => {
                print_list((b'{', b'}'), members.iter(), format, level, to, |member, to| {
                    print_member(&member.0, &member.1, format, level + 1, to);
                });
            }
            Repr::Table(table) => {
                print_list((b'{', b'}'), table.iter(), format, level, to, |member, to| {
                    print_member(member.0, member.1, format, level + 1, to);
                });
            }
        }
    }
}

fn print_member(name: &Name, value: &Value, format: &Format<'_>, level: usize, to: &mut Vec<u8>) {
    print_text(name.as_str(), to);
    print_colon(format, to);
    value.print(format, level, to);
}

/// Prints what stands between a name and its value.
pub fn print_colon(format: &Format<'_>, to: &mut Vec<u8>) {
    to.push(b':');
    lay(format.space, to);
}

/// Prints what stands between brackets.
pub fn print_list<T>(
    (open, close): (u8, u8),
    items: impl Iterator<Item = T>,
    format: &Format<'_>,
    level: usize,
    to: &mut Vec<u8>,
    print: impl Fn(T, &mut Vec<u8>),
) {
    let line = |level: usize, to: &mut Vec<u8>| {
        lay(format.newline, to);
        (0..level).for_each(|_| lay(format.indent, to));
    };
    to.push(open);
    let mut is_empty = true;
    for item in items {
        if !is_empty {
            to.push(b',');
        }
        is_empty = false;
        line(level + 1, to);
        print(item, to);
    }
    if !is_empty {
        line(level, to);
    }
    to.push(close);
}

/// Prints a string with its quotes.
pub fn print_text(text: &str, to: &mut Vec<u8>) {
    // Without a way out in the middle, this takes many bytes at a time.
    let is_special = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if !text.bytes().fold(false, |special, byte| special | is_special(byte)) {
        to.push(b'"');
        to.extend_from_slice(text.as_bytes());
        to.push(b'"');
        return;
    }
    serde_json::to_writer(to, text).expect("a vector takes all that is written");
}
