//! The request parser: finds the arguments of the next inline or multibulk request in a query buffer, resumable at any byte.

use smallvec::SmallVec;

use crate::limits::{
    ARGUMENTS_RESERVED_MAX, BULK_BYTES_MAX_DEFAULT, LINE_BYTES_MAX, MULTIBULK_MAX,
    REQUEST_BYTES_MAX, UNAUTHENTICATED_BULK_BYTES_MAX, UNAUTHENTICATED_MULTIBULK_MAX,
};

mod inline;

pub use inline::split_arguments;

/// What the server allows this client now.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `proto-max-bulk-len`.
    pub bulk_bytes_max: u64,
    /// False while the client still has to authenticate.
    pub authenticated: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bulk_bytes_max: BULK_BYTES_MAX_DEFAULT, authenticated: true }
    }
}

/// What a call of [`Parser::parse`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A whole request of `consumed` bytes; it may have no arguments (an empty line), which is to be skipped.
    Request {
        /// Bytes of the buffer that belong to the request.
        consumed: usize,
    },
    /// The request is not complete; `needed` is the least size the buffer must reach for progress.
    Incomplete {
        /// Wanted size of the buffer, counted from its start.
        needed: usize,
    },
    /// The client broke the protocol: reply with the text and close.
    Error(ProtocolError),
}

/// How a client broke the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolError {
    /// An inline request without end.
    TooBigInline,
    /// Quotes of an inline request do not close.
    UnbalancedQuotes,
    /// The line behind `*` does not end.
    TooBigMultibulkCount,
    /// The count behind `*` is no number or too large.
    InvalidMultibulkLength,
    /// Too many arguments before authentication.
    UnauthenticatedMultibulkLength,
    /// The line behind `$` does not end.
    TooBigBulkCount,
    /// The length behind `$` is no number, negative or too large.
    InvalidBulkLength,
    /// Too long an argument before authentication.
    UnauthenticatedBulkLength,
    /// Something else where `$` belongs.
    ExpectedDollar(u8),
}

impl ProtocolError {
    /// The error reply, with its code word.
    pub fn reply_text(self) -> Vec<u8> {
        let text = match self {
            Self::TooBigInline => "too big inline request",
            Self::UnbalancedQuotes => "unbalanced quotes in request",
            Self::TooBigMultibulkCount => "too big mbulk count string",
            Self::InvalidMultibulkLength => "invalid multibulk length",
            Self::UnauthenticatedMultibulkLength => "unauthenticated multibulk length",
            Self::TooBigBulkCount => "too big bulk count string",
            Self::InvalidBulkLength => "invalid bulk length",
            Self::UnauthenticatedBulkLength => "unauthenticated bulk length",
            Self::ExpectedDollar(_) => "expected '$', got '",
        };
        let mut out = format!("ERR Protocol error: {text}").into_bytes();
        if let Self::ExpectedDollar(byte) = self {
            out.push(byte);
            out.push(b'\'');
        }
        out
    }
}

/// Where the parser stands inside a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Inline,
    Count,
    BulkLength,
    Bulk(u32),
}

/// Parses one request at a time; the storage for arguments is reused from request to request.
///
/// The caller passes the unconsumed part of the query buffer on every call; until a request is complete its beginning
/// must stay the same. After a request, the arguments remain readable (with the same buffer) until the next `parse`.
#[derive(Debug, Clone)]
pub struct Parser {
    state: State,
    done: bool,
    inline: bool,
    /// Next byte to look at.
    at: usize,
    /// Bytes already searched for a line end.
    scanned: usize,
    remaining: i64,
    arguments: SmallVec<[(u32, u32); 8]>,
    /// Arguments of inline requests, unquoted.
    scratch: Vec<u8>,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser at the start of a request.
    pub fn new() -> Self {
        Self {
            state: State::Start,
            done: false,
            inline: false,
            at: 0,
            scanned: 0,
            remaining: 0,
            arguments: SmallVec::new(),
            scratch: Vec::new(),
        }
    }

    /// Forgets a request that is under way.
    pub fn reset(&mut self) {
        self.state = State::Start;
        self.done = false;
        self.inline = false;
        self.at = 0;
        self.scanned = 0;
        self.remaining = 0;
        self.arguments.clear();
        self.scratch.clear();
        // One enormous request must not hold its room for ever.
        if self.arguments.capacity() > ARGUMENTS_RESERVED_MAX {
            self.arguments = SmallVec::new();
        }
        if self.scratch.capacity() > LINE_BYTES_MAX {
            self.scratch = Vec::new();
        }
    }

    /// True between requests.
    pub fn is_idle(&self) -> bool {
        self.done || self.state == State::Start
    }

    /// Bytes of the request under way that are read to the end; an argument that is not complete begins there.
    pub fn position(&self) -> usize {
        if self.is_idle() { 0 } else { self.at }
    }

    /// Number of arguments found.
    #[inline]
    pub fn len(&self) -> usize {
        self.arguments.len()
    }

    /// True when no argument is found.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// One argument; empty when there is none of that number.
    #[inline]
    pub fn argument<'a>(&'a self, buffer: &'a [u8], index: usize) -> &'a [u8] {
        let source = if self.inline { &self.scratch } else { buffer };
        self.arguments
            .get(index)
            .and_then(|&(start, end)| source.get(start as usize..end as usize))
            .unwrap_or(&[])
    }

    /// All arguments in order.
    #[inline]
    pub fn arguments<'a>(
        &'a self,
        buffer: &'a [u8],
    ) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + 'a {
        let source = if self.inline { &self.scratch } else { buffer };
        self.arguments
            .iter()
            .map(move |&(start, end)| source.get(start as usize..end as usize).unwrap_or(&[]))
    }

    /// The bytes the arguments refer to and their ranges in it: the buffer itself, or the unquoted inline text.
    #[inline]
    pub fn ranges<'a>(&'a self, buffer: &'a [u8]) -> (&'a [u8], &'a [(u32, u32)]) {
        (if self.inline { &self.scratch } else { buffer }, &self.arguments)
    }

    /// Memory held for arguments, for client memory accounting.
    pub fn memory_bytes(&self) -> usize {
        let spilled = if self.arguments.spilled() { self.arguments.capacity() * 8 } else { 0 };
        spilled + self.scratch.capacity()
    }

    /// Continues with the request at the start of `buffer`.
    #[inline]
    pub fn parse(&mut self, buffer: &[u8], limits: &Limits) -> Outcome {
        if self.done {
            self.reset();
        }
        loop {
            let step = match self.state {
                State::Start => self.start(buffer),
                State::Inline => self.inline_request(buffer),
                State::Count => self.multibulk_count(buffer, limits),
                State::BulkLength => self.bulk_length(buffer, limits),
                State::Bulk(len) => self.bulk(buffer, len),
            };
            if let Some(outcome) = step {
                self.done = !matches!(outcome, Outcome::Incomplete { .. });
                return outcome;
            }
        }
    }

    fn start(&mut self, buffer: &[u8]) -> Option<Outcome> {
        match buffer.first() {
            None => return Some(Outcome::Incomplete { needed: 1 }),
            Some(b'*') => self.state = State::Count,
            Some(_) => self.state = State::Inline,
        }
        None
    }

    fn inline_request(&mut self, buffer: &[u8]) -> Option<Outcome> {
        let end = match self.line_end(buffer, b'\n') {
            Line::Ends(end) => end,
            Line::Open => return Some(Outcome::Incomplete { needed: buffer.len() + 1 }),
            Line::TooLong => return Some(Outcome::Error(ProtocolError::TooBigInline)),
        };
        let line = buffer.get(..end).unwrap_or(&[]);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.inline = true;
        if inline::split_into(line, &mut self.scratch, &mut self.arguments).is_err() {
            return Some(Outcome::Error(ProtocolError::UnbalancedQuotes));
        }
        Some(Outcome::Request { consumed: end + 1 })
    }

    fn multibulk_count(&mut self, buffer: &[u8], limits: &Limits) -> Option<Outcome> {
        let (digits, next) = match self.count_line(buffer, ProtocolError::TooBigMultibulkCount) {
            Ok(line) => line,
            Err(outcome) => return Some(outcome),
        };
        let count = match parse_integer(digits) {
            Some(count) if count <= MULTIBULK_MAX => count,
            _ => return Some(Outcome::Error(ProtocolError::InvalidMultibulkLength)),
        };
        if count > UNAUTHENTICATED_MULTIBULK_MAX && !limits.authenticated {
            return Some(Outcome::Error(ProtocolError::UnauthenticatedMultibulkLength));
        }
        self.advance(next);
        if count <= 0 {
            return Some(Outcome::Request { consumed: next });
        }
        self.remaining = count;
        self.arguments.reserve((count as usize).min(ARGUMENTS_RESERVED_MAX));
        self.state = State::BulkLength;
        None
    }

    fn bulk_length(&mut self, buffer: &[u8], limits: &Limits) -> Option<Outcome> {
        let (digits, next) = match self.short_count_line(buffer) {
            Some(line) => line,
            None => match self.dollar_line(buffer) {
                Ok(line) => line,
                Err(outcome) => return Some(outcome),
            },
        };
        let length = match parse_integer(digits) {
            Some(length) if length >= 0 && length as u64 <= limits.bulk_bytes_max => length,
            _ => return Some(Outcome::Error(ProtocolError::InvalidBulkLength)),
        };
        if length > UNAUTHENTICATED_BULK_BYTES_MAX && !limits.authenticated {
            return Some(Outcome::Error(ProtocolError::UnauthenticatedBulkLength));
        }
        match u32::try_from(length) {
            Ok(short) if next + short as usize + 2 <= REQUEST_BYTES_MAX => {
                self.advance(next);
                self.state = State::Bulk(short);
                None
            }
            _ => Some(Outcome::Error(ProtocolError::InvalidBulkLength)),
        }
    }

    /// The common case `$` with one or two digits, all there.
    #[inline]
    fn short_count_line<'a>(&self, buffer: &'a [u8]) -> Option<(&'a [u8], usize)> {
        match buffer.get(self.at..)? {
            [b'$', digit @ b'0'..=b'9', b'\r', b'\n', ..] => {
                Some((std::slice::from_ref(digit), self.at + 4))
            }
            [b'$', rest @ ..] => match rest {
                [b'1'..=b'9', b'0'..=b'9', b'\r', b'\n', ..] => Some((rest.get(..2)?, self.at + 5)),
                _ => None,
            },
            _ => None,
        }
    }

    fn dollar_line<'a>(&mut self, buffer: &'a [u8]) -> Result<(&'a [u8], usize), Outcome> {
        let line = self.count_line(buffer, ProtocolError::TooBigBulkCount)?;
        match buffer.get(self.at) {
            Some(b'$') => Ok(line),
            other => {
                let found = other.copied().unwrap_or(b' ');
                Err(Outcome::Error(ProtocolError::ExpectedDollar(found)))
            }
        }
    }

    fn bulk(&mut self, buffer: &[u8], len: u32) -> Option<Outcome> {
        let end = self.at + len as usize;
        // The two bytes behind the argument are skipped unseen, as Redis does.
        if buffer.len() < end + 2 {
            return Some(Outcome::Incomplete { needed: end + 2 });
        }
        self.arguments.push((self.at as u32, end as u32));
        self.advance(end + 2);
        self.remaining -= 1;
        if self.remaining == 0 {
            return Some(Outcome::Request { consumed: end + 2 });
        }
        self.state = State::BulkLength;
        None
    }

    /// The text between the type byte at the present position and the line end, and the position behind it.
    fn count_line<'a>(
        &mut self,
        buffer: &'a [u8],
        too_long: ProtocolError,
    ) -> Result<(&'a [u8], usize), Outcome> {
        let end = match self.line_end(buffer, b'\r') {
            Line::Ends(end) => end,
            Line::Open => return Err(Outcome::Incomplete { needed: buffer.len() + 1 }),
            Line::TooLong => return Err(Outcome::Error(too_long)),
        };
        if buffer.len() < end + 2 {
            return Err(Outcome::Incomplete { needed: end + 2 });
        }
        Ok((buffer.get(self.at + 1..end).unwrap_or(&[]), end + 2))
    }

    /// Looks for the byte that ends the line at the present position, not looking twice at the same bytes.
    fn line_end(&mut self, buffer: &[u8], byte: u8) -> Line {
        let from = self.scanned.max(self.at);
        let limit = buffer.len().min(self.at + LINE_BYTES_MAX + 1);
        let window = buffer.get(from..limit).unwrap_or(&[]);
        match window.iter().position(|&candidate| candidate == byte) {
            Some(offset) => {
                self.scanned = from + offset;
                Line::Ends(from + offset)
            }
            None if limit - self.at > LINE_BYTES_MAX => Line::TooLong,
            None => {
                self.scanned = limit;
                Line::Open
            }
        }
    }

    #[inline]
    fn advance(&mut self, next: usize) {
        self.at = next;
        self.scanned = next;
    }
}

enum Line {
    Ends(usize),
    Open,
    TooLong,
}

/// A decimal integer in its only spelling: no sign but `-`, no leading zeros, no spaces.
fn parse_integer(digits: &[u8]) -> Option<i64> {
    let (negative, digits) = match digits.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut value: i64 = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        // Built on the negative side, whose range is larger by one.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

#[cfg(test)]
mod tests;
