//! Requests as the network delivers them: in pieces, in bulk, half closed, broken.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use testkit::encode_command;

use crate::{PATIENCE, options, start, text};

fn connect(server: &testkit::ServerProcess) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("accepted");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

#[test]
fn a_long_pipeline_in_odd_pieces_keeps_its_order() {
    let server = start(&options());
    let mut stream = connect(&server);
    let mut requests = Vec::new();
    let mut expected = Vec::new();
    for number in 0..20_000 {
        requests.extend(encode_command(&["ECHO".to_owned(), format!("m{number}")]));
        let word = format!("m{number}");
        expected.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
    }
    let mut reader = stream.try_clone().expect("a second handle");
    let writing = std::thread::spawn(move || {
        for piece in requests.chunks(7_919) {
            stream.write_all(piece).expect("sent");
        }
        stream
    });
    let mut replies = vec![0; expected.len()];
    reader.read_exact(&mut replies).expect("all replies");
    assert!(replies == expected, "replies out of order");
    drop(writing.join().expect("the writer ends"));
}

#[test]
fn byte_by_byte_and_inline() {
    let server = start(&options());
    let mut stream = connect(&server);
    for byte in b"*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\nPING\r\n\r\necho \"a b\"\r\n" {
        stream.write_all(&[*byte]).expect("sent");
    }
    let mut replies = [0; 9 + 7 + 9];
    stream.read_exact(&mut replies).expect("three replies");
    assert_eq!(text(&replies), "$3\r\nabc\r\n+PONG\r\n$3\r\na b\r\n");
}

#[test]
fn values_larger_than_any_buffer() {
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    for size in [16_383, 16_384, 40_000, 3_000_001] {
        let value = vec![b'v'; size];
        let reply = client.command(&[b"SET".as_slice(), b"k", &value]).expect("a reply");
        assert_eq!(reply.text().as_deref(), Some("OK"));
        let reply = client.command(&[b"GET".as_slice(), b"k"]).expect("a reply");
        assert_eq!(reply.text().map(|text| text.len()), Some(size));
    }
}

#[test]
fn half_closed_client_is_answered() {
    let server = start(&options());
    let mut stream = connect(&server);
    stream.write_all(b"PING\r\nPING\r\n").expect("sent");
    stream.shutdown(Shutdown::Write).expect("half closed");
    let mut replies = String::new();
    stream.read_to_string(&mut replies).expect("answered and closed");
    assert_eq!(replies, "+PONG\r\n+PONG\r\n");
}

#[test]
fn broken_protocol_closes_only_that_client() {
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    for (bytes, error) in [
        (b"*1\r\n+PING\r\n".as_slice(), "-ERR Protocol error: expected '$', got '+'\r\n"),
        (b"*abc\r\n", "-ERR Protocol error: invalid multibulk length\r\n"),
        (b"PING\r\n*2\r\n$x\r\n", "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n"),
        (b"set \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"),
    ] {
        let mut stream = connect(&server);
        stream.write_all(bytes).expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("told and closed");
        assert_eq!(reply, error);
    }
    assert_eq!(client.line("PING").expect("a reply").text().as_deref(), Some("PONG"));
}

#[test]
fn what_follows_quit_is_not_executed() {
    let server = start(&options());
    let mut stream = connect(&server);
    stream.write_all(b"QUIT\r\nSET k v\r\n").expect("sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("answered and closed");
    assert_eq!(reply, "+OK\r\n");
    let mut client = server.client().expect("a connection");
    assert!(client.line("GET k").expect("a reply").text().is_none());
}

/// Bytes that look random and are the same in every run.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    const ALPHABET: &[u8] = b"*$:+-0123456789\r\n\r\n\0 \"'abcPINGSETGET\xff";
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ALPHABET[(state % ALPHABET.len() as u64) as usize]
        })
        .collect()
}

#[test]
fn noise_harms_nobody_else() {
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    for seed in 0..300 {
        let mut stream = connect(&server);
        // The server may close before it has read everything.
        let _ = stream.write_all(&noise(seed, 400));
        let _ = stream.shutdown(Shutdown::Write);
        let mut replies = Vec::new();
        let _ = stream.read_to_end(&mut replies);
    }
    assert_eq!(client.line("PING").expect("a reply").text().as_deref(), Some("PONG"));
}
