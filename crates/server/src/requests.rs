//! Input: one read per turn, all whole requests in it parsed in place and executed, the rest kept.

use std::io;

use engine::{ClientId, Engine, client_flag};
use resp::{Limits, Outcome, Parser, ProtocolError};

use crate::connection::Connection;
use crate::event_loop::Shell;
use crate::limits::{BIG_ARGUMENT_BYTES, QUERY_GROWTH_BYTES, READ_BYTES};
use crate::log::log;
use crate::lookahead::Lookahead;
use crate::port::EnginePort as _;

/// A client with any of these executes nothing now.
const STOPPED: u64 = client_flag::BLOCKED
    | client_flag::PAUSED
    | client_flag::CLOSE_ASAP
    | client_flag::CLOSE_AFTER_REPLY;

impl Shell {
    /// The client's socket is readable.
    pub fn read_from(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        let shared = connection.query.is_empty();
        let read = if shared {
            self.shared_query.clear();
            connection.socket.read_append(&mut self.shared_query, READ_BYTES)
        } else {
            let room = read_room(connection);
            connection.socket.read_append(&mut connection.query, room)
        };
        match read {
            Ok(0) => {
                log!(Verbose, "Client closed connection {}", self.engine.describe_client(id));
                self.close(id);
            }
            Ok(bytes) => {
                self.engine.note_input(id, bytes);
                self.execute_read(id, shared);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                log!(
                    Verbose,
                    "Reading from client: {} {}",
                    crate::listen::describe(&error),
                    self.engine.describe_client(id)
                );
                self.close(id);
            }
        }
    }

    /// Executes what is whole of the bytes just read, and keeps the rest with the client.
    fn execute_read(&mut self, id: ClientId, shared: bool) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        if shared {
            let Connection { parser, needed, query, query_peak, .. } = connection;
            let input = &self.shared_query[..];
            *query_peak = input.len().max(*query_peak);
            let ahead = &mut self.lookahead;
            let consumed = execute_all(&mut self.engine, id, parser, ahead, input, needed);
            if let Some(rest) = input.get(consumed..).filter(|rest| !rest.is_empty()) {
                query.reserve(first_room(rest.len(), *needed));
                query.extend_from_slice(rest);
            }
        } else {
            self.execute_kept(id);
        }
        self.engine.note_reply(id);
        self.check_query_limit(id);
    }

    /// Executes what is whole of the bytes kept with the client: after a read, or when it may go on.
    pub fn execute_kept(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        let Connection { parser, needed, query, query_peak, .. } = connection;
        *query_peak = query.len().max(*query_peak);
        let ahead = &mut self.lookahead;
        let consumed = execute_all(&mut self.engine, id, parser, ahead, query, needed);
        if consumed >= query.len() {
            // The next read goes to the shared buffer; a client at rest keeps no memory.
            *query = Vec::new();
        } else if consumed > 0 {
            query.drain(..consumed);
        }
        self.engine.note_reply(id);
    }

    fn check_query_limit(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get(id) else { return };
        if connection.query.len() <= self.engine.config().client_query_buffer_limit {
            return;
        }
        log!(
            Warning,
            "Closing client that reached max query buffer length: {}",
            self.engine.describe_client(id)
        );
        self.engine.state.stats.client_query_buffer_limit_disconnections += 1;
        self.close(id);
    }
}

fn bulk_bytes_max(engine: &Engine) -> u64 {
    u64::try_from(engine.config().proto_max_bulk_len).unwrap_or(0)
}

/// How much a buffer that holds `have` bytes reserves first.
fn first_room(have: usize, needed: usize) -> usize {
    needed.saturating_sub(have).min(QUERY_GROWTH_BYTES).max(have)
}

/// How much to read in one go behind what the client has already.
fn read_room(connection: &Connection) -> usize {
    let have = connection.query.len();
    let missing = connection.needed.saturating_sub(have);
    if missing >= BIG_ARGUMENT_BYTES {
        missing.min(have.max(QUERY_GROWTH_BYTES))
    } else {
        READ_BYTES
    }
}

/// What stopped the parser.
enum Stop {
    /// The bytes are used up, or end inside a request.
    Input,
    Broken(ProtocolError),
    /// As many requests are ready as are looked ahead.
    Full,
}

/// Parses and executes the requests in `input`, some at a time; the value is how many bytes are done with.
fn execute_all(
    engine: &mut Engine,
    id: ClientId,
    parser: &mut Parser,
    ahead: &mut Lookahead,
    input: &[u8],
    needed: &mut usize,
) -> usize {
    let mut done = 0;
    loop {
        let flags = engine.client_flags(id);
        if flags & STOPPED != 0 {
            return stopped_at(flags, done, input);
        }
        let stop = parse_ahead(engine, flags, parser, ahead, input, done, needed);
        ahead.prefetch(engine, id, input);
        for index in 0..ahead.len() {
            let Some(end) = ahead.execute(engine, id, input, index) else { break };
            done = end;
            let flags = engine.client_flags(id);
            if flags & STOPPED != 0 {
                // What was parsed behind is parsed again when its time has come.
                parser.reset();
                return stopped_at(flags, done, input);
            }
        }
        match stop {
            Stop::Full => {}
            Stop::Input => return done,
            Stop::Broken(error) => {
                refuse(engine, id, error, input.get(done..).unwrap_or_default());
                return input.len();
            }
        }
    }
}

/// What a client that is being closed says from now on is not heard.
fn stopped_at(flags: u64, done: usize, input: &[u8]) -> usize {
    let closing = flags & (client_flag::CLOSE_ASAP | client_flag::CLOSE_AFTER_REPLY) != 0;
    if closing { input.len() } else { done }
}

/// Parses requests from `done` on until there are enough to look ahead at.
fn parse_ahead(
    engine: &Engine,
    flags: u64,
    parser: &mut Parser,
    ahead: &mut Lookahead,
    input: &[u8],
    mut done: usize,
    needed: &mut usize,
) -> Stop {
    let authenticated = flags & client_flag::UNAUTHENTICATED == 0;
    let limits = Limits { bulk_bytes_max: bulk_bytes_max(engine), authenticated };
    // What may be sent depends on the reply to AUTH, so nothing behind it is parsed before.
    let depth = if authenticated { engine.config().lookahead } else { 1 };
    ahead.clear(usize::try_from(depth).unwrap_or(1));
    while !ahead.is_full() {
        let Some(rest) = input.get(done..).filter(|rest| !rest.is_empty()) else {
            return Stop::Input;
        };
        match parser.parse(rest, &limits) {
            Outcome::Request { consumed } => {
                ahead.push(parser, rest, done, done + consumed);
                done += consumed;
            }
            Outcome::Incomplete { needed: wanted } => {
                *needed = wanted;
                return Stop::Input;
            }
            Outcome::Error(error) => return Stop::Broken(error),
        }
    }
    Stop::Full
}

/// Tells the client how it broke the protocol; it is closed once it has been told.
#[cold]
fn refuse(engine: &mut Engine, id: ClientId, error: ProtocolError, input: &[u8]) {
    if crate::log::enabled(crate::log::Level::Verbose) {
        const SHOWN: usize = 128;
        let shown: String = input
            .iter()
            .take(SHOWN)
            .map(|byte| match byte {
                0x20..=0x7e => char::from(*byte),
                _ => '.',
            })
            .collect();
        let text = String::from_utf8_lossy(&error.reply_text()).into_owned();
        let text = text.strip_prefix("ERR ").unwrap_or(&text).to_owned();
        let dots = if input.len() > SHOWN { "..." } else { "" };
        log!(
            Verbose,
            "Protocol error ({text}) from client: {}. Query buffer: '{shown}{dots}'",
            engine.describe_client(id)
        );
    }
    engine.protocol_error(id, &error.reply_text());
}
