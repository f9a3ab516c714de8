//! A JSON value in 16 bytes: small scalars and short strings inside, all else behind one pointer.

mod array;
mod compare;
mod half;
mod memory;
mod name;
mod number;
mod object;
mod packed;
mod parse;
mod print;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use arcstr::ArcStr;
use thin_vec::ThinVec;

pub use self::half::{round_to_bf16, round_to_f16};
pub use self::name::{Name, shared_names};
pub use self::number::Number;
use self::object::Table;
use self::packed::Packed;
pub use self::parse::{parse, parse_saved};
pub use self::print::{Format, print_colon, print_list, print_text};
use crate::limits::SHORT_BYTES_MAX;

/// A value as others see it: in its place, or a copy of a number that lies packed.
pub type Node<'a> = Cow<'a, Value>;

#[derive(Clone, Debug)]
pub struct Value(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond what `Int` holds.
    Unsigned(u64),
    /// Finite.
    Double(f64),
    /// A text up to so many bytes, with its length in front.
    Short(u8, [u8; SHORT_BYTES_MAX]),
    Long(ArcStr),
    /// Any values.
    Array(ThinVec<Value>),
    /// Numbers of one kind.
    Packed(Box<Packed>),
    /// A few members, in the order they came.
    List(ThinVec<(Name, Value)>),
    /// Many members, in the order they came.
    Table(Box<Table>),
}

const _: () = assert!(size_of::<Value>() == 16);

/// What a value is, by JSON.TYPE's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
        }
    }
}

impl Value {
    pub const NULL: Value = Value(Repr::Null);

    pub fn kind(&self) -> Kind {
        match &self.0 {
            Repr::Null => Kind::Null,
            Repr::Bool(_) => Kind::Boolean,
            Repr::Int(_) | Repr::Unsigned(_) => Kind::Integer,
            Repr::Double(_) => Kind::Number,
            Repr::Short(..) | Repr::Long(_) => Kind::String,
            Repr::Array(_) | Repr::Packed(_) => Kind::Array,
            Repr::List(_) | Repr::Table(_) => Kind::Object,
        }
    }

    pub fn is_array(&self) -> bool {
        self.kind() == Kind::Array
    }

    pub fn is_object(&self) -> bool {
        self.kind() == Kind::Object
    }

    pub fn as_bool(&self) -> Option<bool> {
        if let Repr::Bool(value) = self.0 { Some(value) } else { None }
    }

    pub fn as_number(&self) -> Option<Number> {
        match self.0 {
            Repr::Int(number) => Some(Number::Int(number)),
            Repr::Unsigned(number) => Some(Number::Unsigned(number)),
            Repr::Double(number) => Some(Number::Double(number)),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::Short(len, bytes) => std::str::from_utf8(bytes.get(..usize::from(*len))?).ok(),
            Repr::Long(text) => Some(text),
            _ => None,
        }
    }

    /// Elements of an array or members of an object; 0 of others.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Array(items) => items.len(),
            Repr::Packed(packed) => packed.len(),
            Repr::List(members) => members.len(),
            Repr::Table(table) => table.len(),
            _ => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element or member at this place.
    pub fn child(&self, index: usize) -> Option<Node<'_>> {
        match &self.0 {
            Repr::Array(items) => items.get(index).map(Cow::Borrowed),
            Repr::Packed(packed) => packed.get(index).map(Cow::Owned),
            _ => self.member_at(index).map(|(_, value)| Cow::Borrowed(value)),
        }
    }

    pub fn children(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.len()).map_while(|index| self.child(index))
    }

    /// Levels of arrays and objects within each other; 0 of a scalar.
    pub fn depth(&self) -> usize {
        match &self.0 {
            Repr::Array(_) | Repr::List(_) | Repr::Table(_) => {
                1 + self.children().map(|child| child.depth()).max().unwrap_or(0)
            }
            Repr::Packed(_) => 1,
            _ => 0,
        }
    }

    /// Changes the value at a place, given by the indexes on the way to it. `None` if there is nothing.
    pub fn change<T>(&mut self, place: &[u32], change: impl FnOnce(&mut Value) -> T) -> Option<T> {
        let Some((&first, rest)) = place.split_first() else { return Some(change(self)) };
        let index = first as usize;
        match &mut self.0 {
            Repr::Array(items) => items.get_mut(index)?.change(rest, change),
            Repr::List(members) => members.get_mut(index)?.1.change(rest, change),
            Repr::Table(table) => table.get_index_mut(index)?.1.change(rest, change),
            Repr::Packed(packed) if rest.is_empty() => {
                let mut number = packed.get(index)?;
                let changed = change(&mut number);
                self.set_element(index, number);
                Some(changed)
            }
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value(Repr::Bool(value))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value(Repr::Int(number))
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Value(match number {
            Number::Int(number) => Repr::Int(number),
            Number::Unsigned(number) => Repr::Unsigned(number),
            Number::Double(number) => Repr::Double(number),
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        let mut bytes = [0; SHORT_BYTES_MAX];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(text.as_bytes());
                Value(Repr::Short(len, bytes))
            }
            _ => Value(Repr::Long(ArcStr::from(text))),
        }
    }
}
