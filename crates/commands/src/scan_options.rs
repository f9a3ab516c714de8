//! The cursor and options that SCAN, HSCAN, SSCAN and ZSCAN share.

use engine::{CommandError, error};
use resp::reply::Reply;

use crate::arguments;

/// Elements looked at in one call unless COUNT says otherwise.
const COUNT_DEFAULT: usize = 10;

/// Buckets looked at for each element that is wanted, where most are empty.
const BUCKETS_PER_ELEMENT: usize = 10;

const NOVALUES_OF_HASH: CommandError =
    CommandError::constant("ERR NOVALUES option can only be used in HSCAN");

/// What is gone through; it decides which options there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scanned {
    /// TYPE is an option.
    Keyspace,
    /// NOVALUES is an option.
    Hash,
    Set,
    SortedSet,
}

/// MATCH, COUNT, TYPE and NOVALUES.
#[derive(Clone, Copy, Debug)]
pub struct ScanOptions<'a> {
    pattern: Option<&'a [u8]>,
    pub count: usize,
    pub type_name: Option<&'a [u8]>,
    pub no_values: bool,
}

impl<'a> ScanOptions<'a> {
    /// Reads the options behind the cursor.
    pub fn parse(words: &[&'a [u8]], scanned: Scanned) -> Result<ScanOptions<'a>, CommandError> {
        let mut options =
            ScanOptions { pattern: None, count: COUNT_DEFAULT, type_name: None, no_values: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if scanned == Scanned::Hash && arguments::is(word, "NOVALUES") {
                options.no_values = true;
                continue;
            }
            if scanned != Scanned::Keyspace && arguments::is(word, "NOVALUES") {
                return Err(NOVALUES_OF_HASH);
            }
            let argument = words.next().ok_or(error::SYNTAX)?;
            if arguments::is(word, "COUNT") {
                let count = arguments::integer(argument)?;
                options.count =
                    usize::try_from(count).ok().filter(|count| *count > 0).ok_or(error::SYNTAX)?;
            } else if arguments::is(word, "MATCH") {
                // A pattern that takes everything need not be tried.
                options.pattern = Some(*argument).filter(|pattern| *pattern != b"*");
            } else if scanned == Scanned::Keyspace && arguments::is(word, "TYPE") {
                options.type_name = Some(argument);
            } else {
                return Err(error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// Whether an element matches the pattern.
    pub fn matches(&self, element: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| stdx::glob::matches(pattern, element, false))
    }
}

/// Reads a cursor: an unsigned number, before which Redis allows spaces and a sign, which turns the number around. Only what is
/// plainly a negative integer is refused.
pub fn cursor(argument: &[u8]) -> Result<u64, CommandError> {
    if let Some(plain) = stdx::number::parse_i64(argument) {
        return u64::try_from(plain).map_err(|_| error::INVALID_CURSOR);
    }
    let number = argument.trim_ascii_start();
    let (negative, digits) = match number {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if !digits.first().is_some_and(u8::is_ascii_digit) {
        return Err(error::INVALID_CURSOR);
    }
    let text = std::str::from_utf8(digits).map_err(|_| error::INVALID_CURSOR)?;
    let value: u64 = text.parse().map_err(|_| error::INVALID_CURSOR)?;
    Ok(if negative { value.wrapping_neg() } else { value })
}

/// What a step of a scan has seen and written.
pub struct Page<'a> {
    pub reply: &'a mut Reply,
    pub seen: usize,
    pub written: usize,
}

/// Replies the end of a scan of nothing.
pub fn reply_nothing(reply: &mut Reply) {
    reply.array(2);
    reply.bulk(b"0");
    reply.array(0);
}

/// Replies one call of a scan: `step` writes the elements at a cursor and returns the next one.
pub fn reply_scan(
    reply: &mut Reply,
    cursor: u64,
    count: usize,
    step: impl Fn(u64, &mut Page<'_>) -> u64,
) {
    let outer = reply.mark();
    let mut buckets_left = count.saturating_mul(BUCKETS_PER_ELEMENT);
    let mut cursor = cursor;
    let mut page = Page { reply, seen: 0, written: 0 };
    loop {
        cursor = step(cursor, &mut page);
        buckets_left -= 1;
        if cursor == 0 || buckets_left == 0 || page.seen >= count {
            break;
        }
    }
    // The cursor and the length stand in front of what is known first.
    let Page { reply, written, .. } = page;
    reply.finish_array(outer, written);
    let elements = reply.since(outer).to_vec();
    reply.truncate(outer);
    reply.array(2);
    reply.bulk(cursor.to_string().as_bytes());
    reply.raw(&elements);
}
