//! Reading the moment a field expires, and the options of HEXPIRE, HGETEX and HSETEX.

use engine::{CommandError, error};

use crate::arguments::{self, ExpiryUnit};
use stdx::text::until_nul;

/// The last moment a field can expire at, in unix milliseconds.
pub const FIELD_EXPIRY_MS_MAX: i64 = (1 << 46) - 1;

const NEGATIVE_EXPIRY: CommandError =
    CommandError::constant("ERR invalid expire time, must be >= 0");
pub const FIELDS_TWICE: CommandError =
    CommandError::constant("ERR FIELDS keyword specified multiple times");
pub const TOO_FEW: CommandError = CommandError::constant("ERR wrong number of arguments");

/// The moment that `argument` in `unit` means, in unix milliseconds.
pub fn moment_ms(
    argument: &[u8],
    unit: ExpiryUnit,
    now_ms: i64,
    command: &str,
) -> Result<i64, CommandError> {
    let value = arguments::integer(argument)?;
    if value < 0 {
        return Err(NEGATIVE_EXPIRY);
    }
    let invalid = || error::invalid_expire_time(command);
    let (factor, base_ms) = match unit {
        ExpiryUnit::Ex => (1000, now_ms),
        ExpiryUnit::Px => (1, now_ms),
        ExpiryUnit::Exat => (1000, 0),
        ExpiryUnit::Pxat => (1, 0),
    };
    value
        .checked_mul(factor)
        .and_then(|ms| ms.checked_add(base_ms))
        .filter(|at_ms| *at_ms <= FIELD_EXPIRY_MS_MAX)
        .ok_or_else(invalid)
}

pub fn unknown(argument: &[u8]) -> CommandError {
    CommandError::err([b"unknown argument: ", until_nul(argument)].concat())
}

/// What becomes of the expiry of the fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    /// Nothing was said of it.
    Unsaid,
    Keep,
    Persist,
    /// At this moment; the option stands at this index.
    At {
        at_ms: i64,
        option: usize,
    },
}

/// On what condition fields are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    Always,
    NoneExists,
    AllExist,
}

/// The options of HGETEX and HSETEX, in any order.
#[derive(Debug)]
pub struct Options<'a> {
    pub expiry: Expiry,
    pub condition: Condition,
    pub fields: &'a [&'a [u8]],
}

/// How the two differ.
pub struct Grammar {
    /// Words for each of the fields: with its value or without.
    pub words_per_field: usize,
    /// The keyword that, beside the moments, says what becomes of the expiry.
    pub keyword: (&'static str, Expiry),
    pub conditions: bool,
    pub only_one_expiry: CommandError,
}

const ONLY_ONE_CONDITION: CommandError =
    CommandError::constant("ERR Only one of FXX or FNX arguments can be specified");
const MOMENT_MISSING: CommandError = CommandError::constant("ERR missing expire time");
const INVALID_COUNT: CommandError = CommandError::constant("ERR invalid number of fields");

impl<'a> Options<'a> {
    pub fn parse(
        argv: &'a [&'a [u8]],
        grammar: &Grammar,
        now_ms: i64,
        command: &str,
    ) -> Result<Options<'a>, CommandError> {
        let mut options =
            Options { expiry: Expiry::Unsaid, condition: Condition::Always, fields: &[] };
        let mut at = 2;
        while let Some(word) = argv.get(at) {
            if arguments::is(word, "FIELDS") {
                if !options.fields.is_empty() {
                    return Err(FIELDS_TWICE);
                }
                options.fields = counted_fields(argv, at, grammar.words_per_field, command)?;
                at += 1 + options.fields.len();
            } else if let Some(condition) = condition(word).filter(|_| grammar.conditions) {
                if options.condition != Condition::Always {
                    return Err(ONLY_ONE_CONDITION);
                }
                options.condition = condition;
            } else {
                at += options.read_expiry(argv, at, grammar, now_ms, command)?;
            }
            at += 1;
        }
        if options.fields.is_empty() {
            return Err(CommandError::constant("ERR missing FIELDS argument"));
        }
        Ok(options)
    }

    /// Reads an option on the expiry; how many words follow it.
    fn read_expiry(
        &mut self,
        argv: &[&[u8]],
        at: usize,
        grammar: &Grammar,
        now_ms: i64,
        command: &str,
    ) -> Result<usize, CommandError> {
        let word = argv[at];
        let unit = ExpiryUnit::of(word);
        let is_keyword = arguments::is(word, grammar.keyword.0);
        if unit.is_none() && !is_keyword {
            return Err(unknown(word));
        }
        if self.expiry != Expiry::Unsaid {
            return Err(grammar.only_one_expiry.clone());
        }
        let Some(unit) = unit else {
            self.expiry = grammar.keyword.1;
            return Ok(0);
        };
        let moment = argv.get(at + 1).ok_or(MOMENT_MISSING)?;
        let at_ms = moment_ms(moment, unit, now_ms, command)?;
        self.expiry = Expiry::At { at_ms, option: at };
        Ok(1)
    }
}

fn condition(word: &[u8]) -> Option<Condition> {
    if arguments::is(word, "FNX") {
        Some(Condition::NoneExists)
    } else if arguments::is(word, "FXX") {
        Some(Condition::AllExist)
    } else {
        None
    }
}

/// What stands behind FIELDS and its number.
fn counted_fields<'a>(
    argv: &'a [&'a [u8]],
    at: usize,
    words_per_field: usize,
    command: &str,
) -> Result<&'a [&'a [u8]], CommandError> {
    let count = argv.get(at + 1).ok_or_else(|| error::wrong_arity(command))?;
    let count = arguments::integer_or(count, INVALID_COUNT)?;
    let count = i32::try_from(count).ok().filter(|count| *count > 0).ok_or(INVALID_COUNT)?;
    let words = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(words_per_field);
    argv.get(at + 2..).and_then(|rest| rest.get(..words)).ok_or(TOO_FEW)
}
