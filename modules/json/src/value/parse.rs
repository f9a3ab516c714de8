//! Texts become values, without a tree in between.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Number, Value};
use crate::limits::{DEPTH_MAX, SAVED_DEPTH_MAX};

/// Parses a document. What is wrong is said as serde_json says it.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    parse_within(text, DEPTH_MAX)
}

/// Parses a document that was saved, which may be deeper.
pub fn parse_saved(text: &[u8]) -> Result<Value, serde_json::Error> {
    parse_within(text, SAVED_DEPTH_MAX)
}

fn parse_within(text: &[u8], depth_max: usize) -> Result<Value, serde_json::Error> {
    let mut source = serde_json::Deserializer::from_slice(text);
    // The limit is ours: it counts levels of the document.
    source.disable_recursion_limit();
    let value = Level { left: depth_max }.deserialize(&mut source)?;
    source.end()?;
    Ok(value)
}

/// A value with so many levels below it at most.
#[derive(Clone, Copy)]
struct Level {
    left: usize,
}

impl Level {
    fn below<E: serde::de::Error>(self) -> Result<Level, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("recursion limit exceeded"))?;
        Ok(Level { left })
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        let number = Number::wide(number.into());
        number.map(Value::from).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        let number = Number::double(number);
        number.map(Value::from).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new();
        while let Some(value) = from.next_element_seed(below)? {
            values.push(value);
        }
        Ok(Value::array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Value::object();
        while let Some(name) = from.next_key_seed(MemberName)? {
            let value = from.next_value_seed(below)?;
            object.insert(name, value);
        }
        object.shrink();
        Ok(object)
    }
}

/// A member's name, not copied when it is known already.
struct MemberName;

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = super::Name;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<super::Name, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberName {
    type Value = super::Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<super::Name, E> {
        Ok(super::Name::new(text))
    }
}
