//! JSON.NUMINCRBY, JSON.NUMMULTBY, JSON.NUMPOWBY.

use module_sdk::{Argument, Arguments, Command, CommandSpec, Context, Error, Reply, Result};

use super::{KEY, PATH, changed, declared, opened_to_write, writing};
use crate::error;
use crate::path::{Path, Place};
use crate::value::{Number, Value, parse};

const ARGUMENTS: &[Argument] = &[KEY, PATH, Argument::double("value")];

const fn spec(name: &'static str, summary: &'static str) -> CommandSpec {
    declared(
        name,
        4,
        summary,
        "O(1), or O(N) where N is the size of the document with several matches",
        ARGUMENTS,
    )
}

pub const NUMINCRBY: Command =
    writing(spec("json.numincrby", "Adds to the numbers at a path."), |context, arguments| {
        change(context, arguments, "json.numincrby", add)
    });

pub const NUMMULTBY: Command =
    writing(spec("json.nummultby", "Multiplies the numbers at a path."), |context, arguments| {
        change(context, arguments, "json.nummultby", multiply)
    });

pub const NUMPOWBY: Command = writing(
    spec("json.numpowby", "Raises the numbers at a path to a power."),
    |context, arguments| change(context, arguments, "json.numpowby", power),
);

type Calculate = fn(Number, Number) -> Result<Number>;

fn add(number: Number, by: Number) -> Result<Number> {
    calculate((number, by), i128::checked_add, |number, by| number + by)
}

fn multiply(number: Number, by: Number) -> Result<Number> {
    calculate((number, by), i128::checked_mul, |number, by| number * by)
}

/// Two integers give an integer of 64 bits with a sign; with a double among them the result is one.
fn calculate(
    (number, by): (Number, Number),
    whole: fn(i128, i128) -> Option<i128>,
    double: fn(f64, f64) -> f64,
) -> Result<Number> {
    if let (Some(number), Some(by)) = (number.as_wide(), by.as_wide()) {
        let result = whole(number, by).and_then(|number| i64::try_from(number).ok());
        return result.map(Number::Int).ok_or(error::OVERFLOW);
    }
    Number::double(double(number.as_f64(), by.as_f64())).ok_or(error::NOT_A_RESULT)
}

fn power(number: Number, by: Number) -> Result<Number> {
    let (Some(base), Some(exponent)) = (number.as_wide(), by.as_wide()) else {
        return Number::double(number.as_f64().powf(by.as_f64())).ok_or(error::NOT_A_RESULT);
    };
    // These have a result for any exponent, however large.
    let base = i64::try_from(base).map_err(|_| error::OVERFLOW)?;
    let result = match (base, u32::try_from(exponent)) {
        (0 | 1, _) if exponent >= 0 => Some(if exponent == 0 { 1 } else { base }),
        (-1, _) if exponent >= 0 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        (_, Ok(exponent)) => base.checked_pow(exponent),
        (_, Err(_)) => None,
    };
    result.map(Number::Int).ok_or(error::OVERFLOW)
}

fn change(
    context: &mut Context,
    arguments: &mut Arguments<'_>,
    event: &str,
    calculate: Calculate,
) -> Result {
    let (key, text, by) = (arguments.word()?, arguments.bytes()?, arguments.bytes()?);
    let mut open = context.write(key);
    let root = opened_to_write(&mut open)?.ok_or(error::NO_KEY)?;
    let path = Path::parse(text)?;
    let by = parse(by).map_err(|error| error::not_json_with_code(&error))?;
    let by = by.as_number().ok_or_else(|| Error::err("value is not a number"))?;
    let places = path.places(root)?;
    // All results before the first change: an error changes nothing.
    let results = places
        .iter()
        .map(|place| number_at(root, place).map(|number| calculate(number, by)).transpose())
        .collect::<Result<Vec<_>>>()?;
    for (place, result) in places.iter().zip(&results) {
        if let Some(number) = *result {
            root.change(place, |value| *value = number.into());
        }
    }
    drop(open);
    if results.iter().any(Option::is_some) {
        changed(context, event, key);
    } else if path.is_legacy() {
        return Err(error::not_there_at(text, error::NOT_A_NUMBER_THERE));
    }
    Ok(reply(&path, &results, context.resp3()))
}

fn number_at(root: &mut Value, place: &Place) -> Option<Number> {
    root.change(place, |value| value.as_number()).flatten()
}

/// RESP3 has numbers of its own; in RESP2 they are JSON.
fn reply(path: &Path, results: &[Option<Number>], resp3: bool) -> Reply {
    let last = results.iter().flatten().next_back();
    let of_one: Vec<Option<Number>> = last.iter().map(|number| Some(**number)).collect();
    let results = if path.is_legacy() { &of_one } else { results };
    if resp3 {
        let native = |number: &Number| match *number {
            Number::Int(number) => Reply::Integer(number),
            number => Reply::Double(number.as_f64()),
        };
        return results.iter().map(|number| number.as_ref().map(native)).collect::<Vec<_>>().into();
    }
    let value = |number: &Option<Number>| number.map_or(Value::NULL, Value::from);
    let value = match results {
        [one] if path.is_legacy() => value(one),
        all => Value::array(all.iter().map(value).collect()),
    };
    Reply::Bulk(value.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_exact_or_refused() {
        let int = Number::Int;
        for (base, exponent, result) in [
            (int(2), int(10), Some("1024")),
            (int(-2), int(63), Some("-9223372036854775808")),
            (int(2), int(63), None),
            (int(2), int(-1), None),
            (int(2), Number::Double(-1.0), Some("0.5")),
            (int(0), Number::Double(-1.0), None),
            (int(-8), Number::Double(0.5), None),
            (int(1), int(i64::MAX), Some("1")),
            (int(-1), int(i64::MAX), Some("-1")),
            (int(0), int(0), Some("1")),
            (int(3), int(i64::MAX), None),
        ] {
            let printed = power(base, exponent).ok().map(|number| Value::from(number).to_text());
            assert_eq!(printed.as_deref(), result.map(str::as_bytes), "{base:?} {exponent:?}");
        }
    }
}
