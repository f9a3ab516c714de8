//! When two values are equal.

use std::cmp::Ordering;

use super::{Number, Value};

impl Value {
    /// Equal in structure; numbers by their value.
    pub fn equals(&self, other: &Value) -> bool {
        self.is_equal(other, |left, right| left.compare(right) == Ordering::Equal)
    }

    /// Equal in structure; integers and doubles are of two kinds.
    pub fn is_same(&self, other: &Value) -> bool {
        self.is_equal(other, Number::is_same)
    }

    fn is_equal(&self, other: &Value, numbers: fn(Number, Number) -> bool) -> bool {
        if let (Some(left), Some(right)) = (self.as_number(), other.as_number()) {
            return numbers(left, right);
        }
        if self.kind() != other.kind() || self.len() != other.len() {
            return false;
        }
        if self.is_object() {
            return self.members().all(|(name, value)| {
                other.member(name).is_some_and(|other| value.is_equal(other, numbers))
            });
        }
        self.as_bool() == other.as_bool()
            && self.as_str() == other.as_str()
            && self
                .children()
                .zip(other.children())
                .all(|(left, right)| left.is_equal(&right, numbers))
    }

    /// The order of two numbers or two strings; others have none.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        if let (Some(left), Some(right)) = (self.as_number(), other.as_number()) {
            return Some(left.compare(right));
        }
        Some(self.as_str()?.cmp(other.as_str()?))
    }
}
