//! Reading arguments: numbers, databases, expiry options, with Redis's error texts.

use engine::{CommandError, CommandResult, Context, State, error};

/// A 64-bit integer.
pub fn integer(argument: &[u8]) -> Result<i64, CommandError> {
    stdx::number::parse_i64(argument).ok_or(error::NOT_AN_INTEGER)
}

/// A 64-bit integer, or an error of one's own.
pub fn integer_or(argument: &[u8], otherwise: CommandError) -> Result<i64, CommandError> {
    stdx::number::parse_i64(argument).ok_or(otherwise)
}

/// An integer in a range, or the error that Redis gives for what is outside.
pub fn integer_in(
    argument: &[u8],
    range: std::ops::RangeInclusive<i64>,
    outside: CommandError,
) -> Result<i64, CommandError> {
    let value = integer(argument)?;
    if range.contains(&value) { Ok(value) } else { Err(outside) }
}

/// A floating-point number.
pub fn double(argument: &[u8]) -> Result<f64, CommandError> {
    stdx::number::parse_f64(argument).ok_or(error::NOT_A_FLOAT)
}

/// Index of a database that exists.
pub fn database(state: &State, argument: &[u8]) -> Result<usize, CommandError> {
    const OUTSIDE: CommandError = CommandError::constant(
        "ERR value is out of range, value must between -2147483648 and 2147483647",
    );
    let index = integer_in(argument, i64::from(i32::MIN)..=i64::from(i32::MAX), OUTSIDE)?;
    usize::try_from(index)
        .ok()
        .filter(|index| *index < state.databases.len())
        .ok_or(error::DB_INDEX_OUT_OF_RANGE)
}

/// Whether an argument is this keyword, in any case.
pub fn is(argument: &[u8], keyword: &str) -> bool {
    argument.eq_ignore_ascii_case(keyword.as_bytes())
}

/// Units and base of an expiry option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryUnit {
    Ex,
    Px,
    Exat,
    Pxat,
}

impl ExpiryUnit {
    /// The unit that a keyword names.
    pub fn of(keyword: &[u8]) -> Option<ExpiryUnit> {
        [("EX", Self::Ex), ("PX", Self::Px), ("EXAT", Self::Exat), ("PXAT", Self::Pxat)]
            .into_iter()
            .find(|(name, _)| is(keyword, name))
            .map(|(_, unit)| unit)
    }

    fn is_seconds(self) -> bool {
        matches!(self, Self::Ex | Self::Exat)
    }

    fn is_relative(self) -> bool {
        matches!(self, Self::Ex | Self::Px)
    }
}

/// The moment, in unix milliseconds, that `argument` in `unit` means; it must be positive.
pub fn expiry_ms(
    context: &Context<'_>,
    argument: &[u8],
    unit: ExpiryUnit,
) -> Result<i64, CommandError> {
    let invalid = || error::invalid_expire_time(&context.command.full_name);
    let value = integer(argument)?;
    if value <= 0 {
        return Err(invalid());
    }
    let ms = if unit.is_seconds() { value.checked_mul(1000).ok_or_else(invalid)? } else { value };
    if unit.is_relative() { ms.checked_add(context.now_ms()).ok_or_else(invalid) } else { Ok(ms) }
}

/// Refuses a value that would grow beyond `most` bytes, which is `proto-max-bulk-len`.
pub fn check_string_length(most: i64, offset: u64, length: u64) -> CommandResult {
    let total = offset.checked_add(length);
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    if total.is_none_or(|total| total > most) {
        return Err(error::STRING_TOO_LONG);
    }
    Ok(())
}

/// Refuses a string for which there is no memory, before anything is changed. (Redis ends itself.)
pub fn check_memory(state: &State, len: usize) -> CommandResult {
    const TRIED_FROM_BYTES: usize = 64 << 20;
    if len < TRIED_FROM_BYTES {
        return Ok(());
    }
    // The system may promise more than it has.
    let total = (state.host.port.process)().total_memory_bytes;
    if total > 0 && len as u64 > total {
        return Err(error::NO_MEMORY_FOR_STRING);
    }
    let mut room: Vec<u8> = Vec::new();
    let tried = room.try_reserve_exact(len);
    // Otherwise the compiler would leave out an allocation that nobody uses.
    std::hint::black_box(&mut room);
    tried.map_err(|_| error::NO_MEMORY_FOR_STRING)
}
