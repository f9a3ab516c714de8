//! The parser of requests and that of replies: whatever the bytes, and wherever they are cut, the result is the same.

use fastrand::Rng;
use resp::{Limits, Outcome as Parsed, Parser, ProtocolError, Value};

use crate::fuzzed::{Fuzzed, Outcome, Seed};

/// What a parser may hold beside the bytes it is given: room for arguments reserved on a client's word, and one line.
const HELD_BYTES_MAX: usize = 256 << 10;

const SEEDS: &[(&str, &str)] = &[
    ("inline", "PING\r\n"),
    ("inline", "SET k \"a\\x41\\n\\\"b\" 'it\\'s'\r\n\r\n  GET\tk\n"),
    ("inline", "x\0y z\r\nECHO ''\r\n"),
    ("multibulk", "*1\r\n$4\r\nPING\r\n"),
    (
        "multibulk",
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    ),
    ("multibulk", "*0\r\n*-1\r\n*2\r\n$0\r\n\r\n$10\r\n0123456789\r\nPING\r\n"),
    ("lengths", "*2147483647\r\n$536870912\r\nx"),
    ("lengths", "*2\r\n$4\r\nECHO\r\n$70000\r\nabc"),
    ("lengths", "*1000000\r\n$1\r\na\r\n$1\r\nb\r\n"),
    ("broken", "*1\r\nfoo\r\n"),
    ("broken", "*2\r\n$3\r\nGET\r\n$-1\r\n"),
    ("broken", "*99999999999\r\n"),
    ("broken", "SET \"a\"b c\r\n"),
    ("reply", "*3\r\n:1\r\n$-1\r\n*2\r\n+OK\r\n-ERR no\r\n"),
    ("reply", "%2\r\n$1\r\na\r\n,1.5\r\n$1\r\nb\r\n#t\r\n"),
    ("reply", "~2\r\n_\r\n(123456789012345678901234567890\r\n"),
    ("reply", ">2\r\n=7\r\ntxt:abc\r\n*0\r\n"),
    ("reply", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"),
];

/// The parsers.
#[derive(Debug, Default)]
pub struct Target;

impl Fuzzed for Target {
    fn seeds(&mut self) -> Vec<Seed> {
        let seed = |&(kind, text): &(&str, &str)| Seed {
            kind: kind.to_owned(),
            body: text.as_bytes().to_vec(),
        };
        SEEDS.iter().map(seed).collect()
    }

    fn run(&mut self, body: &[u8]) -> Outcome {
        let mut broken = false;
        for limits in [
            Limits::default(),
            Limits { authenticated: false, ..Limits::default() },
            Limits { bulk_bytes_max: 4, ..Limits::default() },
        ] {
            let whole = at_once(body, &limits);
            // Stricter limits refuse more, as they should.
            broken |= limits.authenticated && limits.bulk_bytes_max > 4 && whole.error.is_some();
            assert_eq!(whole, in_pieces(body, &limits), "cut elsewhere, it is something else");
        }
        read_reply(body);
        if broken { Outcome::Refused } else { Outcome::Loaded }
    }

    fn takes_seeds(&self, kind: &str) -> bool {
        kind == "multibulk"
    }
}

/// The requests found, and what ended the search.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    requests: Vec<Vec<Vec<u8>>>,
    error: Option<ProtocolError>,
    /// Bytes that belong to no request yet.
    rest: usize,
}

impl Found {
    /// Looks for the next request at the begin of `bytes`; how many it takes, if it is there.
    fn next(&mut self, parser: &mut Parser, bytes: &[u8], limits: &Limits) -> Option<usize> {
        let parsed = parser.parse(bytes, limits);
        assert!(parser.memory_bytes() <= HELD_BYTES_MAX + 16 * bytes.len(), "too much is held");
        assert!(parser.position() <= bytes.len());
        match parsed {
            Parsed::Request { consumed } => {
                assert!(consumed > 0 && consumed <= bytes.len());
                let arguments: Vec<Vec<u8>> = parser.arguments(bytes).map(<[u8]>::to_vec).collect();
                assert!(limits.authenticated || arguments.len() <= bytes.len());
                self.requests.push(arguments);
                Some(consumed)
            }
            Parsed::Incomplete { needed } => {
                assert!(needed > bytes.len(), "it asks for what it has");
                None
            }
            Parsed::Error(error) => {
                assert!(
                    error.reply_text().iter().all(|byte| !matches!(byte, b'\n')) || shown(error)
                );
                self.error = Some(error);
                None
            }
        }
    }
}

/// The byte that is shown in an error may be a line end, which whoever writes the reply takes out.
fn shown(error: ProtocolError) -> bool {
    matches!(error, ProtocolError::ExpectedDollar(_))
}

fn at_once(body: &[u8], limits: &Limits) -> Found {
    let (mut found, mut parser, mut rest) = (Found::default(), Parser::new(), body);
    while !rest.is_empty() {
        let Some(consumed) = found.next(&mut parser, rest, limits) else { break };
        rest = &rest[consumed..];
    }
    found.rest = rest.len();
    found
}

/// The same bytes as they come from a slow network, those of whole requests being dropped.
fn in_pieces(body: &[u8], limits: &Limits) -> Found {
    let (mut found, mut parser) = (Found::default(), Parser::new());
    let mut rng =
        Rng::with_seed(body.iter().fold(0, |sum, &byte| sum * 31 % 65_537 + u64::from(byte)));
    let (mut buffer, mut begin) = (Vec::new(), 0);
    while begin < body.len() && found.error.is_none() {
        let end = (begin + rng.usize(1..=7)).min(body.len());
        buffer.extend_from_slice(&body[begin..end]);
        begin = end;
        while !buffer.is_empty() {
            let Some(consumed) = found.next(&mut parser, &buffer, limits) else { break };
            buffer.drain(..consumed);
        }
    }
    found.rest = buffer.len() + body.len() - begin;
    found
}

/// A reply that is whole has a length, and is read as whole where that is said.
fn read_reply(body: &[u8]) {
    let read = Value::parse(body);
    if let Some((_, length)) = &read {
        assert!(*length <= body.len());
        assert_eq!(resp::value::reply_len(body), Some(*length));
    }
}
