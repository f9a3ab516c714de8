//! A reply as it came over the wire, in either protocol version.

use crate::error::{Error, Result};
use crate::limits::{REPLY_DEPTH_MAX, REPLY_ELEMENTS_MAX};

/// One reply; numbers that have several spellings keep the one that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Integer(i64),
    Bulk(Vec<u8>),
    Null,
    Array(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    Set(Vec<Reply>),
    Push(Vec<Reply>),
    Attribute(Vec<(Reply, Reply)>, Box<Reply>),
    Boolean(bool),
    Double(Vec<u8>),
    BigNumber(Vec<u8>),
    Verbatim(Vec<u8>, Vec<u8>),
}

impl Reply {
    /// Text of a string-like reply.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Simple(bytes) | Self::Error(bytes) | Self::Bulk(bytes) | Self::Double(bytes) => {
                Some(String::from_utf8_lossy(bytes).into_owned())
            }
            Self::Verbatim(_, bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::Integer(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// Elements of an array, set or push.
    pub fn elements(&self) -> Option<&[Reply]> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Some(items),
            _ => None,
        }
    }

    /// The same reply in the words of RESP2: maps become flat arrays, doubles strings, booleans integers.
    pub fn to_resp2(&self) -> Reply {
        let all = |items: &[Reply]| items.iter().map(Reply::to_resp2).collect();
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Self::Array(all(items)),
            Self::Map(pairs) => Self::Array(
                pairs.iter().flat_map(|(key, value)| [key.to_resp2(), value.to_resp2()]).collect(),
            ),
            Self::Attribute(_, reply) => reply.to_resp2(),
            Self::Boolean(value) => Self::Integer(i64::from(*value)),
            Self::Double(text) | Self::BigNumber(text) | Self::Verbatim(_, text) => {
                Self::Bulk(text.clone())
            }
            other => other.clone(),
        }
    }
}

/// Reads one reply from the start of `bytes`: the reply and its length, or `None` while it is incomplete.
pub fn parse_reply(bytes: &[u8]) -> Result<Option<(Reply, usize)>> {
    let mut reader = Reader { bytes, at: 0 };
    Ok(reader.reply(0)?.map(|reply| (reply, reader.at)))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn reply(&mut self, depth: usize) -> Result<Option<Reply>> {
        if depth > REPLY_DEPTH_MAX {
            return Err(Error::new("reply nested too deeply"));
        }
        let Some(line) = self.line() else { return Ok(None) };
        let Some((&kind, rest)) = line.split_first() else {
            return Err(Error::new("empty line where a reply should begin"));
        };
        Ok(Some(match kind {
            b'+' => Reply::Simple(rest.to_vec()),
            b'-' => Reply::Error(rest.to_vec()),
            b':' => Reply::Integer(number(rest)?),
            b'_' => Reply::Null,
            b'#' => Reply::Boolean(rest == b"t"),
            b',' => Reply::Double(rest.to_vec()),
            b'(' => Reply::BigNumber(rest.to_vec()),
            b'$' | b'!' | b'=' => return self.blob(kind, rest),
            b'*' | b'~' | b'>' => {
                let Some(count) = length(rest)? else { return Ok(Some(Reply::Null)) };
                let Some(items) = self.items(count, depth)? else { return Ok(None) };
                match kind {
                    b'*' => Reply::Array(items),
                    b'~' => Reply::Set(items),
                    _ => Reply::Push(items),
                }
            }
            b'%' | b'|' => {
                let Some(count) = length(rest)? else { return Ok(Some(Reply::Null)) };
                let Some(items) = self.items(count.saturating_mul(2), depth)? else {
                    return Ok(None);
                };
                let pairs = pairs(items);
                if kind == b'%' {
                    Reply::Map(pairs)
                } else {
                    let Some(reply) = self.reply(depth + 1)? else { return Ok(None) };
                    Reply::Attribute(pairs, Box::new(reply))
                }
            }
            _ => {
                let shown = String::from_utf8_lossy(line).into_owned();
                return Err(Error::new(format!("not a reply: {shown}")));
            }
        }))
    }

    fn blob(&mut self, kind: u8, header: &[u8]) -> Result<Option<Reply>> {
        let Some(count) = length(header)? else { return Ok(Some(Reply::Null)) };
        let Some(end) = self.at.checked_add(count) else {
            return Err(Error::new("bulk length too large"));
        };
        let Some(text) = self.bytes.get(self.at..end) else { return Ok(None) };
        match self.bytes.get(end..end + 2) {
            Some(b"\r\n") => self.at = end + 2,
            Some(_) => return Err(Error::new("bulk not followed by CRLF")),
            None => return Ok(None),
        }
        Ok(Some(match kind {
            b'$' => Reply::Bulk(text.to_vec()),
            b'!' => Reply::Error(text.to_vec()),
            _ => match (text.get(..3), text.get(3), text.get(4..)) {
                (Some(format), Some(b':'), Some(rest)) => {
                    Reply::Verbatim(format.to_vec(), rest.to_vec())
                }
                _ => return Err(Error::new("verbatim string without format")),
            },
        }))
    }

    fn items(&mut self, count: usize, depth: usize) -> Result<Option<Vec<Reply>>> {
        if count > REPLY_ELEMENTS_MAX {
            return Err(Error::new("aggregate reply too large"));
        }
        let mut items = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            match self.reply(depth + 1)? {
                Some(item) => items.push(item),
                None => return Ok(None),
            }
        }
        Ok(Some(items))
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        self.at += end + 2;
        rest.get(..end)
    }
}

fn pairs(items: Vec<Reply>) -> Vec<(Reply, Reply)> {
    let mut pairs = Vec::with_capacity(items.len() / 2);
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        pairs.push((key, value));
    }
    pairs
}

fn number(text: &[u8]) -> Result<i64> {
    let text = String::from_utf8_lossy(text);
    text.parse().map_err(|_| Error::new(format!("not an integer in a reply: {text}")))
}

/// The length in a header; `None` is the null of RESP2 (`-1`).
fn length(text: &[u8]) -> Result<Option<usize>> {
    match number(text)? {
        -1 => Ok(None),
        count => {
            usize::try_from(count).map(Some).map_err(|_| Error::new("negative length in a reply"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_incomplete_and_the_whole_is_read() {
        let wire = b"*3\r\n$3\r\na\r\n\r\n%1\r\n+k\r\n,1.50\r\n=6\r\ntxt:hi\r\n";
        for end in 0..wire.len() {
            assert_eq!(parse_reply(&wire[..end]), Ok(None), "prefix of {end}");
        }
        let (reply, used) = parse_reply(wire).expect("valid").expect("complete");
        assert_eq!(used, wire.len());
        assert_eq!(
            reply,
            Reply::Array(vec![
                Reply::Bulk(b"a\r\n".to_vec()),
                Reply::Map(vec![(Reply::Simple(b"k".to_vec()), Reply::Double(b"1.50".to_vec()))]),
                Reply::Verbatim(b"txt".to_vec(), b"hi".to_vec()),
            ])
        );
    }

    #[test]
    fn nonsense_is_an_error() {
        for wire in [&b"x\r\n"[..], b"$-2\r\n", b":1x\r\n", b"$1\r\nabc\r\n", b"*99999999999\r\n"] {
            assert!(parse_reply(wire).is_err(), "{wire:?}");
        }
    }
}
