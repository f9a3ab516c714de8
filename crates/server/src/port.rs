//! What the shell asks of the engine, in the shell's words.

use crate::connection::Connection;
use config::Config;
use config::special::ClientClass;
use engine::{Client, ClientId, Effect, Engine, client_flag};

/// Small questions and counts, kept out of the loop's own code.
pub trait EnginePort {
    fn config(&self) -> &Config;
    fn client_flags(&self, id: ClientId) -> u64;
    /// What CLIENT ID tells, which is never given twice; 0 for a client that is gone.
    fn unique_id(&self, id: ClientId) -> u64;
    fn client_mut(&mut self, id: ClientId) -> Option<&mut Client>;
    fn set_client_flag(&mut self, id: ClientId, bits: u64, on: bool);
    /// Milliseconds since 1970, as cached for this turn of the loop.
    fn unix_ms(&self) -> i64;
    /// Microseconds of the clock that never goes back, as cached.
    fn monotonic_us(&self) -> u64;
    fn has_effects(&self) -> bool;
    /// Gives the collected effects away in exchange for an empty list.
    fn swap_effects(&mut self, effects: &mut Vec<Effect>);
    /// Gives the clients with output away in exchange for an empty list.
    fn swap_pending_writes(&mut self, clients: &mut Vec<ClientId>);
    fn note_input(&mut self, id: ClientId, bytes: usize);
    fn note_output(&mut self, bytes: usize);
    /// Counts one round of requests of a client, however many.
    fn note_requests(&mut self, id: ClientId);
    /// Has the client written to before the next wait, if it has been replied anything.
    fn note_reply(&mut self, id: ClientId);
    /// Tells CLIENT LIST of the query buffer that the client holds.
    fn note_query_buffer(&mut self, id: ClientId, connection: &Connection);
    /// The line of CLIENT LIST, for the log.
    fn describe_client(&self, id: ClientId) -> String;
    /// Tells a client how it broke the protocol; it is closed behind that.
    fn protocol_error(&mut self, id: ClientId, text: &[u8]);
    fn output_class(&self, id: ClientId) -> ClientClass;
}

impl EnginePort for Engine {
    fn config(&self) -> &Config {
        &self.state.config
    }

    #[inline]
    fn client_flags(&self, id: ClientId) -> u64 {
        self.state.clients.get(id).map_or(client_flag::CLOSE_ASAP, |client| client.flags)
    }

    #[inline]
    fn unique_id(&self, id: ClientId) -> u64 {
        self.state.clients.get(id).map_or(0, |client| client.id)
    }

    #[inline]
    fn client_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.state.clients.get_mut(id)
    }

    fn set_client_flag(&mut self, id: ClientId, bits: u64, on: bool) {
        if let Some(client) = self.state.clients.get_mut(id) {
            client.set(bits, on);
        }
    }

    fn unix_ms(&self) -> i64 {
        self.state.clock.unix_ms()
    }

    fn monotonic_us(&self) -> u64 {
        self.state.clock.monotonic_us()
    }

    #[inline]
    fn has_effects(&self) -> bool {
        !self.state.effects.is_empty()
    }

    fn swap_effects(&mut self, effects: &mut Vec<Effect>) {
        std::mem::swap(&mut self.state.effects, effects);
    }

    fn swap_pending_writes(&mut self, clients: &mut Vec<ClientId>) {
        std::mem::swap(&mut self.state.pending_writes, clients);
    }

    #[inline]
    fn note_input(&mut self, id: ClientId, bytes: usize) {
        let now_ms = self.state.clock.unix_ms();
        let stats = &mut self.state.stats;
        stats.net_input_bytes += bytes as u64;
        stats.reads_processed += 1;
        if let Some(client) = self.state.clients.get_mut(id) {
            client.last_interaction_ms = now_ms;
            client.connection.net_input_bytes += bytes as u64;
            client.connection.read_events += 1;
            client.connection.query_buffer_bytes += bytes;
        }
    }

    #[inline]
    fn note_requests(&mut self, id: ClientId) {
        if let Some(client) = self.state.clients.get_mut(id) {
            client.connection.parse_batches += 1;
        }
    }

    #[inline]
    fn note_output(&mut self, bytes: usize) {
        let stats = &mut self.state.stats;
        stats.net_output_bytes += bytes as u64;
        stats.writes_processed += 1;
    }

    #[inline]
    fn note_reply(&mut self, id: ClientId) {
        let Some(client) = self.state.clients.get_mut(id) else { return };
        const DONE: u64 = client_flag::PENDING_WRITE;
        if (!client.reply.is_empty() || client.has(client_flag::CLOSE_AFTER_REPLY))
            && client.flags & DONE == 0
        {
            client.flags |= DONE;
            self.state.pending_writes.push(id);
        }
    }

    #[inline]
    fn note_query_buffer(&mut self, id: ClientId, connection: &Connection) {
        let Some(client) = self.state.clients.get_mut(id) else { return };
        let query = &connection.query;
        // What is parsed of a request that is not complete counts as its arguments.
        let parsed = connection.parser.position().min(query.len());
        client.connection.argument_bytes = parsed;
        client.connection.query_buffer_bytes = query.len() - parsed;
        client.connection.query_buffer_free_bytes = query.capacity() - query.len();
        // Where output waits, the memory is counted behind the write.
        if !client.has(client_flag::PENDING_WRITE) {
            self.state.note_client_memory(id);
        }
    }

    fn describe_client(&self, id: ClientId) -> String {
        String::from_utf8_lossy(&self.state.client_line(id)).into_owned()
    }

    fn protocol_error(&mut self, id: ClientId, text: &[u8]) {
        let code = text.split(|byte| *byte == b' ').next().unwrap_or(b"ERR");
        self.state.stats.count_error(code);
        if let Some(client) = self.state.clients.get_mut(id) {
            client.reply.error(text);
            client.set(client_flag::CLOSE_AFTER_REPLY, true);
        }
        self.state.mark_pending_write(id);
    }

    fn output_class(&self, id: ClientId) -> ClientClass {
        match self.state.clients.get(id) {
            Some(client) if client.is_replica() => ClientClass::Replica,
            Some(client) if client.has(client_flag::PUBSUB) => ClientClass::Pubsub,
            _ => ClientClass::Normal,
        }
    }
}
