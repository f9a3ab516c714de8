//! Arrays of numbers of one kind, each in as few bytes as hold all of them exactly.

use super::half::{from_bf16, from_f16, to_bf16, to_f16};
use super::{Number, Value};

#[derive(Clone, Debug)]
pub enum Packed {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F16(Vec<u16>),
    Bf16(Vec<u16>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Does the same for each kind.
macro_rules! each {
    ($packed:expr, $items:ident => $do:expr) => {
        match $packed {
            Packed::I8($items) => $do,
            Packed::I16($items) => $do,
            Packed::I32($items) => $do,
            Packed::I64($items) => $do,
            Packed::F16($items) => $do,
            Packed::Bf16($items) => $do,
            Packed::F32($items) => $do,
            Packed::F64($items) => $do,
        }
    };
}

fn int<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    if let Some(Number::Int(number)) = value.as_number() { T::try_from(number).ok() } else { None }
}

/// A double, if `pack` and `unpack` give its very bits back.
fn float<T: Copy>(value: &Value, pack: fn(f64) -> T, unpack: fn(T) -> f64) -> Option<T> {
    let Some(Number::Double(number)) = value.as_number() else { return None };
    let packed = pack(number);
    (unpack(packed).to_bits() == number.to_bits()).then_some(packed)
}

fn f16(value: &Value) -> Option<u16> {
    float(value, to_f16, from_f16)
}

fn bf16(value: &Value) -> Option<u16> {
    float(value, to_bf16, from_bf16)
}

fn f32(value: &Value) -> Option<f32> {
    float(value, |number| number as f32, f64::from)
}

fn f64(value: &Value) -> Option<f64> {
    float(value, |number| number, |number| number)
}

fn all<T>(values: &[Value], one: fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    // Most lists show at their first number that it does not fit.
    values.first().and_then(one)?;
    values.iter().map(one).collect()
}

/// Puts `values` in place of some, if they fit.
fn splice<T>(
    items: &mut Vec<T>,
    (from, to): (usize, usize),
    values: &[Value],
    one: fn(&Value) -> Option<T>,
) -> bool {
    let Some(values) = values.iter().map(one).collect::<Option<Vec<T>>>() else { return false };
    items.splice(from..to, values);
    true
}

impl Packed {
    /// The smallest kind that holds all of them, if they are numbers of one kind.
    pub fn of(values: &[Value]) -> Option<Packed> {
        if let Some(Number::Int(_)) = values.first()?.as_number() {
            return (all(values, int).map(Packed::I8))
                .or_else(|| all(values, int).map(Packed::I16))
                .or_else(|| all(values, int).map(Packed::I32))
                .or_else(|| all(values, int).map(Packed::I64));
        }
        (all(values, f16).map(Packed::F16))
            .or_else(|| all(values, bf16).map(Packed::Bf16))
            .or_else(|| all(values, f32).map(Packed::F32))
            .or_else(|| all(values, f64).map(Packed::F64))
    }

    pub fn len(&self) -> usize {
        each!(self, items => items.len())
    }

    pub fn get(&self, index: usize) -> Option<Value> {
        let int = |number: i64| Value::from(Number::Int(number));
        let float = |number: f64| Value::from(Number::Double(number));
        match self {
            Packed::I8(items) => items.get(index).map(|item| int((*item).into())),
            Packed::I16(items) => items.get(index).map(|item| int((*item).into())),
            Packed::I32(items) => items.get(index).map(|item| int((*item).into())),
            Packed::I64(items) => items.get(index).map(|item| int(*item)),
            Packed::F16(items) => items.get(index).map(|item| float(from_f16(*item))),
            Packed::Bf16(items) => items.get(index).map(|item| float(from_bf16(*item))),
            Packed::F32(items) => items.get(index).map(|item| float((*item).into())),
            Packed::F64(items) => items.get(index).map(|item| float(*item)),
        }
    }

    /// Puts `values` in place of those from one index to before another; false, and nothing done, if one does not fit.
    pub fn splice(&mut self, range: (usize, usize), values: &[Value]) -> bool {
        match self {
            Packed::I8(items) => splice(items, range, values, int),
            Packed::I16(items) => splice(items, range, values, int),
            Packed::I32(items) => splice(items, range, values, int),
            Packed::I64(items) => splice(items, range, values, int),
            Packed::F16(items) => splice(items, range, values, f16),
            Packed::Bf16(items) => splice(items, range, values, bf16),
            Packed::F32(items) => splice(items, range, values, f32),
            Packed::F64(items) => splice(items, range, values, f64),
        }
    }

    /// Asks for each in turn whether it stays.
    pub fn retain(&mut self, mut stays: impl FnMut() -> bool) {
        each!(self, items => items.retain(|_| stays()));
    }

    /// Bytes of the numbers, room for more included.
    pub fn bytes(&self) -> usize {
        each!(self, items => items.capacity() * size_of_val(&items[..]).checked_div(items.len()).unwrap_or(0))
    }
}
