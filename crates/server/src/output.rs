//! Output: everything a client has been replied goes out with one write before the loop waits again.

use std::io;

use config::special::{ClientClass, OutputBufferLimit};
use engine::client_memory::{REPLY_BUFFER_BYTES, REPLY_BUFFER_BYTES_MIN};
use engine::state::state_flag;
use engine::{ClientId, client_flag};

use crate::event_loop::Shell;
use crate::limits::{LARGE_OUTPUT_BYTES, UNAUTHENTICATED_OUTPUT_BYTES_MAX};
use crate::log::log;
use crate::port::EnginePort as _;
use crate::stream::Stream;

/// How a write went.
pub enum Written {
    All,
    Part,
    Broken(io::Error),
}

/// Writes to a connection: how many bytes it took, and whether it may take more.
#[inline]
pub fn write_part(stream: &mut Stream, bytes: &[u8]) -> (usize, Written) {
    loop {
        match stream.write(bytes) {
            // A full socket buffer shows as a short write: no need to ask again.
            Ok(count) if count < bytes.len() || stream.has_output() => {
                return (count, Written::Part);
            }
            Ok(count) => return (count, Written::All),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return (0, Written::Part),
            Err(error) => return (0, Written::Broken(error)),
        }
    }
}

impl Shell {
    /// Writes to every client that has got something since the last time.
    pub fn flush_pending(&mut self) {
        // Nobody hears of a change before the append-only file has it.
        self.engine.state.flush_aof(false);
        if self.engine.state.aof.fails() {
            self.perform_effects();
        }
        let mut pending = std::mem::take(&mut self.pending);
        self.engine.swap_pending_writes(&mut pending);
        for id in pending.drain(..) {
            // It could be closed here, but its command goes on.
            let state = &self.engine.state;
            let goes_on = state.executing == Some(id) || state.waits_for_load(id);
            if self.busy.is_lent() && goes_on {
                self.engine.state.pending_writes.push(id);
                continue;
            }
            self.engine.set_client_flag(id, client_flag::PENDING_WRITE, false);
            // A client whose output is beyond its limit is not written to any more; one that already waits for room is
            // written to when it has some.
            if self.check_output_limit(id) {
                continue;
            }
            match self.connections.get(id) {
                Some(connection) if !connection.wants_write => self.flush(id),
                _ => self.engine.state.note_client_memory(id),
            }
        }
        self.pending = pending;
    }

    /// Closes clients until the others are within `maxmemory-clients`.
    pub fn evict_clients(&mut self) {
        for id in self.engine.state.clients_to_evict() {
            log!(Notice, "Evicting client: {}", self.engine.describe_client(id));
            self.engine.state.stats.evicted_clients += 1;
            self.close(id);
        }
    }

    /// Writes what the client is owed, as far as it takes it.
    pub fn flush(&mut self, id: ClientId) {
        match self.write_once(id) {
            Some(Written::All) => self.output_done(id),
            Some(Written::Part) | None => {}
            Some(Written::Broken(error)) => {
                log!(
                    Verbose,
                    "Error writing to client: {} {}",
                    crate::listen::describe(&error),
                    self.engine.describe_client(id)
                );
                self.close(id);
            }
        }
    }

    fn write_once(&mut self, id: ClientId) -> Option<Written> {
        let connection = self.connections.get_mut(id)?;
        let client = self.engine.client_mut(id)?;
        let is_replica = client.is_replica();
        let mut sent = 0;
        client.note_output();
        let unsent = client.reply.unsent();
        let outcome = if unsent.is_empty() && !connection.stream.has_output() {
            Written::All
        } else {
            let (bytes, outcome) = write_part(&mut connection.stream, unsent);
            sent += bytes;
            client.reply.advance(bytes);
            outcome
        };
        let outcome = match outcome {
            Written::All if is_replica => match self.write_bulk(id, &mut sent)? {
                Written::All => self.write_stream(id, &mut sent)?,
                outcome => outcome,
            },
            outcome => outcome,
        };
        let connection = self.connections.get_mut(id)?;
        let limited = self.engine.state.flags & state_flag::MEMORY_LIMITED != 0;
        let client = self.engine.client_mut(id)?;
        connection.wants_write = matches!(outcome, Written::Part);
        client.connection.net_output_bytes += sent as u64;
        // Where memory is short, what a buffer keeps for later would cost keys their place now.
        let (large, rest) = if limited {
            (REPLY_BUFFER_BYTES, REPLY_BUFFER_BYTES_MIN)
        } else {
            (LARGE_OUTPUT_BYTES, REPLY_BUFFER_BYTES)
        };
        if client.reply.is_empty() && client.reply.capacity() > large {
            client.reply.shrink_to(rest);
        }
        self.engine.note_output(sent);
        self.engine.state.note_client_memory(id);
        Some(outcome)
    }

    /// Writes a replica what it has not been sent of the stream, which all replicas share.
    fn write_stream(&mut self, id: ClientId, sent: &mut usize) -> Option<Written> {
        let connection = self.connections.get_mut(id)?;
        loop {
            let state = &mut self.engine.state;
            let unsent = state.unsent_stream(id);
            if unsent.is_empty() {
                return Some(Written::All);
            }
            let (bytes, outcome) = write_part(&mut connection.stream, unsent);
            *sent += bytes;
            state.stream_sent(id, bytes);
            if !matches!(outcome, Written::All) {
                return Some(outcome);
            }
        }
    }

    fn output_done(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        connection.soft_limit_since_ms = 0;
        connection.wants_write = false;
        if self.engine.client_flags(id) & client_flag::CLOSE_AFTER_REPLY != 0 {
            self.close(id);
        }
    }

    /// Closes a client whose unsent output is over the hard limit, or over the soft one for too long. Less than every
    /// client may have is over no limit.
    pub fn check_output_limit(&mut self, id: ClientId) -> bool {
        let class = self.engine.output_class(id);
        let limit = self.output_limit(class);
        let stream_bytes = self.engine.state.unsent_stream_bytes(id);
        let now_ms = self.engine.unix_ms();
        let (Some(connection), Some(client)) =
            (self.connections.get_mut(id), self.engine.client_mut(id))
        else {
            return false;
        };
        // The class may have changed since the last reply, and the configuration, too.
        client.reply.set_limit(match limit.hard_bytes {
            0 => 0,
            bytes => usize::try_from(bytes).unwrap_or(usize::MAX).max(REPLY_BUFFER_BYTES),
        });
        let unsent = client.output_bytes() as u64 + stream_bytes;
        let stranger_over = client.has(engine::client_flag::UNAUTHENTICATED)
            && unsent > UNAUTHENTICATED_OUTPUT_BYTES_MAX;
        if !client.reply.overflowed()
            && !stranger_over
            && !is_over(limit, unsent, now_ms, &mut connection.soft_limit_since_ms)
        {
            return false;
        }
        log!(
            Warning,
            "Client {} closed for overcoming of output buffer limits.",
            self.engine.describe_client(id)
        );
        self.engine.state.stats.client_output_buffer_limit_disconnections += 1;
        self.close(id);
        true
    }

    /// How much a client may be owed. What is kept of the stream anyway is too much for no replica.
    fn output_limit(&self, class: ClientClass) -> OutputBufferLimit {
        let mut limit = self.engine.config().client_output_buffer_limit.of(class);
        if class == ClientClass::Replica && limit.hard_bytes > 0 {
            let backlog = self.engine.config().repl_backlog_size;
            limit.hard_bytes = limit.hard_bytes.max(u64::try_from(backlog).unwrap_or(0));
        }
        limit
    }

    /// After a change of the limits: clients at rest have to know them before their next command.
    pub fn renew_output_limits(&mut self) {
        for slot in 0..self.connections.slots() {
            let id = ClientId(u32::try_from(slot).unwrap_or(u32::MAX));
            if self.connections.get(id).is_some() {
                self.check_output_limit(id);
            }
        }
    }
}

fn is_over(limit: OutputBufferLimit, unsent: u64, now_ms: i64, since_ms: &mut i64) -> bool {
    if limit.hard_bytes > 0 && unsent >= limit.hard_bytes {
        return true;
    }
    if limit.soft_bytes == 0 || unsent < limit.soft_bytes {
        *since_ms = 0;
        return false;
    }
    if *since_ms == 0 {
        *since_ms = now_ms;
        return false;
    }
    now_ms - *since_ms > limit.soft_seconds.saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limit_needs_time() {
        let limit = OutputBufferLimit { hard_bytes: 100, soft_bytes: 10, soft_seconds: 2 };
        let mut since_ms = 0;
        assert!(is_over(limit, 100, 1_000, &mut since_ms));
        assert!(!is_over(limit, 50, 1_000, &mut since_ms));
        assert!(!is_over(limit, 50, 3_000, &mut since_ms));
        assert!(is_over(limit, 50, 3_001, &mut since_ms));
        assert!(!is_over(limit, 5, 3_002, &mut since_ms));
        assert_eq!(since_ms, 0);
    }
}
