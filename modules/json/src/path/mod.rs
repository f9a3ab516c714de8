//! Paths: which values of a document a command is about, in both dialects.

#[cfg(test)]
mod compliance;
mod error;
mod evaluate;
mod expression;
mod function;
mod operate;
mod pattern;
mod scan;
mod segments;

#[cfg(test)]
mod tests;

pub use self::error::PathError;
use self::evaluate::Finder;
pub use self::evaluate::Place;
use self::function::Function;
use self::scan::Scanner;
use crate::limits::PATH_BYTES_MAX;
use crate::value::{Node, Value};

type Result<T> = std::result::Result<T, PathError>;

/// A path, read.
#[derive(Debug)]
pub struct Path {
    is_legacy: bool,
    query: Query,
}

#[derive(Debug)]
enum Query {
    /// Selects values of the document.
    Nodes(Vec<Segment>),
    /// Computes values from it.
    Computed(Expression),
}

#[derive(Debug)]
enum Segment {
    /// Of each value.
    Child(Vec<Selector>),
    /// Of each value and all below it.
    Descend(Vec<Selector>),
}

#[derive(Debug)]
enum Selector {
    Name(Box<str>),
    All,
    Index(i64),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
    Filter(Expression),
    /// The name or index is computed.
    Script(Expression),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Root,
    Current,
}

#[derive(Debug)]
enum Expression {
    Literal(Value),
    Query(Origin, Vec<Segment>),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
    Arithmetic(Operator, Box<Expression>, Box<Expression>),
    Negate(Box<Expression>),
    /// A sign in front that changes nothing but wants a number.
    Plus(Box<Expression>),
    Call(Function, Vec<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    SizeOf,
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Path {
    /// Reads a path. With `$` it is a JSONPath, and with what can only begin an expression; else it is of the first version.
    pub fn parse(text: &[u8]) -> Result<Path> {
        if text.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        let text = std::str::from_utf8(text)
            .map_err(|error| PathError::syntax(error.valid_up_to(), "a text of UTF-8"))?;
        let mut scanner = Scanner::new(text);
        let is_legacy = !(text.starts_with(['$', '(', '-', '+']) || scanner.at_call());
        let query = if is_legacy { scanner.legacy()? } else { scanner.json_path()? };
        scanner.end()?;
        Ok(Path { is_legacy, query })
    }

    /// Whether it is in the dialect of the first version, whose replies are single values.
    pub fn is_legacy(&self) -> bool {
        self.is_legacy
    }

    pub fn is_root(&self) -> bool {
        matches!(&self.query, Query::Nodes(segments) if segments.is_empty())
    }

    /// The values it selects or computes.
    pub fn values<'d>(&self, root: &'d Value) -> Result<Vec<Node<'d>>> {
        Finder::new(root).values(&self.query)
    }

    /// Where the values are that it selects; an error if it computes them.
    pub fn places(&self, root: &Value) -> Result<Vec<Place>> {
        match &self.query {
            Query::Nodes(segments) => Finder::new(root).places(segments),
            Query::Computed(_) => Err(PathError::Computed),
        }
    }

    /// The path before its last step, and the name or index that this is, if every step is a name or an index.
    pub fn last_step<'d>(&self, root: &'d Value) -> Result<LastStep<'_, 'd>> {
        let Query::Nodes(segments) = &self.query else { return Err(PathError::Computed) };
        if !segments.iter().all(is_single) {
            return Ok(LastStep::Dynamic);
        }
        let Some((Segment::Child(last), before)) = segments.split_last() else {
            return Ok(LastStep::Dynamic);
        };
        let mut parents = Finder::new(root).parents(before)?;
        match (&last[..], parents.pop()) {
            ([Selector::Name(name)], parent) => Ok(LastStep::Name(name, parent)),
            _ => Ok(LastStep::Index),
        }
    }
}

/// How a path ends that selects nothing.
#[derive(Debug)]
pub enum LastStep<'p, 'd> {
    /// In a name, within this value.
    Name(&'p str, Option<(Place, Node<'d>)>),
    Index,
    /// It could have selected several values.
    Dynamic,
}

/// Whether it selects one value at most, without looking at values.
fn is_single(segment: &Segment) -> bool {
    matches!(segment, Segment::Child(selectors)
        if matches!(selectors[..], [Selector::Name(_) | Selector::Index(_)]))
}
