//! The reply writer: one growing buffer per client, in the shape of the client's protocol version.

use crate::double;

/// `$0` … `$127` with their line ends, so that short bulks need no number formatting.
static BULK_HEADERS: [Header; SHORT] = headers(b'$');
/// `:0` … `:127`.
static INTEGERS: [Header; SHORT] = headers(b':');
/// `*0` … `*127`.
static ARRAY_HEADERS: [Header; SHORT] = headers(b'*');

const SHORT: usize = 128;

/// From this size on a buffer grows by half of it instead of twofold: what `maxmemory-clients` counts should not be far above
/// what is written.
const LARGE_BYTES: usize = 1 << 20;

/// A prepared line; copied as a whole (one machine word) and then cut to its length.
#[derive(Clone, Copy)]
struct Header {
    bytes: [u8; 8],
    len: usize,
}

const fn headers(kind: u8) -> [Header; SHORT] {
    let mut table = [Header { bytes: [0; 8], len: 0 }; SHORT];
    let mut number = 0;
    while number < SHORT {
        let mut bytes = [0u8; 8];
        bytes[0] = kind;
        let mut at = 1;
        if number >= 100 {
            bytes[at] = b'0' + (number / 100) as u8;
            at += 1;
        }
        if number >= 10 {
            bytes[at] = b'0' + (number / 10 % 10) as u8;
            at += 1;
        }
        bytes[at] = b'0' + (number % 10) as u8;
        bytes[at + 1] = b'\r';
        bytes[at + 2] = b'\n';
        table[number] = Header { bytes, len: at + 3 };
        number += 1;
    }
    table
}

/// A place in the reply: where a header of unknown length belongs, or where to cut back to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(usize);

/// Writes replies for one client.
#[derive(Debug, Default, Clone)]
pub struct Reply {
    buf: Vec<u8>,
    resp3: bool,
    /// More unsent bytes than the client may have were written; what came then was dropped.
    overflowed: bool,
    /// Bytes at the start that are sent already.
    sent: usize,
    /// Unsent bytes from which nothing more is taken; 0: no limit.
    limit: usize,
}

impl Reply {
    /// An empty reply in RESP2.
    pub const fn new() -> Self {
        Self::with_protocol(false)
    }

    /// An empty reply in the given protocol version.
    pub const fn with_protocol(resp3: bool) -> Self {
        Self { buf: Vec::new(), resp3, overflowed: false, sent: 0, limit: 0 }
    }

    /// True when the client asked for protocol version 3.
    #[inline]
    pub const fn resp3(&self) -> bool {
        self.resp3
    }

    /// Switches the protocol version for what is written from now on.
    pub const fn set_resp3(&mut self, resp3: bool) {
        self.resp3 = resp3;
    }

    /// Everything written so far.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.buf
    }

    /// What the client has still to be sent.
    #[inline]
    pub fn unsent(&self) -> &[u8] {
        self.buf.get(self.sent..).unwrap_or(&[])
    }

    /// Number of bytes that the client has still to be sent.
    #[inline]
    pub fn unsent_len(&self) -> usize {
        self.buf.len().saturating_sub(self.sent)
    }

    /// Notes that so many more bytes are sent. Once all are, the buffer is empty; the sent part of a long backlog is
    /// dropped when it is a quarter, so that a byte is moved three times on average.
    #[inline]
    pub fn advance(&mut self, bytes: usize) {
        self.sent += bytes;
        if self.sent >= self.buf.len() {
            self.buf.clear();
            self.sent = 0;
        } else if self.sent > self.buf.len() / 4 {
            self.buf.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Sets how many unsent bytes the client may have; 0: any number.
    #[inline]
    pub const fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// True when the client got more than it may have: it is to be closed, and a long command may stop.
    #[inline]
    pub const fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Makes room for `bytes` more, which is where the limit is watched: a reply within its buffer costs no check.
    #[inline]
    fn make_room(&mut self, bytes: usize) {
        if self.buf.capacity() - self.buf.len() < bytes {
            self.grow(bytes);
        }
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        if self.limit != 0 && self.unsent_len() >= self.limit {
            self.overflowed = true;
            self.buf.truncate(self.sent + self.limit);
        }
        if self.buf.capacity() < LARGE_BYTES {
            self.buf.reserve(bytes);
        } else if self.buf.capacity() - self.buf.len() < bytes {
            self.buf.reserve_exact(bytes.max(self.buf.capacity() / 2));
        }
    }

    /// Number of bytes written so far.
    #[inline]
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    /// True when nothing is written.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    /// Room the buffer owns, for memory accounting.
    pub fn capacity(&self) -> usize {
        self.buf.capacity()
    }

    /// Makes room ahead of a reply whose size is known.
    #[inline]
    pub fn reserve(&mut self, bytes: usize) {
        self.buf.reserve(bytes);
    }

    /// Forgets everything written, keeping the room.
    pub fn clear(&mut self) {
        self.buf.clear();
        self.sent = 0;
    }

    /// Gives the written bytes away and starts anew.
    pub fn take(&mut self) -> Vec<u8> {
        self.sent = 0;
        std::mem::take(&mut self.buf)
    }

    /// Takes over a buffer (emptied by its owner or continued), for reuse of its room.
    pub fn replace_buffer(&mut self, buf: Vec<u8>) -> Vec<u8> {
        std::mem::replace(&mut self.buf, buf)
    }

    /// Gives back the room beyond `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.buf.shrink_to(bytes);
    }

    /// Appends bytes that are already in protocol form.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.buf.extend_from_slice(bytes);
    }

    /// `+OK`.
    #[inline]
    pub fn ok(&mut self) {
        self.buf.extend_from_slice(b"+OK\r\n");
    }

    /// `+QUEUED`.
    #[inline]
    pub fn queued(&mut self) {
        self.buf.extend_from_slice(b"+QUEUED\r\n");
    }

    /// `+PONG`.
    #[inline]
    pub fn pong(&mut self) {
        self.buf.extend_from_slice(b"+PONG\r\n");
    }

    /// A simple string; line ends inside become spaces because they would break the framing.
    pub fn simple(&mut self, text: impl AsRef<[u8]>) {
        self.line(b'+', text.as_ref());
    }

    /// An error; `text` starts with its code word (`ERR …`, `WRONGTYPE …`).
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        let mut text = text.as_ref();
        // What a client said may be part of it, line ends included.
        while let [rest @ .., b'\r' | b'\n'] = text {
            text = rest;
        }
        self.line(b'-', text);
    }

    /// An integer.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        match usize::try_from(value).ok().and_then(|small| INTEGERS.get(small)) {
            Some(header) => self.header(header),
            None => self.number_line(b':', value),
        }
    }

    /// A bulk string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len() + 32);
        match BULK_HEADERS.get(bytes.len()) {
            Some(header) => self.header(header),
            None => self.number_line(b'$', bytes.len() as i64),
        }
        self.buf.extend_from_slice(bytes);
        self.buf.extend_from_slice(b"\r\n");
    }

    /// An integer as a bulk string.
    #[inline]
    pub fn bulk_integer(&mut self, value: i64) {
        let mut buffer = itoa::Buffer::new();
        self.bulk(buffer.format(value).as_bytes());
    }

    /// A double: its own type in RESP3, a bulk string in RESP2.
    pub fn double(&mut self, value: f64) {
        if self.resp3 {
            self.buf.push(b',');
            double::format(value, &mut self.buf);
            self.buf.extend_from_slice(b"\r\n");
        } else {
            let mut text = Vec::with_capacity(32);
            double::format(value, &mut text);
            self.bulk(&text);
        }
    }

    /// No value: `$-1` in RESP2, `_` in RESP3.
    #[inline]
    pub fn null(&mut self) {
        self.buf.extend_from_slice(if self.resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// No value where a bulk string was expected; the same as [`Reply::null`].
    #[inline]
    pub fn null_bulk(&mut self) {
        self.null();
    }

    /// No value where an array was expected: `*-1` in RESP2, `_` in RESP3.
    #[inline]
    pub fn null_array(&mut self) {
        self.buf.extend_from_slice(if self.resp3 { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// Opens an array; its `len` elements follow.
    #[inline]
    pub fn array(&mut self, len: usize) {
        match ARRAY_HEADERS.get(len) {
            Some(header) => self.header(header),
            None => self.number_line(b'*', len as i64),
        }
    }

    /// Opens a map of `pairs` keys and values; a flat array in RESP2.
    #[inline]
    pub fn map(&mut self, pairs: usize) {
        if self.resp3 {
            self.number_line(b'%', pairs as i64);
        } else {
            self.array(pairs.saturating_mul(2));
        }
    }

    /// Opens a set; an array in RESP2.
    #[inline]
    pub fn set(&mut self, len: usize) {
        if self.resp3 {
            self.number_line(b'~', len as i64);
        } else {
            self.array(len);
        }
    }

    /// Opens an out-of-band message; an array in RESP2.
    #[inline]
    pub fn push(&mut self, len: usize) {
        if self.resp3 {
            self.number_line(b'>', len as i64);
        } else {
            self.array(len);
        }
    }

    /// Opens attributes of `pairs` keys and values before the reply they belong to; RESP3 only, the caller checks.
    pub fn attribute(&mut self, pairs: usize) {
        self.number_line(b'|', pairs as i64);
    }

    /// A boolean: its own type in RESP3, an integer in RESP2.
    pub fn boolean(&mut self, value: bool) {
        let text: &[u8] = match (self.resp3, value) {
            (true, true) => b"#t\r\n",
            (true, false) => b"#f\r\n",
            (false, true) => b":1\r\n",
            (false, false) => b":0\r\n",
        };
        self.buf.extend_from_slice(text);
    }

    /// A number too large for an integer, as its digits; a bulk string in RESP2.
    pub fn big_number(&mut self, digits: &[u8]) {
        if self.resp3 {
            self.line(b'(', digits);
        } else {
            self.bulk(digits);
        }
    }

    /// Text with a three-letter format (`txt`, `mkd`); a bulk string in RESP2.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        if !self.resp3 {
            self.bulk(text);
            return;
        }
        let mut name = [b' '; 3];
        for (slot, byte) in name.iter_mut().zip(format.bytes()) {
            *slot = byte;
        }
        self.number_line(b'=', text.len() as i64 + 4);
        self.buf.extend_from_slice(&name);
        self.buf.push(b':');
        self.buf.extend_from_slice(text);
        self.buf.extend_from_slice(b"\r\n");
    }

    /// The present end of the reply, to cut back to with [`Reply::truncate`] or to insert a header at.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark(self.buf.len())
    }

    /// Drops everything written since `mark`.
    pub fn truncate(&mut self, mark: Mark) {
        self.buf.truncate(mark.0);
    }

    /// What was written since `mark`.
    pub fn since(&self, mark: Mark) -> &[u8] {
        self.buf.get(mark.0..).unwrap_or(&[])
    }

    /// Opens an array whose length is told later; inner deferred lengths must be finished before outer ones.
    #[inline]
    pub fn defer_array(&self) -> Mark {
        self.mark()
    }

    /// Opens a map whose length is told later.
    #[inline]
    pub fn defer_map(&self) -> Mark {
        self.mark()
    }

    /// Opens a set whose length is told later.
    #[inline]
    pub fn defer_set(&self) -> Mark {
        self.mark()
    }

    /// Tells the length of a deferred array.
    pub fn finish_array(&mut self, mark: Mark, len: usize) {
        self.insert(mark, |reply| reply.array(len));
    }

    /// Tells the number of pairs of a deferred map.
    pub fn finish_map(&mut self, mark: Mark, pairs: usize) {
        self.insert(mark, |reply| reply.map(pairs));
    }

    /// Tells the length of a deferred set.
    pub fn finish_set(&mut self, mark: Mark, len: usize) {
        self.insert(mark, |reply| reply.set(len));
    }

    /// Tells the length of a deferred push message.
    pub fn finish_push(&mut self, mark: Mark, len: usize) {
        self.insert(mark, |reply| reply.push(len));
    }

    /// Tells the number of pairs of deferred attributes.
    pub fn finish_attribute(&mut self, mark: Mark, pairs: usize) {
        self.insert(mark, |reply| reply.attribute(pairs));
    }

    /// Writes a header at the end and rotates it to its place: one move of the bytes behind the mark.
    fn insert(&mut self, mark: Mark, write: impl FnOnce(&mut Self)) {
        let end = self.buf.len();
        write(self);
        let header_len = self.buf.len() - end;
        if let Some(tail) = self.buf.get_mut(mark.0.min(end)..) {
            tail.rotate_right(header_len);
        }
    }

    #[inline]
    fn header(&mut self, header: &Header) {
        let end = self.buf.len() + header.len;
        self.buf.extend_from_slice(&header.bytes);
        self.buf.truncate(end);
    }

    fn number_line(&mut self, kind: u8, value: i64) {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(value).as_bytes();
        self.make_room(digits.len() + 3);
        self.buf.push(kind);
        self.buf.extend_from_slice(digits);
        self.buf.extend_from_slice(b"\r\n");
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.make_room(text.len() + 3);
        self.buf.push(kind);
        let start = self.buf.len();
        self.buf.extend_from_slice(text);
        for byte in self.buf.iter_mut().skip(start) {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        self.buf.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::Reply;

    #[test]
    fn the_limit_bounds_memory_and_is_told() {
        let mut reply = Reply::new();
        reply.set_limit(1_000);
        for _ in 0..10_000 {
            reply.bulk(b"0123456789");
        }
        assert!(reply.overflowed());
        assert!(reply.capacity() < 10_000);
        let mut free = Reply::new();
        for _ in 0..10_000 {
            free.bulk(b"0123456789");
        }
        assert!(!free.overflowed());
    }

    #[test]
    fn sent_bytes_go_and_the_rest_stays_in_order() {
        let mut reply = Reply::new();
        reply.raw(b"abcdefgh");
        reply.advance(3);
        assert_eq!(reply.unsent(), b"defgh");
        reply.raw(b"i");
        reply.advance(3);
        assert_eq!(reply.unsent(), b"ghi");
        assert_eq!(reply.unsent_len(), 3);
        reply.advance(3);
        assert!(reply.is_empty() && reply.unsent().is_empty());
    }

    fn written(resp3: bool, write: impl FnOnce(&mut Reply)) -> String {
        let mut reply = Reply::with_protocol(resp3);
        write(&mut reply);
        String::from_utf8(reply.take()).expect("test replies are ASCII")
    }

    #[test]
    fn integers_and_bulks_around_the_prepared_range() {
        for value in [0, 9, 10, 99, 100, 127, 128, 12345, -1, i64::MIN, i64::MAX] {
            assert_eq!(written(false, |r| r.integer(value)), format!(":{value}\r\n"));
        }
        for len in [0usize, 1, 9, 10, 99, 127, 128, 1000] {
            let text = "x".repeat(len);
            assert_eq!(written(true, |r| r.bulk(text.as_bytes())), format!("${len}\r\n{text}\r\n"));
            assert_eq!(written(true, |r| r.array(len)), format!("*{len}\r\n"));
        }
    }

    #[test]
    fn line_ends_never_break_the_framing() {
        assert_eq!(written(false, |r| r.error("ERR a\r\nb")), "-ERR a  b\r\n");
        assert_eq!(written(false, |r| r.simple("a\nb")), "+a b\r\n");
    }

    #[test]
    fn each_version_has_its_shape() {
        for (resp3, expected) in [
            (false, "$-1\r\n*-1\r\n$3\r\n0.5\r\n*4\r\n*2\r\n*1\r\n:1\r\n$2\r\n12\r\n$2\r\nhi\r\n"),
            (true, "_\r\n_\r\n,0.5\r\n%2\r\n~2\r\n>1\r\n#t\r\n(12\r\n=6\r\ntxt:hi\r\n"),
        ] {
            let text = written(resp3, |r| {
                r.null();
                r.null_array();
                r.double(0.5);
                r.map(2);
                r.set(2);
                r.push(1);
                r.boolean(true);
                r.big_number(b"12");
                r.verbatim("txt", b"hi");
            });
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn deferred_lengths_nest() {
        let text = written(true, |r| {
            let outer = r.defer_array();
            r.integer(1);
            let inner = r.defer_map();
            r.bulk(b"k");
            r.integer(2);
            r.finish_map(inner, 1);
            let second = r.defer_set();
            r.finish_set(second, 0);
            r.finish_array(outer, 3);
            r.ok();
        });
        assert_eq!(text, "*3\r\n:1\r\n%1\r\n$1\r\nk\r\n:2\r\n~0\r\n+OK\r\n");
    }

    #[test]
    fn truncation_rolls_back() {
        let text = written(false, |r| {
            r.ok();
            let mark = r.mark();
            r.array(2);
            r.truncate(mark);
            r.error("ERR no");
        });
        assert_eq!(text, "+OK\r\n-ERR no\r\n");
    }
}
