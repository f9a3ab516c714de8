//! A reply read back into a tree, in either protocol version.

use crate::limits::VALUE_DEPTH_MAX;
use crate::reply::Reply;

/// One reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `+…`
    Simple(Vec<u8>),
    /// `-…`, code word included.
    Error(Vec<u8>),
    /// `:…`
    Integer(i64),
    /// `$…`
    Bulk(Vec<u8>),
    /// `$-1`
    NullBulk,
    /// `*-1`
    NullArray,
    /// `_`
    Null,
    /// `*…`
    Array(Vec<Value>),
    /// `%…`
    Map(Vec<(Value, Value)>),
    /// `~…`
    Set(Vec<Value>),
    /// `>…`
    Push(Vec<Value>),
    /// `|…` and the reply it describes.
    Attribute(Vec<(Value, Value)>, Box<Value>),
    /// `#t`, `#f`
    Boolean(bool),
    /// `,…`
    Double(f64),
    /// `(…`
    BigNumber(Vec<u8>),
    /// `=…`
    Verbatim([u8; 3], Vec<u8>),
    /// `!…`, an error that may hold any bytes.
    BulkError(Vec<u8>),
}

/// Why no reply could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseError {
    /// More bytes may complete it.
    Incomplete,
    /// No bytes can make it a reply.
    Invalid,
}

impl Value {
    /// Reads one reply from the start of `bytes`; `None` when it is incomplete or no reply.
    pub fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        Self::try_parse(bytes).ok()
    }

    /// Reads one reply from the start of `bytes`, telling incomplete from wrong.
    pub fn try_parse(bytes: &[u8]) -> Result<(Self, usize), ParseError> {
        let mut reader = Reader { bytes, at: 0 };
        let value = reader.value(0)?;
        Ok((value, reader.at))
    }

    /// The bytes of a string-like reply.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Simple(bytes)
            | Self::Bulk(bytes)
            | Self::Error(bytes)
            | Self::BulkError(bytes)
            | Self::BigNumber(bytes)
            | Self::Verbatim(_, bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The elements of an array-like reply.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Some(items),
            _ => None,
        }
    }

    /// The number of an integer reply.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// True for an error reply.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_) | Self::BulkError(_))
    }

    /// True for any of the nulls.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::NullBulk | Self::NullArray)
    }

    /// Writes it as a reply, in the protocol of that.
    pub fn write(&self, reply: &mut Reply) {
        match self {
            Self::Simple(text) => reply.simple(text),
            Self::Error(text) | Self::BulkError(text) => reply.error(text),
            Self::Integer(number) => reply.integer(*number),
            Self::Bulk(bytes) => reply.bulk(bytes),
            Self::NullBulk => reply.null_bulk(),
            Self::NullArray => reply.null_array(),
            Self::Null => reply.null(),
            Self::Array(items) => write_items(items, reply, Reply::array),
            Self::Set(items) => write_items(items, reply, Reply::set),
            Self::Push(items) => write_items(items, reply, Reply::push),
            Self::Map(pairs) => write_pairs(pairs, reply, Reply::map),
            Self::Attribute(pairs, inner) => {
                write_pairs(pairs, reply, Reply::attribute);
                inner.write(reply);
            }
            Self::Boolean(value) => reply.boolean(*value),
            Self::Double(value) => reply.double(*value),
            Self::BigNumber(digits) => reply.big_number(digits),
            Self::Verbatim(format, text) => {
                reply.verbatim(std::str::from_utf8(format).unwrap_or("txt"), text);
            }
        }
    }
}

fn write_items(items: &[Value], reply: &mut Reply, begin: fn(&mut Reply, usize)) {
    begin(reply, items.len());
    items.iter().for_each(|item| item.write(reply));
}

fn write_pairs(pairs: &[(Value, Value)], reply: &mut Reply, begin: fn(&mut Reply, usize)) {
    begin(reply, pairs.len());
    for (key, value) in pairs {
        key.write(reply);
        value.write(reply);
    }
}

/// The length in bytes of the reply at the start of `bytes`, without building it.
pub fn reply_len(bytes: &[u8]) -> Option<usize> {
    Value::parse(bytes).map(|(_, consumed)| consumed)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        if depth > VALUE_DEPTH_MAX {
            return Err(ParseError::Invalid);
        }
        let (kind, line) = self.line()?;
        Ok(match kind {
            b'+' => Value::Simple(line.to_vec()),
            b'-' => Value::Error(line.to_vec()),
            b':' => Value::Integer(number(line)?),
            b'(' => Value::BigNumber(line.to_vec()),
            b',' => Value::Double(double(line)?),
            b'#' => match line {
                b"t" => Value::Boolean(true),
                b"f" => Value::Boolean(false),
                _ => return Err(ParseError::Invalid),
            },
            b'_' => Value::Null,
            b'$' if line == b"-1" => Value::NullBulk,
            b'*' if line == b"-1" => Value::NullArray,
            b'$' => Value::Bulk(self.blob(line)?.to_vec()),
            b'!' => Value::BulkError(self.blob(line)?.to_vec()),
            b'=' => verbatim(self.blob(line)?)?,
            b'*' => Value::Array(self.items(line, depth)?),
            b'~' => Value::Set(self.items(line, depth)?),
            b'>' => Value::Push(self.items(line, depth)?),
            b'%' => Value::Map(self.pairs(line, depth)?),
            b'|' => {
                let attributes = self.pairs(line, depth)?;
                Value::Attribute(attributes, Box::new(self.value(depth + 1)?))
            }
            _ => return Err(ParseError::Invalid),
        })
    }

    fn line(&mut self) -> Result<(u8, &'a [u8]), ParseError> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let Some((&kind, text)) = rest.split_first() else {
            return Err(ParseError::Incomplete);
        };
        let Some(end) = text.windows(2).position(|pair| pair == b"\r\n") else {
            return Err(ParseError::Incomplete);
        };
        self.at += end + 3;
        Ok((kind, text.get(..end).unwrap_or(&[])))
    }

    fn blob(&mut self, line: &[u8]) -> Result<&'a [u8], ParseError> {
        let len = usize::try_from(number(line)?).map_err(|_| ParseError::Invalid)?;
        let end = self.at.checked_add(len).ok_or(ParseError::Invalid)?;
        let after = end.checked_add(2).ok_or(ParseError::Invalid)?;
        let blob = self.bytes.get(self.at..end).ok_or(ParseError::Incomplete)?;
        match self.bytes.get(end..after) {
            Some(b"\r\n") => {}
            Some(_) => return Err(ParseError::Invalid),
            None => return Err(ParseError::Incomplete),
        }
        self.at = after;
        Ok(blob)
    }

    /// Room is reserved for what can be there: every element takes at least three bytes.
    fn room(&self, count: usize) -> usize {
        count.min(self.bytes.len().saturating_sub(self.at) / 3)
    }

    fn items(&mut self, line: &[u8], depth: usize) -> Result<Vec<Value>, ParseError> {
        let count = usize::try_from(number(line)?).map_err(|_| ParseError::Invalid)?;
        let mut items = Vec::with_capacity(self.room(count));
        for _ in 0..count {
            items.push(self.value(depth + 1)?);
        }
        Ok(items)
    }

    fn pairs(&mut self, line: &[u8], depth: usize) -> Result<Vec<(Value, Value)>, ParseError> {
        let count = usize::try_from(number(line)?).map_err(|_| ParseError::Invalid)?;
        let mut pairs = Vec::with_capacity(self.room(count) / 2);
        for _ in 0..count {
            let key = self.value(depth + 1)?;
            pairs.push((key, self.value(depth + 1)?));
        }
        Ok(pairs)
    }
}

fn number(line: &[u8]) -> Result<i64, ParseError> {
    std::str::from_utf8(line).ok().and_then(|text| text.parse().ok()).ok_or(ParseError::Invalid)
}

fn double(line: &[u8]) -> Result<f64, ParseError> {
    std::str::from_utf8(line).ok().and_then(|text| text.parse().ok()).ok_or(ParseError::Invalid)
}

fn verbatim(blob: &[u8]) -> Result<Value, ParseError> {
    match blob {
        [a, b, c, b':', text @ ..] => Ok(Value::Verbatim([*a, *b, *c], text.to_vec())),
        _ => Err(ParseError::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::{ParseError, Value};
    use crate::Reply;

    fn sample(resp3: bool) -> Vec<u8> {
        let mut reply = Reply::with_protocol(resp3);
        reply.map(2);
        reply.bulk(b"k\r\n");
        reply.double(1.5);
        reply.integer(-3);
        reply.array(4);
        reply.null();
        reply.null_array();
        reply.verbatim("txt", b"hello");
        reply.error("ERR x");
        reply.take()
    }

    #[test]
    fn reads_what_the_writer_writes() {
        let bytes = sample(true);
        let (value, consumed) = Value::parse(&bytes).expect("whole reply");
        assert_eq!(consumed, bytes.len());
        let inner = Value::Array(vec![
            Value::Null,
            Value::Null,
            Value::Verbatim(*b"txt", b"hello".to_vec()),
            Value::Error(b"ERR x".to_vec()),
        ]);
        let expected = Value::Map(vec![
            (Value::Bulk(b"k\r\n".to_vec()), Value::Double(1.5)),
            (Value::Integer(-3), inner),
        ]);
        assert_eq!(value, expected);
    }

    #[test]
    fn every_cut_is_incomplete() {
        for resp3 in [false, true] {
            let bytes = sample(resp3);
            for cut in 0..bytes.len() {
                assert_eq!(Value::try_parse(&bytes[..cut]), Err(ParseError::Incomplete), "{cut}");
            }
        }
    }

    #[test]
    fn attributes_belong_to_the_next_reply() {
        let (value, _) = Value::parse(b"|1\r\n+a\r\n:1\r\n+OK\r\n").expect("whole reply");
        let attributes = vec![(Value::Simple(b"a".to_vec()), Value::Integer(1))];
        assert_eq!(value, Value::Attribute(attributes, Box::new(Value::Simple(b"OK".to_vec()))));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(0u8..=255, 0..200)) {
            let _ = Value::try_parse(&bytes);
        }

        #[test]
        fn protocol_like_bytes_are_survived(text in "[*$%~>|:+#,_=!(]{1,3}[-0-9]{0,3}(\r\n)?([*$%~:+]-?[0-9]{0,2}\r\n){0,8}") {
            let _ = Value::try_parse(text.as_bytes());
        }
    }
}
