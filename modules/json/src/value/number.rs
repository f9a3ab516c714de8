//! Numbers: integers exact as far as 64 bits go, all others as doubles.

use std::cmp::Ordering;

/// A number. Unsigned ones are those beyond the signed; doubles are finite.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Int(i64),
    Unsigned(u64),
    Double(f64),
}

const _: () = assert!(size_of::<Number>() == 16);

impl Number {
    pub fn double(number: f64) -> Option<Number> {
        number.is_finite().then_some(Number::Double(number))
    }

    /// An integer of any sign, if 64 bits hold it.
    pub fn wide(number: i128) -> Option<Number> {
        if let Ok(number) = i64::try_from(number) {
            return Some(Number::Int(number));
        }
        u64::try_from(number).ok().map(Number::Unsigned)
    }

    pub fn as_f64(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Unsigned(number) => number as f64,
            Number::Double(number) => number,
        }
    }

    /// As an integer, if it is one.
    pub fn as_wide(self) -> Option<i128> {
        match self {
            Number::Int(number) => Some(number.into()),
            Number::Unsigned(number) => Some(number.into()),
            Number::Double(_) => None,
        }
    }

    pub fn is_zero(self) -> bool {
        self.as_f64() == 0.0
    }

    /// Integers and doubles of the same value are equal.
    pub fn compare(self, other: Number) -> Ordering {
        match (self.as_wide(), other.as_wide()) {
            (Some(this), Some(other)) => this.cmp(&other),
            (Some(this), None) => against_double(this, other.as_f64()),
            (None, Some(other)) => against_double(other, self.as_f64()).reverse(),
            (None, None) => self.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
        }
    }

    /// Not only of one value but of one kind as well: 3 is not 3.0.
    pub fn is_same(self, other: Number) -> bool {
        self.as_wide().is_some() == other.as_wide().is_some()
            && self.compare(other) == Ordering::Equal
    }

    pub fn print(self, to: &mut Vec<u8>) {
        match self {
            Number::Int(number) => {
                to.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Number::Unsigned(number) => {
                to.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Number::Double(number) => {
                to.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
            }
        }
    }
}

/// Exact where a conversion of the integer would round.
fn against_double(integer: i128, double: f64) -> Ordering {
    let whole = double.trunc();
    // Beyond 2^64 every double is further out than any integer here.
    let ordering = integer.cmp(&(whole as i128));
    let fraction = double - whole;
    match ordering {
        Ordering::Equal if fraction > 0.0 => Ordering::Less,
        Ordering::Equal if fraction < 0.0 => Ordering::Greater,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        use Ordering::{Equal, Greater, Less};
        for (left, right, ordering) in [
            (Number::Int(1), Number::Double(1.0), Equal),
            (Number::Int(1), Number::Double(1.5), Less),
            (Number::Int(-1), Number::Double(-1.5), Greater),
            (Number::Int(i64::MAX), Number::Double(9_223_372_036_854_775_808.0), Less),
            (Number::Unsigned(u64::MAX), Number::Int(-1), Greater),
            (Number::Unsigned(u64::MAX), Number::Double(1e300), Less),
            (Number::Int(i64::MIN), Number::Double(-1e300), Greater),
            (Number::Double(-0.0), Number::Int(0), Equal),
        ] {
            assert_eq!(left.compare(right), ordering, "{left:?} {right:?}");
            assert_eq!(right.compare(left), ordering.reverse(), "{right:?} {left:?}");
        }
        assert!(!Number::Int(3).is_same(Number::Double(3.0)));
        assert!(Number::Int(3).is_same(Number::Int(3)));
    }
}
