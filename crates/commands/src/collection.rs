//! What the commands of lists, sets and sorted sets share: replying elements, waiting for them, counting keys.

use std::rc::Rc;

use engine::blocking::Unblock;
use engine::{CommandError, CommandResult, Context, error};
use keyspace::element::Element;
use resp::reply::Reply;
use stdx::long_double::LongDouble;

use crate::arguments;

const TIMEOUT_NOT_A_FLOAT: CommandError =
    CommandError::constant("ERR timeout is not a float or out of range");
const TIMEOUT_NOT_AN_INTEGER: CommandError =
    CommandError::constant("ERR timeout is not an integer or out of range");
const TIMEOUT_OUT_OF_RANGE: CommandError = CommandError::constant("ERR timeout is out of range");
const TIMEOUT_NEGATIVE: CommandError = CommandError::constant("ERR timeout is negative");
const NUMKEYS_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR numkeys should be greater than 0");

#[inline]
pub fn reply_element(reply: &mut Reply, element: Element<'_>) {
    match element {
        Element::Bytes(bytes) => reply.bulk(bytes),
        Element::Integer(integer) => reply.bulk_integer(integer),
    }
}

/// The moment until which a blocking command waits; 0: for ever.
pub fn deadline_ms(context: &Context<'_>, argument: &[u8]) -> Result<i64, CommandError> {
    // What is too great for a double is a number nevertheless, if out of range.
    let seconds = stdx::number::parse_f64(argument)
        .or_else(|| LongDouble::parse(argument).map(LongDouble::to_f64))
        .ok_or(TIMEOUT_NOT_A_FLOAT)?;
    let timeout_ms = (seconds * 1000.0).ceil();
    if timeout_ms >= i64::MAX as f64 {
        return Err(TIMEOUT_OUT_OF_RANGE);
    }
    if seconds < 0.0 {
        return Err(TIMEOUT_NEGATIVE);
    }
    deadline_in(context, timeout_ms as i64)
}

/// Like `deadline_ms`, of a timeout in whole milliseconds.
pub fn deadline_of_ms(context: &Context<'_>, argument: &[u8]) -> Result<i64, CommandError> {
    let timeout_ms = arguments::integer_or(argument, TIMEOUT_NOT_AN_INTEGER)?;
    if timeout_ms < 0 {
        return Err(TIMEOUT_NEGATIVE);
    }
    deadline_in(context, timeout_ms)
}

fn deadline_in(context: &Context<'_>, timeout_ms: i64) -> Result<i64, CommandError> {
    match timeout_ms {
        0 => Ok(0),
        ms => ms.checked_add(context.now_ms()).ok_or(TIMEOUT_OUT_OF_RANGE),
    }
}

/// Waits for one of the keys, at the end for a null array; where waiting is not allowed, `denied` writes the reply.
pub fn wait(
    context: &mut Context<'_>,
    keys: &[&[u8]],
    deadline_ms: i64,
    denied: fn(&mut Reply),
) -> CommandResult {
    wait_as(context, context.argv, keys, deadline_ms, denied)
}

/// Like `wait`, to be executed again with other words.
pub fn wait_as(
    context: &mut Context<'_>,
    argv: &[&[u8]],
    keys: &[&[u8]],
    deadline_ms: i64,
    denied: fn(&mut Reply),
) -> CommandResult {
    if context.deny_blocking() {
        denied(context.reply);
        return Ok(());
    }
    let on_timeout = move |context: &mut Context<'_>, how: Unblock| match how {
        Unblock::Timeout | Unblock::AofOff => context.reply.null_array(),
        Unblock::Error => context.reply_error(&error::UNBLOCKED),
    };
    context.block_as(argv, keys, deadline_ms, false, Rc::new(on_timeout))
}

/// Words of a call.
type Words<'a> = &'a [&'a [u8]];

/// A number of keys.
pub fn key_count(argument: &[u8]) -> Result<usize, CommandError> {
    let count = arguments::integer_or(argument, NUMKEYS_NOT_POSITIVE)?;
    usize::try_from(count).ok().filter(|count| *count > 0).ok_or(NUMKEYS_NOT_POSITIVE)
}

/// The keys behind their number at `at`, and what follows them.
pub fn counted_keys<'a>(
    argv: Words<'a>,
    at: usize,
) -> Result<(Words<'a>, Words<'a>), CommandError> {
    let count = key_count(argv[at])?;
    let words = &argv[at + 1..];
    if count > words.len() {
        return Err(error::SYNTAX);
    }
    Ok(words.split_at(count))
}

const COUNT_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR count should be greater than 0");

/// The COUNT of LMPOP and ZMPOP, if there is one.
pub fn pop_count(mut words: Words<'_>) -> Result<usize, CommandError> {
    let mut count = None;
    loop {
        words = match words {
            [] => return Ok(count.unwrap_or(1)),
            [word, argument, rest @ ..] if count.is_none() && arguments::is(word, "COUNT") => {
                let wanted = arguments::integer_or(argument, COUNT_NOT_POSITIVE)?;
                let wanted = usize::try_from(wanted).ok().filter(|wanted| *wanted > 0);
                count = Some(wanted.ok_or(COUNT_NOT_POSITIVE)?);
                rest
            }
            _ => return Err(error::SYNTAX),
        };
    }
}

/// Resolves two indexes, negative ones counted from the end, to the first index and the number of elements.
pub fn index_range(start: i64, end: i64, len: usize) -> Option<(usize, usize)> {
    let signed_len = i64::try_from(len).ok()?;
    let from_end = |index: i64| if index < 0 { index.saturating_add(signed_len) } else { index };
    let start = from_end(start).max(0);
    let end = from_end(end).min(signed_len - 1);
    if start > end {
        return None;
    }
    Some((usize::try_from(start).ok()?, usize::try_from(end - start + 1).ok()?))
}

/// A number of elements that is not negative, with the error LPOP, SPOP and ZPOPMIN have.
pub fn positive_count(argument: &[u8]) -> Result<usize, CommandError> {
    let count = arguments::integer(argument).map_err(|_| error::NOT_POSITIVE)?;
    usize::try_from(count).map_err(|_| error::NOT_POSITIVE)
}
