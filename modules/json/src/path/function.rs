//! Functions of paths.

use std::borrow::Cow;

use super::evaluate::Finder;
use super::operate::{Outcome, calculate, size};
use super::{Comparison, Operator, Result};
use crate::value::{Number, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Length,
    Count,
    Value,
    Keys,
    Match,
    Search,
    Concat,
    Abs,
    Ceiling,
    Floor,
    First,
    Last,
    Index,
    Min,
    Max,
    Avg,
    Sum,
    Stddev,
    Append,
    SubsetOf,
    AnyOf,
    NoneOf,
}

const NAMES: [(&str, Function); 22] = [
    ("length", Function::Length),
    ("count", Function::Count),
    ("value", Function::Value),
    ("keys", Function::Keys),
    ("match", Function::Match),
    ("search", Function::Search),
    ("concat", Function::Concat),
    ("abs", Function::Abs),
    ("ceiling", Function::Ceiling),
    ("floor", Function::Floor),
    ("first", Function::First),
    ("last", Function::Last),
    ("index", Function::Index),
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("sum", Function::Sum),
    ("stddev", Function::Stddev),
    ("append", Function::Append),
    ("subsetof", Function::SubsetOf),
    ("anyof", Function::AnyOf),
    ("noneof", Function::NoneOf),
];

impl Function {
    pub fn named(name: &str) -> Option<Function> {
        NAMES.into_iter().find(|(each, _)| *each == name).map(|(_, function)| function)
    }

    /// Whether it is a condition.
    pub fn is_logical(self) -> bool {
        use Function::{AnyOf, Match, NoneOf, Search, SubsetOf};
        matches!(self, Match | Search | SubsetOf | AnyOf | NoneOf)
    }
}

impl<'d> Finder<'d> {
    /// A wrong number of arguments comes to nothing, as wrong arguments do.
    pub fn call(&self, function: Function, arguments: &[Outcome<'d>]) -> Result<Outcome<'d>> {
        let effort: fn(&Outcome<'d>) -> usize = match function {
            Function::Count | Function::Value => |_| 0,
            Function::Length => Outcome::texts_effort,
            _ => Outcome::breadth,
        };
        self.spend(arguments.iter().map(effort).sum())?;
        let related =
            |comparison, left, right| self.relate(comparison, left, right).map(Outcome::Test);
        Ok(match (function, arguments) {
            (Function::Concat, arguments) => self.concat(arguments)?,
            (Function::Append, [list, more @ ..]) if !more.is_empty() => self.append(list, more)?,
            (_, [one]) => call_with_one(function, one),
            (Function::Index, [list, index]) => {
                index.as_number().map_or(Outcome::Nothing, |n| nth(list, n.as_f64().trunc()))
            }
            (Function::Match, [text, pattern]) => Outcome::Test(self.matches(text, pattern, true)),
            (Function::Search, [text, pattern]) => {
                Outcome::Test(self.matches(text, pattern, false))
            }
            (Function::SubsetOf, [l, r]) => related(Comparison::SubsetOf, l, r)?,
            (Function::AnyOf, [l, r]) => related(Comparison::AnyOf, l, r)?,
            (Function::NoneOf, [l, r]) => related(Comparison::NoneOf, l, r)?,
            _ => Outcome::Nothing,
        })
    }

    fn matches(&self, text: &Outcome<'d>, pattern: &Outcome<'d>, whole: bool) -> bool {
        let (Some(text), Some(pattern)) = (text.single(), pattern.single()) else { return false };
        let (Some(text), Some(pattern)) = (text.as_str(), pattern.as_str()) else { return false };
        self.patterns.matches(pattern, text, whole)
    }

    fn concat(&self, arguments: &[Outcome<'d>]) -> Result<Outcome<'d>> {
        let parts: Option<Vec<&str>> =
            arguments.iter().map(|argument| argument.single()?.as_str()).collect();
        let Some(parts) = parts.filter(|parts| !parts.is_empty()) else {
            return Ok(Outcome::Nothing);
        };
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        self.spend(bytes / size_of::<Value>())?;
        Ok(Outcome::One(Cow::Owned(parts.concat().as_str().into())))
    }

    /// A list with more behind it; several values are one element.
    fn append(&self, list: &Outcome<'d>, more: &[Outcome<'d>]) -> Result<Outcome<'d>> {
        let Some(mut all) = list.to_elements() else { return Ok(Outcome::Nothing) };
        for outcome in more {
            all.push(match outcome {
                Outcome::Nothing => return Ok(Outcome::Nothing),
                Outcome::Test(value) => Cow::Owned((*value).into()),
                Outcome::One(node) => node.clone(),
                Outcome::Many(nodes) => {
                    let bytes: usize = nodes.iter().map(|node| node.bytes()).sum();
                    self.spend(bytes / size_of::<Value>())?;
                    let values = nodes.iter().map(|node| node.clone().into_owned());
                    Cow::Owned(Value::array(values.collect()))
                }
            });
        }
        Ok(Outcome::Many(all))
    }
}

fn call_with_one<'d>(function: Function, one: &Outcome<'d>) -> Outcome<'d> {
    match function {
        Function::Length => count(one.single().and_then(|value| size(value))),
        Function::Count => count(Some(one.nodes().len())),
        Function::Value => one.single().map_or(Outcome::Nothing, |node| Outcome::One(node.clone())),
        Function::Keys => {
            let names = one.nodes().iter().flat_map(|node| node.members());
            Outcome::Many(names.map(|(name, _)| Cow::Owned(Value::from(name))).collect())
        }
        Function::Abs | Function::Ceiling | Function::Floor => {
            Outcome::number(one.as_number().and_then(|number| rounded(function, number)))
        }
        Function::First => nth(one, 0.0),
        Function::Last => nth(one, -1.0),
        Function::Min | Function::Max | Function::Avg | Function::Sum | Function::Stddev => {
            let numbers: Option<Vec<Number>> = one
                .elements()
                .and_then(|elements| elements.iter().map(|element| element.as_number()).collect());
            Outcome::number(numbers.and_then(|numbers| aggregate(function, &numbers)))
        }
        _ => Outcome::Nothing,
    }
}

fn count<'d>(count: Option<usize>) -> Outcome<'d> {
    Outcome::number(count.and_then(|count| i64::try_from(count).ok()).map(Number::Int))
}

fn nth<'d>(list: &Outcome<'d>, index: f64) -> Outcome<'d> {
    let Some(mut elements) = list.to_elements() else { return Outcome::Nothing };
    let index = if index < 0.0 { index + elements.len() as f64 } else { index };
    if index < 0.0 || index >= elements.len() as f64 {
        return Outcome::Nothing;
    }
    Outcome::One(elements.swap_remove(index as usize))
}

fn rounded(function: Function, number: Number) -> Option<Number> {
    match number {
        Number::Double(number) => Number::double(match function {
            Function::Abs => number.abs(),
            Function::Ceiling => number.ceil(),
            _ => number.floor(),
        }),
        Number::Int(number) if function == Function::Abs => number.checked_abs().map(Number::Int),
        number => Some(number),
    }
}

/// Of at least one number.
fn aggregate(function: Function, numbers: &[Number]) -> Option<Number> {
    let len = numbers.len() as f64;
    let sum = || {
        let (first, rest) = numbers.split_first()?;
        rest.iter().try_fold(*first, |sum, number| calculate(Operator::Add, sum, *number))
    };
    match function {
        Function::Min => numbers.iter().copied().min_by(|l, r| l.compare(*r)),
        Function::Max => numbers.iter().copied().max_by(|l, r| l.compare(*r)),
        Function::Sum => sum(),
        Function::Avg => Number::double(sum()?.as_f64() / len),
        _ => {
            let mean = sum()?.as_f64() / len;
            let squares = numbers.iter().map(|number| (number.as_f64() - mean).powi(2));
            Number::double((squares.sum::<f64>() / len).sqrt())
        }
    }
}
