//! Properties of the request parser: splits change nothing, and no input panics.

use super::{Limits, Outcome, Parser, ProtocolError, parse_integer, split_arguments};

type Parsed = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);

/// Feeds the bytes in the given pieces, as a server would, and collects all requests.
fn feed(bytes: &[u8], pieces: &[usize], limits: &Limits) -> Parsed {
    let mut parser = Parser::new();
    let mut requests = Vec::new();
    let (mut start, mut end) = (0, 0);
    let mut pieces = pieces.iter().copied().cycle();
    while end < bytes.len() {
        end = bytes.len().min(end + pieces.next().unwrap_or(1).max(1));
        loop {
            let buffer = &bytes[start..end];
            match parser.parse(buffer, limits) {
                Outcome::Request { consumed } => {
                    requests.push(parser.arguments(buffer).map(<[u8]>::to_vec).collect());
                    start += consumed;
                }
                Outcome::Incomplete { needed } => {
                    assert!(needed > buffer.len());
                    break;
                }
                Outcome::Error(error) => return (requests, Some(error)),
            }
        }
    }
    (requests, None)
}

fn whole(bytes: &[u8]) -> Parsed {
    feed(bytes, &[bytes.len().max(1)], &Limits::default())
}

fn error_of(bytes: &[u8], authenticated: bool) -> Option<ProtocolError> {
    let limits = Limits { authenticated, ..Limits::default() };
    feed(bytes, &[bytes.len().max(1)], &limits).1
}

#[test]
fn requests_of_both_kinds() {
    let (requests, error) =
        whole(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nset \"a\\x41\" 'b c'\r\n\r\n*0\r\nPING\n");
    assert_eq!(error, None);
    let expected: Vec<Vec<&[u8]>> =
        vec![vec![b"GET", b"k"], vec![b"set", b"aA", b"b c"], vec![], vec![], vec![b"PING"]];
    assert_eq!(requests, expected);
}

#[test]
fn errors_have_their_names() {
    use ProtocolError::*;
    for (bytes, error) in [
        (&b"*-10\r\n"[..], None),
        (b"*x\r\n", Some(InvalidMultibulkLength)),
        (b"*\r\n", Some(InvalidMultibulkLength)),
        (b"*3000000000\r\n", Some(InvalidMultibulkLength)),
        (b"*1\r\n$-10\r\n", Some(InvalidBulkLength)),
        (b"*1\r\n$x\r\n", Some(InvalidBulkLength)),
        (b"*1\r\n$2000000000\r\n", Some(InvalidBulkLength)),
        (b"*1\r\nfooz\r\n", Some(ExpectedDollar(b'f'))),
        (b"set \"a\r\n", Some(UnbalancedQuotes)),
    ] {
        assert_eq!(error_of(bytes, true), error, "{:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(error_of(b"*11\r\n", false), Some(UnauthenticatedMultibulkLength));
    assert_eq!(error_of(b"*10\r\n$16385\r\n", false), Some(UnauthenticatedBulkLength));
    assert_eq!(error_of(&[b'a'; 65_537], true), Some(TooBigInline));
    assert_eq!(error_of(&[b'a'; 65_536], true), None);
    let long = |prefix: &[u8]| [prefix, &[b'1'; 70_000]].concat();
    assert_eq!(error_of(&long(b"*"), true), Some(TooBigMultibulkCount));
    assert_eq!(error_of(&long(b"*1\r\n$"), true), Some(TooBigBulkCount));
}

#[test]
fn reply_texts() {
    let text = ProtocolError::ExpectedDollar(b'x').reply_text();
    assert_eq!(text, b"ERR Protocol error: expected '$', got 'x'");
}

#[test]
fn a_big_request_in_small_pieces_is_not_scanned_again() {
    let mut bytes = b"*20000\r\n".to_vec();
    for _ in 0..20_000 {
        bytes.extend_from_slice(b"$3\r\nabc\r\n");
    }
    let (requests, error) = feed(&bytes, &[7], &Limits::default());
    assert_eq!((requests.len(), requests[0].len(), error), (1, 20_000, None));
}

#[test]
fn integers_have_one_spelling() {
    for (text, value) in [
        ("0", Some(0)),
        ("-0", None),
        ("01", None),
        ("+1", None),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("-9223372036854775808", Some(i64::MIN)),
        ("-9223372036854775809", None),
        ("", None),
        ("-", None),
        ("1 ", None),
    ] {
        assert_eq!(parse_integer(text.as_bytes()), value, "{text}");
    }
}

#[test]
fn quoting() {
    let split = |text: &str| split_arguments(text.as_bytes()).ok();
    let some = |items: &[&str]| {
        Some(items.iter().map(|item| item.as_bytes().to_vec()).collect::<Vec<_>>())
    };
    assert_eq!(split("  a  b "), some(&["a", "b"]));
    assert_eq!(split(r#""" ''"#), some(&["", ""]));
    assert_eq!(split(r#""a\"b\n" 'c\'d\n'"#), some(&["a\"b\n", "c'd\\n"]));
    assert_eq!(split(r#""a"b"#), None);
    assert_eq!(split(r#"a"b""#), some(&["ab"]));
    assert_eq!(split(r#""\xzz\q""#), some(&["xzzq"]));
}

fn protocol_like() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;
    let piece = prop_oneof![
        Just(b"*2\r\n".to_vec()),
        Just(b"*1\r\n$4\r\nPING\r\n".to_vec()),
        Just(b"$3\r\nabc\r\n".to_vec()),
        Just(b"$0\r\n\r\n".to_vec()),
        Just(b"set 'a' \"b\"\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"*-1\r\n".to_vec()),
        Just(b"$12\r\nabcdefghijkl\r\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest::proptest! {
    #[test]
    fn splits_change_nothing(
        bytes in protocol_like(),
        pieces in proptest::collection::vec(1usize..9, 1..6),
        authenticated in proptest::bool::ANY,
    ) {
        let limits = Limits { authenticated, bulk_bytes_max: 1000 };
        let at_once = feed(&bytes, &[bytes.len().max(1)], &limits);
        proptest::prop_assert_eq!(feed(&bytes, &pieces, &limits), at_once);
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(0u8..=255, 0..300), piece in 1usize..20) {
        let _ = feed(&bytes, &[piece], &Limits::default());
    }
}
