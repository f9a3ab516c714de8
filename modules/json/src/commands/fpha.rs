//! The FPHA option of JSON.SET: numbers of arrays with a fraction in them, rounded to fewer bits.

use module_sdk::{Argument, Arguments, Error, Result};

use crate::value::{Number, Value, round_to_bf16, round_to_f16};

pub const ARGUMENT: Argument = Argument::block(
    "fpha",
    &[Argument::one_of(
        "fpha-type",
        &[
            Argument::pure_token("fp16", "FP16"),
            Argument::pure_token("bf16", "BF16"),
            Argument::pure_token("fp32", "FP32"),
            Argument::pure_token("fp64", "FP64"),
        ],
    )],
)
.token("FPHA")
.optional();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    F16,
    Bf16,
    F32,
    F64,
}

impl Format {
    pub fn read(arguments: &mut Arguments<'_>) -> Result<Format> {
        for (word, format) in [
            ("FP16", Format::F16),
            ("BF16", Format::Bf16),
            ("FP32", Format::F32),
            ("FP64", Format::F64),
        ] {
            if arguments.keyword(word) {
                return Ok(format);
            }
        }
        Err(Error::SYNTAX)
    }

    /// The value with all such arrays rounded; an error if a number does not fit.
    pub fn applied(self, value: Value) -> Result<Value> {
        if value.is_object() {
            let mut object = Value::object();
            for (name, member) in value.members() {
                object.set_member(name, self.applied(member.clone())?);
            }
            return Ok(object);
        }
        if !value.is_array() {
            return Ok(value);
        }
        let numbers: Option<Vec<Number>> =
            value.children().map(|child| child.as_number()).collect();
        let numbers = numbers
            .filter(|numbers| numbers.iter().any(|number| matches!(number, Number::Double(_))));
        let children: Vec<Value> = match numbers {
            Some(numbers) => {
                numbers.into_iter().map(|number| self.rounded(number)).collect::<Result<_>>()?
            }
            None => value
                .children()
                .map(|child| self.applied(child.into_owned()))
                .collect::<Result<_>>()?,
        };
        Ok(Value::array(children))
    }

    fn rounded(self, number: Number) -> Result<Value> {
        let number = number.as_f64();
        let (name, rounded) = match self {
            Format::F16 => ("F16", round_to_f16(number)),
            Format::Bf16 => ("BF16", round_to_bf16(number)),
            Format::F32 => ("F32", f64::from(number as f32)),
            Format::F64 => ("F64", number),
        };
        let rounded = Number::double(rounded);
        rounded
            .map(Value::from)
            .ok_or_else(|| Error::Text(format!("value out of range for {name}").into()))
    }
}
