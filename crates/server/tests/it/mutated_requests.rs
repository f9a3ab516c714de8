//! Requests that are random, cut, or changed: the client gets an error or is closed, and the server lives on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use testkit::{Reply, ServerProcess, encode_command, parse_reply};

use crate::random::Random;
use crate::start;
use crate::support::options;

const INPUTS: usize = 2000;
/// What a client may be sent before the test calls it endless.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// Requests to begin with; none of them ends the server or waits.
fn corpus() -> Vec<Vec<u8>> {
    let lines: &[&[&str]] = &[
        &["PING"],
        &["ECHO", "hello"],
        &["SET", "key", "value", "EX", "100"],
        &["GET", "key"],
        &["HSET", "hash", "field", "value"],
        &["HGETALL", "hash"],
        &["INCRBY", "number", "9223372036854775807"],
        &["SETRANGE", "key", "100", "x"],
        &["SCAN", "0", "COUNT", "10"],
        &["EXPIRE", "key", "100", "NX"],
        &["HELLO", "3", "SETNAME", "name"],
        &["CLIENT", "LIST"],
        &["CONFIG", "GET", "max*"],
        &["COMMAND", "INFO", "get"],
        &["MODULE", "LIST"],
        &["SUBSCRIBE", "channel"],
        &["MULTI"],
        &["EXEC"],
        &["OBJECT", "ENCODING", "key"],
    ];
    let mut corpus: Vec<Vec<u8>> = lines.iter().map(|words| encode_command(words)).collect();
    let raw: &[&[u8]] = &[
        b"PING\r\n",
        b"SET inline \"quoted \\x41\"\r\nGET inline\r\n",
        b"GET 'unbalanced\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n$2147483648\r\n",
        b"*2147483648\r\n",
        b"*2\r\n$3\r\nGET\r\n$536870913\r\n",
        b"*1\r\n:1\r\n",
        b"\r\n\r\n\r\n",
        b"$5\r\nhello\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
    ];
    corpus.extend(raw.iter().map(|bytes| bytes.to_vec()));
    corpus
}

/// Numbers where parsers go wrong.
const NUMBERS: &[&str] = &[
    "-1",
    "-2",
    "0",
    "00",
    "+1",
    "1048576",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1e3",
    "1 ",
    "",
];

fn input(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.of(corpus).clone();
    match random.below(5) {
        0 => {
            let count = random.below(600);
            bytes = random.bytes(count);
        }
        1 => {
            let kind = *random.of(b"*$:+-,_#!=(%~|>\x00 ");
            bytes = vec![kind];
            bytes.extend_from_slice(random.of(NUMBERS).as_bytes());
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(random.of::<Vec<u8>>(corpus));
        }
        2 => {
            for _ in 0..random.below(8) {
                bytes.extend_from_slice(random.of::<Vec<u8>>(corpus));
            }
            random.mutate(&mut bytes);
        }
        _ => random.mutate(&mut bytes),
    }
    bytes
}

/// Sends `bytes`, ends the sending side, and reads to the end of what comes.
fn exchange(server: &ServerProcess, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address()).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream.set_write_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    // A server that has closed already makes these fail; its answer is there to be read all the same.
    let _sent = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    let mut chunk = [0; 16 << 10];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return answer,
            Ok(count) => answer.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return answer,
            Err(error) => panic!("neither an answer nor a close: {error}"),
        }
        assert!(answer.len() < ANSWER_BYTES_MAX, "an endless answer");
    }
}

#[test]
fn no_input_ends_the_server() {
    let server = start(&options());
    let corpus = corpus();
    let mut random = Random::new(2026);
    let mut control = server.client().expect("a control connection");
    for number in 0..INPUTS {
        let bytes = input(&mut random, &corpus);
        let shown = bytes.escape_ascii().to_string();
        let answer = exchange(&server, &bytes);
        let mut rest = answer.as_slice();
        while !rest.is_empty() {
            match parse_reply(rest) {
                Ok(Some((_, used))) => rest = &rest[used..],
                Ok(None) => panic!("input {number} ({shown}): half a reply"),
                Err(error) => panic!("input {number} ({shown}): {error}"),
            }
        }
        let pong = control.command(&["PING"]);
        assert_eq!(
            pong,
            Ok(Reply::Simple(b"PONG".to_vec())),
            "after input {number} ({shown}):\n{}",
            server.log()
        );
    }
    assert!(!server.log().contains("panicked at"), "{}", server.log());
}

#[test]
fn broken_requests_get_redis_error_texts() {
    let server = start(&options());
    for (bytes, said) in [
        (&b"*x\r\n"[..], "-ERR Protocol error: invalid multibulk length\r\n"),
        (b"*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n"),
        (b"*1\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"),
        (b"GET 'a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"),
        (b"*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n"),
    ] {
        let answer = exchange(&server, bytes);
        assert_eq!(String::from_utf8_lossy(&answer), said, "{}", bytes.escape_ascii());
    }
}
