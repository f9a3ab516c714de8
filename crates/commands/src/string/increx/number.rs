//! The two kinds of numbers that INCREX adds: integers and decimals.

use engine::{CommandError, Context};
use keyspace::{KeyRecord, NewPayload};
use resp::reply::Reply;
use stdx::long_double::LongDouble;

use crate::string::{incr, incrbyfloat};

const BOUNDS_CROSSED: CommandError =
    CommandError::constant("ERR LBOUND can't be greater than UBOUND");
const INFINITE_INCREMENT: CommandError =
    CommandError::constant("ERR BYFLOAT increment cannot be Infinity");
const INFINITE_VALUE: CommandError = CommandError::constant("ERR value cannot be Infinity");

/// A number as the command needs it.
pub(super) trait Number: Copy + PartialOrd {
    const ZERO: Self;
    const MIN: Self;
    const MAX: Self;

    /// The number of a string.
    fn of_record(record: &KeyRecord) -> Result<Self, CommandError>;
    /// The sum, if it can be said.
    fn checked_add(self, other: Self) -> Option<Self>;
    /// The difference, if it can be said.
    fn checked_sub(self, other: Self) -> Option<Self>;
    fn store(self, context: &mut Context<'_>, key: &[u8]);
    fn reply(self, reply: &mut Reply);
    fn text(self) -> String;
}

impl Number for i64 {
    const ZERO: i64 = 0;
    const MIN: i64 = i64::MIN;
    const MAX: i64 = i64::MAX;

    fn of_record(record: &KeyRecord) -> Result<i64, CommandError> {
        incr::integer_of(record)
    }

    fn checked_add(self, other: i64) -> Option<i64> {
        i64::checked_add(self, other)
    }

    fn checked_sub(self, other: i64) -> Option<i64> {
        i64::checked_sub(self, other)
    }

    fn store(self, context: &mut Context<'_>, key: &[u8]) {
        match context.state.lookup_write(context.db, key) {
            Some(record) => keyspace::string::set_integer(record, self),
            None => {
                context.state.add_key(context.db, key, NewPayload::Integer(self), None);
            }
        }
        context.modified(key);
    }

    fn reply(self, reply: &mut Reply) {
        reply.integer(self);
    }

    fn text(self) -> String {
        self.to_string()
    }
}

impl Number for LongDouble {
    const ZERO: LongDouble = LongDouble::ZERO;
    const MIN: LongDouble = LongDouble::MIN;
    const MAX: LongDouble = LongDouble::MAX;

    fn of_record(record: &KeyRecord) -> Result<LongDouble, CommandError> {
        let number = incrbyfloat::number_of(record)?;
        if number.is_infinite() { Err(INFINITE_VALUE) } else { Ok(number) }
    }

    fn checked_add(self, other: LongDouble) -> Option<LongDouble> {
        LongDouble::checked_add(self, other).filter(|sum| !sum.is_infinite())
    }

    fn checked_sub(self, other: LongDouble) -> Option<LongDouble> {
        Number::checked_add(self, other.negated())
    }

    fn store(self, context: &mut Context<'_>, key: &[u8]) {
        crate::string::store_text(context, key, self.to_text().as_bytes());
    }

    fn reply(self, reply: &mut Reply) {
        let text = self.to_text();
        if reply.resp3() {
            reply.raw(format!(",{text}\r\n").as_bytes());
        } else {
            reply.bulk(text.as_bytes());
        }
    }

    fn text(self) -> String {
        self.to_text()
    }
}

/// What is added, and the bounds of the result.
pub(super) struct Amount<N> {
    by: N,
    lower: N,
    upper: N,
}

impl Amount<i64> {
    pub(super) fn integer(
        by: Option<&[u8]>,
        lower: Option<&[u8]>,
        upper: Option<&[u8]>,
    ) -> Result<Amount<i64>, CommandError> {
        let read = |what: &str, word: Option<&[u8]>, otherwise: i64| match word {
            None => Ok(otherwise),
            Some(word) => stdx::number::parse_i64(word).ok_or_else(|| {
                CommandError::err(format!("{what} is not an integer or out of range"))
            }),
        };
        Amount {
            by: read("Increment", by, 1)?,
            lower: read("LBOUND", lower, i64::MIN)?,
            upper: read("UBOUND", upper, i64::MAX)?,
        }
        .checked()
    }
}

impl Amount<LongDouble> {
    pub(super) fn float(
        by: &[u8],
        lower: Option<&[u8]>,
        upper: Option<&[u8]>,
    ) -> Result<Amount<LongDouble>, CommandError> {
        let read = |what: &str, word: &[u8]| {
            LongDouble::parse(word)
                .ok_or_else(|| CommandError::err(format!("{what} is not a valid float")))
        };
        let by = read("Increment", by)?;
        if by.is_infinite() {
            return Err(INFINITE_INCREMENT);
        }
        let lower = lower.map_or(Ok(LongDouble::MIN), |word| read("LBOUND", word))?;
        let upper = upper.map_or(Ok(LongDouble::MAX), |word| read("UBOUND", word))?;
        Amount { by, lower, upper }.checked()
    }
}

impl<N: Number> Amount<N> {
    fn checked(self) -> Result<Amount<N>, CommandError> {
        if self.lower > self.upper { Err(BOUNDS_CROSSED) } else { Ok(self) }
    }

    /// The number that `old` becomes; `None` if it would leave its bounds and may not be `clamped` to them.
    pub(super) fn add_to(&self, old: N, clamped: bool) -> Option<N> {
        let sum = old.checked_add(self.by);
        let inside = sum.filter(|sum| *sum >= self.lower && *sum <= self.upper);
        if inside.is_some() || !clamped {
            return inside;
        }
        let limit = if self.by < N::ZERO { N::MIN } else { N::MAX };
        let sum = sum.unwrap_or(limit);
        Some(if sum > self.upper {
            self.upper
        } else if sum < self.lower {
            self.lower
        } else {
            sum
        })
    }
}
