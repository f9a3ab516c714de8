//! Plays a transcript over a transport and compares what comes back.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::limits::{BLOCKED_WATCH, REPLY_TIMEOUT};
use crate::quote::encode_command;
use crate::render::{render, render_as_resp2};
use crate::reply::{Reply, parse_reply};
use crate::script::{Action, Expected, Mode, Place, Script, Step};
use crate::transport::{Advanced, Received, Transport};

/// The protocol version that every client of a run speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Resp2,
    Resp3,
}

impl Protocol {
    pub const fn number(self) -> u8 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// One step that did not go as written.
#[derive(Debug, Clone)]
pub struct Failure {
    pub script: String,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.script, self.line, self.what)
    }
}

/// What became of a transcript.
#[derive(Debug, Default)]
pub struct Outcome {
    pub passed: usize,
    pub failures: Vec<Failure>,
    /// Why it was not played, or not to its end.
    pub skipped: Option<String>,
}

/// Plays transcripts; one runner per transport.
pub struct Runner<'a> {
    transport: &'a mut dyn Transport,
    protocol: Protocol,
    /// Replies marked `@ours` are not compared.
    oracle: bool,
    buffers: HashMap<String, Vec<u8>>,
}

impl fmt::Debug for Runner<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Runner").field("protocol", &self.protocol).finish_non_exhaustive()
    }
}

/// What a step brought.
#[derive(Debug)]
pub(crate) enum Came {
    Reply(Reply),
    Nothing,
    Closed,
    /// An action that has no reply.
    Done,
    /// The rest cannot be played here.
    Stop(String),
}

impl<'a> Runner<'a> {
    pub fn new(transport: &'a mut dyn Transport, protocol: Protocol) -> Self {
        Self { transport, protocol, oracle: false, buffers: HashMap::new() }
    }

    /// The server is the genuine one: what is meant to differ from it is not compared.
    pub fn against_oracle(mut self) -> Self {
        self.oracle = true;
        self
    }

    /// Plays the whole transcript on a server that is fresh.
    pub fn play(&mut self, script: &Script) -> Outcome {
        let mut outcome = Outcome { skipped: self.reason_to_skip(script), ..Outcome::default() };
        if outcome.skipped.is_some() {
            return outcome;
        }
        for step in &script.steps {
            let result = match self.perform(step) {
                Ok(Came::Stop(reason)) => {
                    outcome.skipped = Some(format!("from line {}: {reason}", step.line));
                    return outcome;
                }
                Ok(came) => self.check(step, &came),
                Err(error) => Err(error.to_string()),
            };
            match result {
                Ok(()) => outcome.passed += 1,
                Err(what) => {
                    let script = script.name.clone();
                    outcome.failures.push(Failure { script, line: step.line, what });
                }
            }
        }
        outcome
    }

    /// Why a transcript is not for this run.
    pub(crate) fn reason_to_skip(&self, script: &Script) -> Option<String> {
        if script.only.is_some_and(|place| place != self.transport.place()) {
            return Some("not for this transport".to_owned());
        }
        if script.only_protocol.is_some_and(|number| number != self.protocol.number()) {
            return Some("not for this protocol version".to_owned());
        }
        None
    }

    pub(crate) fn perform(&mut self, step: &Step) -> Result<Came> {
        match &step.action {
            Action::Command(words) => {
                self.prepare(&step.client)?;
                self.transport.send(&step.client, &encode_command(words))?;
                self.await_reply(step)
            }
            Action::Raw(bytes) => {
                self.prepare(&step.client)?;
                self.transport.send(&step.client, bytes)?;
                self.await_reply(step)
            }
            Action::Read => {
                self.prepare(&step.client)?;
                self.await_reply(step)
            }
            Action::Advance(by) => self.advance(*by),
            Action::Config(words) => {
                self.prepare(CONFIG_CLIENT)?;
                let mut command = vec![b"CONFIG".to_vec(), b"SET".to_vec()];
                command.extend_from_slice(words);
                self.transport.send(CONFIG_CLIENT, &encode_command(&command))?;
                match self.next_reply(CONFIG_CLIENT, REPLY_TIMEOUT)? {
                    Came::Reply(reply) if !reply.is_error() => Ok(Came::Done),
                    other => Err(Error::new(format!("CONFIG SET: {other:?}"))),
                }
            }
            Action::Close => {
                self.buffers.remove(&step.client);
                self.transport.close(&step.client)?;
                Ok(Came::Done)
            }
        }
    }

    fn advance(&mut self, by: Duration) -> Result<Came> {
        Ok(match self.transport.advance(by)? {
            Advanced::Done => Came::Done,
            Advanced::Unsupported => Came::Stop("time cannot be moved here".to_owned()),
        })
    }

    /// Opens a client at its first use, in the protocol of the run.
    fn prepare(&mut self, client: &str) -> Result<()> {
        if self.buffers.contains_key(client) {
            return Ok(());
        }
        self.transport.open(client)?;
        self.buffers.insert(client.to_owned(), Vec::new());
        if self.protocol == Protocol::Resp3 {
            self.transport.send(client, &encode_command(&["HELLO", "3"]))?;
            match self.next_reply(client, REPLY_TIMEOUT)? {
                // A server with a password refuses; the transcript says HELLO itself then.
                Came::Reply(_) => {}
                other => return Err(Error::new(format!("HELLO 3: {other:?}"))),
            }
        }
        Ok(())
    }

    fn await_reply(&mut self, step: &Step) -> Result<Came> {
        let wait = if step.mode == Mode::Blocked { BLOCKED_WATCH } else { REPLY_TIMEOUT };
        self.next_reply(&step.client, wait)
    }

    fn next_reply(&mut self, client: &str, wait: Duration) -> Result<Came> {
        let deadline = Instant::now() + wait;
        let in_process = self.transport.place() == Place::InProcess;
        loop {
            let buffer = self.buffers.entry(client.to_owned()).or_default();
            if let Some((reply, used)) = parse_reply(buffer)? {
                buffer.drain(..used);
                return Ok(Came::Reply(reply));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.transport.receive(client, left)? {
                Received::Bytes(bytes) => {
                    self.buffers.entry(client.to_owned()).or_default().extend(bytes);
                }
                Received::Closed => return Ok(Came::Closed),
                Received::Nothing if in_process || left.is_zero() => return Ok(Came::Nothing),
                Received::Nothing => {}
            }
        }
    }

    /// Whether what came is what the step says; the difference otherwise.
    fn check(&self, step: &Step, came: &Came) -> std::result::Result<(), String> {
        let reply = match (came, step.mode) {
            (Came::Done, _) | (Came::Nothing, Mode::Blocked) | (Came::Closed, Mode::Closed) => {
                return Ok(());
            }
            (Came::Nothing, _) => return Err("no reply came".to_owned()),
            (Came::Closed, _) => return Err("the server closed the connection".to_owned()),
            (Came::Stop(reason), _) => return Err(reason.clone()),
            (Came::Reply(reply), _) => reply,
        };
        match step.mode {
            Mode::Any => Ok(()),
            Mode::Blocked | Mode::Closed => Err(format!("unexpected reply\n{}", shown(reply))),
            _ if self.oracle && step.ours.is_some() => Ok(()),
            _ if step.expected.is_missing() => {
                Err(format!("no reply is written; the server says\n{}", shown(reply)))
            }
            mode => compare(mode, self.protocol, &step.expected, reply),
        }
    }
}

/// The client that `@config` speaks as; no client of a transcript can have this name.
const CONFIG_CLIENT: &str = "@config";

fn shown(reply: &Reply) -> String {
    indent(&render(reply))
}

fn indent(lines: &[String]) -> String {
    lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn compare(
    mode: Mode,
    protocol: Protocol,
    expected: &Expected,
    reply: &Reply,
) -> std::result::Result<(), String> {
    let reply = &if mode == Mode::Sorted { sorted(reply) } else { reply.clone() };
    let own = match protocol {
        Protocol::Resp2 => expected.resp2.as_ref(),
        Protocol::Resp3 => expected.resp3.as_ref(),
    };
    let (wanted, candidates) = match (own, &expected.common) {
        (Some(wanted), _) => (wanted, vec![render(reply)]),
        // Written once for both protocols: RESP3 may say the same with its richer types.
        (None, Some(wanted)) => (wanted, vec![render(reply), render(&resp2_of(mode, reply))]),
        (None, None) => {
            return Err(format!("no reply is written for this protocol\n{}", shown(reply)));
        }
    };
    for lines in &candidates {
        if lines_match(mode, wanted, lines)? {
            return Ok(());
        }
    }
    Err(format!("expected\n{}\n  but the server says\n{}", indent(wanted), shown(reply)))
}

fn resp2_of(mode: Mode, reply: &Reply) -> Reply {
    let flat = reply.to_resp2();
    if mode == Mode::Sorted && matches!(reply, Reply::Set(_)) { sorted(&flat) } else { flat }
}

fn lines_match(
    mode: Mode,
    wanted: &[String],
    lines: &[String],
) -> std::result::Result<bool, String> {
    if wanted.len() != lines.len() {
        return Ok(false);
    }
    for (pattern, line) in wanted.iter().zip(lines) {
        let same = if mode == Mode::Regex {
            regex_lite::Regex::new(&format!("^(?:{pattern})$"))
                .map_err(|error| format!("not a regular expression: {pattern}: {error}"))?
                .is_match(line)
        } else {
            // Blanks at the end of a line do not survive editors.
            pattern.trim_end() == line.trim_end()
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Elements in the order of their rendering; of a map, its pairs.
pub(crate) fn sorted(reply: &Reply) -> Reply {
    let by_text = |items: &[Reply]| {
        let mut items = items.to_vec();
        items.sort_by_cached_key(render_as_resp2);
        items
    };
    match reply {
        Reply::Array(items) => Reply::Array(by_text(items)),
        Reply::Set(items) => Reply::Set(by_text(items)),
        Reply::Map(pairs) => {
            let mut pairs = pairs.clone();
            pairs.sort_by_cached_key(|(key, _)| render_as_resp2(key));
            Reply::Map(pairs)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
