//! Input: one read per round and client, all whole requests in it parsed in place and executed, the rest kept.

use std::io;

use engine::state::state_flag;
use engine::{ClientId, Engine, client_flag};
use resp::{Limits, Outcome, ProtocolError};

use crate::connection::Connection;
use crate::event_loop::Shell;
use crate::limits::{BIG_ARGUMENT_BYTES, QUERY_GROWTH_BYTES, READ_BYTES};
use crate::log::log;
use crate::lookahead::Lookahead;
use crate::port::EnginePort as _;

/// A client with any of these executes nothing now.
pub const STOPPED: u64 = client_flag::BLOCKED
    | client_flag::PAUSED
    | client_flag::CLOSE_ASAP
    | client_flag::CLOSE_AFTER_REPLY;

impl Shell {
    /// The client's socket is readable.
    pub fn read_from(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        if connection.stream.is_handshaking() {
            self.shake_hands(id);
            return;
        }
        if connection.has_own_buffer() {
            self.read_more(id);
            return;
        }
        let start = self.batch.input.len();
        let read = connection.stream.read_append(&mut self.batch.input, READ_BYTES);
        if let Some(bytes) = self.bytes_read(id, read, READ_BYTES) {
            self.engine.note_input(id, bytes);
            self.add_to_batch(id, start);
        }
    }

    /// Reads behind what is kept of the client's last bytes, and executes what is whole now.
    fn read_more(&mut self, id: ClientId) {
        // The clients before it come first. Should one of them take long, this one is read from within, for the kernel does
        // not say again that it has something.
        self.more_input.push(id);
        self.execute_batch();
        if self.more_input.last() == Some(&id) {
            self.more_input.pop();
        }
        let Some(connection) = self.connections.get_mut(id) else { return };
        let room = read_room(connection);
        let read = connection.stream.read_append(&mut connection.query, room);
        if let Some(bytes) = self.bytes_read(id, read, room) {
            self.engine.note_input(id, bytes);
            if self.check_query_limit(id) {
                return;
            }
            self.execute_kept(id);
            self.check_query_limit(id);
        }
    }

    /// What a read has brought; a client that has gone or broken is closed.
    fn bytes_read(&mut self, id: ClientId, read: io::Result<usize>, room: usize) -> Option<usize> {
        match read {
            Ok(0) => {
                // What it said before is executed and answered before it is forgotten: it may have closed one
                // direction only.
                self.execute_batch();
                self.flush(id);
                log!(Verbose, "Client closed connection {}", self.engine.describe_client(id));
                self.close(id);
                None
            }
            Ok(bytes) => {
                let ended = |open: &Connection| open.stream.has_unread_end();
                if bytes >= room || self.connections.get(id).is_some_and(ended) {
                    self.more_input.push(id);
                }
                Some(bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.more_input.push(id);
                None
            }
            Err(error) => {
                self.execute_batch();
                log!(
                    Verbose,
                    "Reading from client: {} {}",
                    crate::listen::describe(&error),
                    self.engine.describe_client(id)
                );
                self.close(id);
                None
            }
        }
    }

    /// Executes what is whole of the bytes kept with the client: after a read, or when it may go on.
    pub fn execute_kept(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        connection.query_peak = connection.query.len().max(connection.query_peak);
        let mut query = std::mem::take(&mut connection.query);
        let consumed = self.execute_all(id, &query);
        if consumed > 0 {
            self.engine.note_requests(id);
        }
        if consumed >= query.len() {
            query.clear();
            // A very large request is the exception, and where memory is short, its memory is wanted elsewhere.
            let limited = self.engine.state.flags & state_flag::MEMORY_LIMITED != 0;
            if limited && query.capacity() > QUERY_GROWTH_BYTES {
                query = Vec::new();
            }
        } else if consumed > 0 {
            query.drain(..consumed);
        }
        let Shell { engine, connections, .. } = self;
        let Some(connection) = connections.get_mut(id) else { return };
        connection.query = query;
        engine.note_reply(id);
        engine.note_query_buffer(id, connection);
    }

    /// Parses and executes all whole requests in `input`; the value is how many bytes are done with.
    pub fn execute_all(&mut self, id: ClientId, input: &[u8]) -> usize {
        let mut ahead = std::mem::take(&mut self.lookahead);
        let done = self.execute_ahead(id, &mut ahead, input);
        self.lookahead = ahead;
        done
    }

    fn execute_ahead(&mut self, id: ClientId, ahead: &mut Lookahead, input: &[u8]) -> usize {
        let mut done = 0;
        loop {
            let flags = self.engine.client_flags(id);
            if flags & STOPPED != 0 {
                return stopped_at(flags, done, input);
            }
            let rest = input.get(done..).unwrap_or_default();
            let Shell { engine, connections, .. } = self;
            let Some(connection) = connections.get_mut(id) else { return input.len() };
            let config = engine.config();
            ahead.clear(config.lookahead.min(config.prefetch_batch_max_size));
            let stop = parse_ahead(engine, id, flags, connection, ahead, rest);
            ahead.prefetch_records(engine);
            let start = done;
            for index in 0..ahead.len() {
                done = start + ahead.execute(self, id, rest, index);
                let flags = self.engine.client_flags(id);
                if flags & STOPPED != 0 {
                    // What was parsed behind is parsed again when its time has come.
                    self.reset_parser(id);
                    return stopped_at(flags, done, input);
                }
            }
            match stop {
                Stop::Full => {}
                Stop::Input => return done,
                Stop::Broken(error) => {
                    let rest = input.get(done..).unwrap_or_default();
                    refuse(&mut self.engine, id, error, rest);
                    return input.len();
                }
            }
        }
    }

    /// Lets the client's parser begin anew.
    pub fn reset_parser(&mut self, id: ClientId) {
        if let Some(connection) = self.connections.get_mut(id) {
            connection.parser.reset();
        }
    }

    /// Closes a client that has said too much without an end; true if it is gone. The primary may say what its own clients
    /// may: asked again, it would say the same.
    pub fn check_query_limit(&mut self, id: ClientId) -> bool {
        let Some(connection) = self.connections.get(id) else { return true };
        if self.engine.client_flags(id) & client_flag::MASTER != 0 {
            return false;
        }
        // Arguments that are whole do not count, but what waits for EXEC does.
        let unparsed = connection.query.len().saturating_sub(connection.parser.position());
        let queued = self.engine.client_mut(id).map_or(0, |client| client.queue_bytes);
        if unparsed + queued <= self.engine.config().client_query_buffer_limit {
            return false;
        }
        log!(
            Warning,
            "Closing client that reached max query buffer length: {}",
            self.engine.describe_client(id)
        );
        self.engine.state.stats.client_query_buffer_limit_disconnections += 1;
        self.close(id);
        true
    }
}

fn bulk_bytes_max(engine: &Engine) -> u64 {
    u64::try_from(engine.config().proto_max_bulk_len).unwrap_or(0)
}

/// How much to read in one go behind what the client has already. A long argument is read into room of its size,
/// which grows only as it is filled.
fn read_room(connection: &mut Connection) -> usize {
    let query = &mut connection.query;
    let have = query.len();
    let missing = connection.needed.saturating_sub(have);
    if connection.needed < BIG_ARGUMENT_BYTES || missing == 0 {
        return READ_BYTES;
    }
    if query.capacity() - have < missing.min(READ_BYTES) {
        query.reserve_exact(missing.min(have.max(QUERY_GROWTH_BYTES)));
    }
    missing.max(READ_BYTES).min(query.capacity() - have)
}

/// What stopped the parser.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// The bytes are used up, or end inside a request.
    Input,
    Broken(ProtocolError),
    /// As many requests are ready as are looked ahead.
    Full,
}

/// What a client that is being closed says from now on is not heard.
fn stopped_at(flags: u64, done: usize, input: &[u8]) -> usize {
    let closing = flags & (client_flag::CLOSE_ASAP | client_flag::CLOSE_AFTER_REPLY) != 0;
    if closing { input.len() } else { done }
}

/// Parses requests until there are enough to look ahead at, and begins to fetch what they need.
pub fn parse_ahead(
    engine: &Engine,
    id: ClientId,
    flags: u64,
    connection: &mut Connection,
    ahead: &mut Lookahead,
    input: &[u8],
) -> Stop {
    let authenticated = flags & client_flag::UNAUTHENTICATED == 0;
    let limits = Limits { bulk_bytes_max: bulk_bytes_max(engine), authenticated };
    let first = ahead.len();
    let mut done = 0;
    connection.needed = 0;
    let stop = loop {
        // What may be sent depends on the reply to AUTH, so nothing behind it is parsed before.
        if ahead.is_full() || (!authenticated && ahead.len() > first) {
            break Stop::Full;
        }
        let Some(rest) = input.get(done..).filter(|rest| !rest.is_empty()) else {
            break Stop::Input;
        };
        match connection.parser.parse(rest, &limits) {
            Outcome::Request { consumed } => {
                ahead.push(&connection.parser, rest, done, done + consumed);
                done += consumed;
            }
            Outcome::Incomplete { needed } => {
                connection.needed = needed;
                break Stop::Input;
            }
            Outcome::Error(error) => break Stop::Broken(error),
        }
    };
    ahead.prefetch(engine, id, input, first);
    stop
}

/// Tells the client how it broke the protocol; it is closed once it has been told.
#[cold]
pub fn refuse(engine: &mut Engine, id: ClientId, error: ProtocolError, input: &[u8]) {
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
