//! AROP: computes one result of the elements in a range of an array.

use command_spec::*;
use engine::*;

pub const AROP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arop",
        group: Group::Array,
        summary: "Computes one result of the elements in a range of an array.",
        since: "8.8.0",
        complexity: "O(P); P is the number of places looked at in the slices touched: usually near the number of elements in the range, at worst its span.",
        arity: -5,
        flags: flag::READONLY,
        categories: category::ARRAY | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("end"),
            Argument::one_of(
                "operation",
                &[
                    Argument::pure_token("sum", "SUM"),
                    Argument::pure_token("min", "MIN"),
                    Argument::pure_token("max", "MAX"),
                    Argument::pure_token("and", "AND"),
                    Argument::pure_token("or", "OR"),
                    Argument::pure_token("xor", "XOR"),
                    Argument::block(
                        "match",
                        &[Argument::pure_token("match", "MATCH"), Argument::string("value")],
                    ),
                    Argument::pure_token("used", "USED"),
                ],
            ),
        ],
        ..CommandSpec::DEFAULT
    },
    arop,
);

use std::cmp::Ordering;

use keyspace::Array;
use keyspace::array::{Cell, CellText, CellView};
use stdx::long_double::LongDouble;

use super::{Range, reply_number};
use crate::arguments;

const UNKNOWN_OPERATION: CommandError = CommandError::constant("ERR unknown operation");
const MATCH_WITHOUT_VALUE: CommandError =
    CommandError::constant("ERR MATCH requires a value argument");

#[derive(Clone, Copy)]
enum Operation<'a> {
    Sum,
    Least,
    Greatest,
    /// Of integers.
    Bits(fn(i64, i64) -> i64),
    Match(&'a [u8]),
    Used,
}

impl<'a> Operation<'a> {
    fn parse(words: &[&'a [u8]]) -> Result<Self, CommandError> {
        let [word, values @ ..] = words else { return Err(error::SYNTAX) };
        let operation = if arguments::is(word, "MATCH") {
            let [value] = values else { return Err(MATCH_WITHOUT_VALUE) };
            return Ok(Operation::Match(value));
        } else if arguments::is(word, "SUM") {
            Operation::Sum
        } else if arguments::is(word, "MIN") {
            Operation::Least
        } else if arguments::is(word, "MAX") {
            Operation::Greatest
        } else if arguments::is(word, "AND") {
            Operation::Bits(|a, b| a & b)
        } else if arguments::is(word, "OR") {
            Operation::Bits(|a, b| a | b)
        } else if arguments::is(word, "XOR") {
            Operation::Bits(|a, b| a ^ b)
        } else if arguments::is(word, "USED") {
            Operation::Used
        } else {
            return Err(UNKNOWN_OPERATION);
        };
        if values.is_empty() { Ok(operation) } else { Err(error::wrong_arity("arop")) }
    }
}

fn arop(context: &mut Context<'_>) -> CommandResult {
    let range = Range::parse(context.argv[2], context.argv[3])?;
    let operation = Operation::parse(&context.argv[4..])?;
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    let numbers = || array.into_iter().flat_map(|array| Numbers::new(array, &range));
    let number = match operation {
        Operation::Used | Operation::Match(_) => {
            let count = array.map_or(0, |array| count(array, &range, operation));
            reply_number(context.reply, count);
            return Ok(());
        }
        Operation::Bits(combine) => {
            match numbers().filter_map(integer).reduce(combine) {
                Some(result) => context.reply.integer(result),
                None => context.reply.null(),
            }
            return Ok(());
        }
        Operation::Sum => sum(numbers()),
        Operation::Least => numbers().reduce(|a, b| pick(a, b, Ordering::Less)).map(Some),
        Operation::Greatest => numbers().reduce(|a, b| pick(a, b, Ordering::Greater)).map(Some),
    };
    match number {
        Some(Some(number)) => context.reply.bulk(number.to_general_text().as_bytes()),
        Some(None) => context.reply.bulk(b"nan"),
        None => context.reply.null(),
    }
    Ok(())
}

fn count(array: &Array, range: &Range, operation: Operation<'_>) -> u64 {
    let mut buffer = CellText::default();
    let elements = array.range(range.first, range.last);
    let counted = elements.filter(|(_, cell)| match operation {
        Operation::Match(value) => cell.is(value, &mut buffer),
        _ => true,
    });
    counted.count() as u64
}

/// The sum of numbers, if there are any; `None` in its place if it is not a number.
fn sum(numbers: impl Iterator<Item = LongDouble>) -> Option<Option<LongDouble>> {
    numbers.map(Some).reduce(|sum, number| sum?.checked_add(number?))
}

fn pick(a: LongDouble, b: LongDouble, wanted: Ordering) -> LongDouble {
    if b.partial_cmp(&a) == Some(wanted) { b } else { a }
}

/// The whole part of a number, if it fits.
fn integer(number: LongDouble) -> Option<i64> {
    if number > LongDouble::from_i64(i64::MAX) { None } else { number.to_i64() }
}

/// The elements of a range that are numbers, in its direction.
struct Numbers<'a> {
    elements: Box<dyn Iterator<Item = (u64, &'a Cell)> + 'a>,
    buffer: CellText,
}

impl<'a> Numbers<'a> {
    fn new(array: &'a Array, range: &Range) -> Self {
        Self { elements: range.elements(array), buffer: CellText::default() }
    }
}

impl Iterator for Numbers<'_> {
    type Item = LongDouble;

    fn next(&mut self) -> Option<LongDouble> {
        let buffer = &mut self.buffer;
        self.elements.find_map(|(_, cell)| match cell.view() {
            CellView::Integer(integer) => Some(LongDouble::from_i64(integer)),
            CellView::Double(double) => (!double.is_nan()).then(|| LongDouble::from_f64(double)),
            _ => LongDouble::parse(buffer.of(cell)),
        })
    }
}
