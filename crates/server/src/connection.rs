//! The socket of one client, and what was read from it and not yet executed.

use engine::ClientId;
use resp::Parser;

use crate::limits::{QUERY_GROWTH_BYTES, READ_BYTES};
use crate::stream::Stream;

/// A client's connection.
pub struct Connection {
    pub stream: Stream,
    pub parser: Parser,
    /// Read and not executed. Without memory of its own for a client whose requests come whole; once it has some, it
    /// reads into it until the cron finds it at rest.
    pub query: Vec<u8>,
    /// Size the buffer must reach before the request at its start can be complete.
    pub needed: usize,
    /// The loop waits for room to write.
    pub wants_write: bool,
    /// Since when the output is over the soft limit; 0: it is not.
    pub soft_limit_since_ms: i64,
    /// A child process talks with the peer from now on.
    pub handed_over: bool,
    /// The dataset, for a replica that is being sent it.
    pub bulk: Option<Box<crate::replica_sync::Bulk>>,
    /// Largest query buffer since the cron last looked.
    pub query_peak: usize,
}

impl Connection {
    pub fn new(stream: Stream) -> Connection {
        Connection {
            stream,
            parser: Parser::new(),
            query: Vec::new(),
            needed: 0,
            wants_write: false,
            soft_limit_since_ms: 0,
            handed_over: false,
            bulk: None,
            query_peak: 0,
        }
    }

    /// It reads into a query buffer of its own.
    #[inline]
    pub fn has_own_buffer(&self) -> bool {
        self.query.capacity() > 0
    }

    /// Gives memory back that the client's requests have not needed lately.
    pub fn shrink_query(&mut self, idle_ms: i64) {
        const IDLE_MS: i64 = 2_000;
        const LARGE_BYTES: usize = 2 * READ_BYTES;
        let capacity = self.query.capacity();
        if idle_ms > IDLE_MS {
            self.query.shrink_to_fit();
        } else if capacity > LARGE_BYTES
            && capacity / (self.query_peak + 1) > 2
            && (self.query.is_empty() || self.needed < capacity / 2)
        {
            self.query.shrink_to(self.query_peak.max(READ_BYTES));
        }
        self.query_peak = self.query.len();
    }

    /// Keeps the begin of a request until the rest of it comes.
    pub fn keep(&mut self, rest: &[u8]) {
        // A promised length costs no memory until the bytes come.
        let promised = self.needed.min(QUERY_GROWTH_BYTES + READ_BYTES);
        let room = promised.max(rest.len()).max(READ_BYTES);
        self.query.reserve(room.saturating_sub(self.query.len()));
        self.query.extend_from_slice(rest);
        self.query_peak = self.query.len().max(self.query_peak);
    }
}

/// Connections under the numbers of their clients.
#[derive(Default)]
pub struct Connections {
    slots: Vec<Option<Box<Connection>>>,
    open: usize,
}

impl Connections {
    pub fn insert(&mut self, id: ClientId, connection: Connection) {
        let slot = id.0 as usize;
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(Box::new(connection));
            self.open += 1;
        }
    }

    #[inline]
    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut Connection> {
        self.slots.get_mut(id.0 as usize)?.as_deref_mut()
    }

    #[inline]
    pub fn get(&self, id: ClientId) -> Option<&Connection> {
        self.slots.get(id.0 as usize)?.as_deref()
    }

    pub fn remove(&mut self, id: ClientId) -> Option<Box<Connection>> {
        let connection = self.slots.get_mut(id.0 as usize)?.take();
        self.open -= usize::from(connection.is_some());
        connection
    }

    pub fn len(&self) -> usize {
        self.open
    }

    /// One past the highest number in use.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }
}
