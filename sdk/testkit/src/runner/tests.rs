//! The runner against a server that answers by rote.

use std::collections::VecDeque;

use super::*;
use crate::complete::{Completion, complete};

/// Gives out prepared bytes, one piece per send.
struct Rote {
    answers: VecDeque<&'static [u8]>,
    ready: Vec<u8>,
    now_ms: u128,
}

impl Rote {
    fn new(answers: &[&'static [u8]]) -> Self {
        Self { answers: answers.iter().copied().collect(), ready: Vec::new(), now_ms: 0 }
    }
}

impl Transport for Rote {
    fn place(&self) -> Place {
        Place::InProcess
    }
    fn open(&mut self, _client: &str) -> Result<()> {
        Ok(())
    }
    fn send(&mut self, _client: &str, bytes: &[u8]) -> Result<()> {
        if bytes.windows(5).any(|window| window == b"HELLO") {
            self.ready.extend_from_slice(b"+OK\r\n");
        } else {
            self.ready.extend_from_slice(self.answers.pop_front().unwrap_or_default());
        }
        Ok(())
    }
    fn receive(&mut self, _client: &str, _wait: Duration) -> Result<Received> {
        Ok(match std::mem::take(&mut self.ready) {
            bytes if bytes.is_empty() => Received::Nothing,
            bytes => Received::Bytes(bytes),
        })
    }
    fn close(&mut self, _client: &str) -> Result<()> {
        Ok(())
    }
    fn advance(&mut self, by: Duration) -> Result<Advanced> {
        self.now_ms += by.as_millis();
        Ok(Advanced::Done)
    }
}

fn play(text: &str, protocol: Protocol, answers: &[&'static [u8]]) -> Outcome {
    let script = Script::parse("t", text).expect("valid script");
    let mut rote = Rote::new(answers);
    Runner::new(&mut rote, protocol).play(&script)
}

#[test]
fn equal_replies_pass_and_others_are_shown() {
    let text = "> PING\nPONG\n> GET k\n\"v\"\n";
    let outcome = play(text, Protocol::Resp2, &[b"+PONG\r\n", b"$1\r\nw\r\n"]);
    assert_eq!(outcome.passed, 1);
    let said = outcome.failures[0].to_string();
    assert!(
        said.starts_with("t:3: expected\n    \"v\"\n  but the server says\n    \"w\""),
        "{said}"
    );
}

#[test]
fn richer_types_of_resp3_satisfy_the_common_text() {
    let text = "> HGETALL h\n1) \"f\"\n2) \"1.5\"\n";
    let outcome = play(text, Protocol::Resp3, &[b"%1\r\n$1\r\nf\r\n,1.5\r\n"]);
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let strict = "> HGETALL h\n1) \"f\"\n2) \"1.5\"\n@resp 3\n1# \"f\" => \"1.5\"\n";
    let outcome = play(strict, Protocol::Resp3, &[b"%1\r\n$1\r\nf\r\n,1.5\r\n"]);
    assert_eq!(outcome.failures.len(), 1);
}

#[test]
fn order_patterns_and_silence() {
    let text = "> SMEMBERS s\n@sorted\n1) \"a\"\n2) \"b\"\n> TIME\n@regex\n1\\) \"\\d+\"\n> BLPOP q 0\n@blocked\n";
    let outcome =
        play(text, Protocol::Resp2, &[b"*2\r\n$1\r\nb\r\n$1\r\na\r\n", b"*1\r\n$2\r\n12\r\n", b""]);
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    assert_eq!(outcome.passed, 3);
}

#[test]
fn completion_fills_what_is_missing() {
    let script = Script::parse("t", "# head\n> PING\n\n> HGETALL h\n\n> GET k\n\"kept\"\n");
    let script = script.expect("valid");
    let mut resp2 = Rote::new(&[b"+PONG\r\n", b"*2\r\n$1\r\nf\r\n$1\r\nv\r\n", b"$1\r\nx\r\n"]);
    let mut resp3 = Rote::new(&[b"+PONG\r\n", b"%1\r\n$1\r\nf\r\n$1\r\nv\r\n", b"$1\r\nx\r\n"]);
    let text = complete(&script, &mut resp2, &mut resp3, Completion::Missing).expect("filled");
    assert_eq!(
        text,
        "# head\n> PING\nPONG\n\n> HGETALL h\n1) \"f\"\n2) \"v\"\n@resp 3\n1# \"f\" => \"v\"\n\n> GET k\n\"kept\"\n"
    );
    let script = Script::parse("t", &text).expect("valid");
    let again = complete(&script, &mut Rote::new(&[]), &mut Rote::new(&[]), Completion::Missing);
    assert_eq!(again.expect("nothing to fill"), text);
}
