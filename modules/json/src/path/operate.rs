//! What expressions come to: conditions, comparisons, arithmetic.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::evaluate::Finder;
use super::{Comparison, Expression, Operator, Origin, Result, is_single};
use crate::value::{Node, Number, Value};

/// What an expression comes to.
#[derive(Debug)]
pub enum Outcome<'d> {
    Nothing,
    Test(bool),
    One(Node<'d>),
    /// What a path selects that could select several, or a list that a function makes.
    Many(Vec<Node<'d>>),
}

impl<'d> Outcome<'d> {
    pub fn number(number: Option<Number>) -> Outcome<'d> {
        number.map_or(Outcome::Nothing, |number| Outcome::One(Cow::Owned(number.into())))
    }

    /// What a query replies with.
    pub fn into_values(self) -> Vec<Node<'d>> {
        match self {
            Outcome::Nothing => Vec::new(),
            Outcome::Test(value) => vec![Cow::Owned(value.into())],
            Outcome::One(node) => vec![node],
            Outcome::Many(nodes) => nodes,
        }
    }

    pub fn nodes(&self) -> &[Node<'d>] {
        match self {
            Outcome::Nothing | Outcome::Test(_) => &[],
            Outcome::One(node) => std::slice::from_ref(node),
            Outcome::Many(nodes) => nodes,
        }
    }

    /// The one value that it is.
    pub fn single(&self) -> Option<&Node<'d>> {
        if let [node] = self.nodes() { Some(node) } else { None }
    }

    pub fn as_number(&self) -> Option<Number> {
        self.single()?.as_number()
    }

    /// The elements of an array, or what was selected.
    pub fn elements(&self) -> Option<Vec<Node<'_>>> {
        match self {
            Outcome::One(node) if node.is_array() => Some(node.children().collect()),
            Outcome::Many(nodes) => Some(nodes.iter().map(|node| Cow::Borrowed(&**node)).collect()),
            _ => None,
        }
    }

    /// The same for longer: what lies in the document is not copied.
    pub fn to_elements(&self) -> Option<Vec<Node<'d>>> {
        match self {
            Outcome::One(Cow::Borrowed(array)) if array.is_array() => {
                Some(array.children().collect())
            }
            Outcome::Many(nodes) => Some(nodes.clone()),
            _ => Some(
                self.elements()?.into_iter().map(|node| Cow::Owned(node.into_owned())).collect(),
            ),
        }
    }

    /// How much there is to go through, as many visits.
    pub fn breadth(&self) -> usize {
        match self {
            Outcome::One(node) => node.len() + self.texts_effort(),
            other => other.nodes().len() + self.texts_effort(),
        }
    }

    /// How long looking at its texts takes, as many visits.
    pub fn texts_effort(&self) -> usize {
        self.nodes().iter().filter_map(|node| node.as_str()).map(text_effort).sum()
    }

    fn size(&self) -> Option<usize> {
        match self {
            Outcome::One(node) => size(node),
            Outcome::Many(nodes) => Some(nodes.len()),
            _ => None,
        }
    }
}

/// Characters of a string, elements of an array, members of an object.
pub fn size(value: &Value) -> Option<usize> {
    if let Some(text) = value.as_str() {
        return Some(text.chars().count());
    }
    (value.is_array() || value.is_object()).then(|| value.len())
}

fn text_effort(text: &str) -> usize {
    text.len() / 64
}

/// How long comparing two values takes, as many visits, if their kinds and lengths do not tell at once.
fn effort(left: &Value, right: &Value) -> usize {
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        return text_effort(left).min(text_effort(right));
    }
    let is_long = left.kind() == right.kind() && left.len() == right.len();
    if is_long { left.outside_bytes() / size_of::<Value>() } else { 0 }
}

impl<'d> Finder<'d> {
    /// Whether a condition holds for a value.
    pub fn test(&self, expression: &Expression, current: &Node<'d>) -> Result<bool> {
        match expression {
            Expression::Not(test) => Ok(!self.test(test, current)?),
            Expression::And(tests) => {
                for test in tests {
                    if !self.test(test, current)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expression::Or(tests) => {
                for test in tests {
                    if self.test(test, current)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expression::Compare(comparison, left, right) => {
                let left = self.outcome(left, current)?;
                let right = self.outcome(right, current)?;
                self.compare(*comparison, &left, &right)
            }
            // What a path selects exists, whatever it is.
            Expression::Query(..) => Ok(!self.outcome(expression, current)?.nodes().is_empty()),
            _ => Ok(match self.outcome(expression, current)? {
                Outcome::Test(value) => value,
                other => other.nodes().iter().any(|node| node.as_bool() != Some(false)),
            }),
        }
    }

    /// What an expression comes to for a value.
    pub fn outcome(&self, expression: &Expression, current: &Node<'d>) -> Result<Outcome<'d>> {
        match expression {
            Expression::Literal(value) => Ok(Outcome::One(Cow::Owned(value.clone()))),
            Expression::Query(origin, segments) => {
                let from = match origin {
                    Origin::Root => Cow::Borrowed(self.root),
                    Origin::Current => current.clone(),
                };
                let mut nodes = self.query(from, segments)?;
                if segments.iter().all(is_single) {
                    return Ok(nodes.pop().map_or(Outcome::Nothing, Outcome::One));
                }
                Ok(Outcome::Many(nodes))
            }
            Expression::Arithmetic(operator, left, right) => {
                let left = self.outcome(left, current)?.as_number();
                let right = self.outcome(right, current)?.as_number();
                let result = left.zip(right);
                Ok(Outcome::number(result.and_then(|(l, r)| calculate(*operator, l, r))))
            }
            Expression::Negate(operand) => {
                let operand = self.outcome(operand, current)?.as_number();
                let zero = Number::Int(0);
                Ok(Outcome::number(match operand {
                    Some(Number::Double(number)) => Number::double(-number),
                    Some(number) => calculate(Operator::Subtract, zero, number),
                    None => None,
                }))
            }
            Expression::Plus(operand) => {
                Ok(Outcome::number(self.outcome(operand, current)?.as_number()))
            }
            Expression::Call(function, arguments) => {
                let arguments: Vec<Outcome<'d>> = arguments
                    .iter()
                    .map(|argument| self.outcome(argument, current))
                    .collect::<Result<_>>()?;
                self.call(*function, &arguments)
            }
            Expression::Not(_)
            | Expression::And(_)
            | Expression::Or(_)
            | Expression::Compare(..) => self.test(expression, current).map(Outcome::Test),
        }
    }

    fn compare(
        &self,
        comparison: Comparison,
        left: &Outcome<'d>,
        right: &Outcome<'d>,
    ) -> Result<bool> {
        let any = |holds: &dyn Fn(&Value, &Value) -> bool| {
            self.any_pair(left.nodes(), right.nodes(), holds)
        };
        let ordered = |wanted: Ordering| any(&move |l, r| l.order(r) == Some(wanted));
        match comparison {
            Comparison::Equal => any(&Value::equals),
            Comparison::NotEqual => any(&|l, r| !l.equals(r)),
            Comparison::Less => ordered(Ordering::Less),
            Comparison::Greater => ordered(Ordering::Greater),
            Comparison::LessOrEqual => Ok(ordered(Ordering::Less)? || any(&same_scalars)?),
            Comparison::GreaterOrEqual => Ok(ordered(Ordering::Greater)? || any(&same_scalars)?),
            Comparison::Matches => {
                self.spend(left.texts_effort())?;
                any(&|l, r| {
                    let both = l.as_str().zip(r.as_str());
                    both.is_some_and(|(text, pattern)| self.patterns.finds(pattern, text))
                })
            }
            Comparison::In => self.is_in(left, right),
            Comparison::NotIn => Ok(!left.nodes().is_empty() && !self.is_in(left, right)?),
            Comparison::SubsetOf | Comparison::AnyOf | Comparison::NoneOf => {
                self.relate(comparison, left, right)
            }
            Comparison::SizeOf => {
                self.spend(left.texts_effort())?;
                let wanted = right.as_number().map(|number| number.as_f64().trunc());
                Ok(left.size().zip(wanted).is_some_and(|(size, wanted)| size as f64 == wanted))
            }
            Comparison::Empty => {
                self.spend(left.texts_effort())?;
                let wanted = right.single().and_then(|value| value.as_bool());
                Ok(left.size().zip(wanted).is_some_and(|(size, wanted)| (size == 0) == wanted))
            }
        }
    }

    /// Whether something holds for a value of each side.
    fn any_pair(
        &self,
        left: &[Node<'_>],
        right: &[Node<'_>],
        holds: &dyn Fn(&Value, &Value) -> bool,
    ) -> Result<bool> {
        let is_one = left.len() == 1 && right.len() == 1;
        for l in left {
            for r in right {
                self.spend(effort(l, r) + usize::from(!is_one))?;
                if holds(l, r) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn is_in(&self, left: &Outcome<'_>, right: &Outcome<'_>) -> Result<bool> {
        let Some(elements) = right.elements() else { return Ok(false) };
        self.spend(elements.len())?;
        self.any_pair(left.nodes(), &elements, &Value::equals)
    }

    /// How two lists lie to each other.
    pub fn relate(
        &self,
        comparison: Comparison,
        left: &Outcome<'_>,
        right: &Outcome<'_>,
    ) -> Result<bool> {
        let (Some(left), Some(right)) = (left.elements(), right.elements()) else {
            return Ok(false);
        };
        self.spend(left.len() + right.len())?;
        if comparison != Comparison::SubsetOf {
            let is_any = self.any_pair(&left, &right, &Value::equals)?;
            return Ok(is_any == (comparison == Comparison::AnyOf));
        }
        for l in &left {
            if !self.any_pair(std::slice::from_ref(l), &right, &Value::equals)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn same_scalars(left: &Value, right: &Value) -> bool {
    !left.is_array() && !left.is_object() && left.equals(right)
}

/// Integers stay integers as long as 64 bits hold them; a quotient is a double.
pub fn calculate(operator: Operator, left: Number, right: Number) -> Option<Number> {
    if let (Some(left), Some(right)) = (left.as_wide(), right.as_wide()) {
        let whole = match operator {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Modulo if right == 0 => return None,
            Operator::Modulo => left.checked_rem(right),
            Operator::Divide => None,
        };
        if let Some(number) = whole.and_then(Number::wide) {
            return Some(number);
        }
    }
    let (left, right) = (left.as_f64(), right.as_f64());
    Number::double(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Modulo => left % right,
    })
}
