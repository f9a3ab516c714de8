//! What replicas are sent: the dataset once, then every change as it is committed.
//!
//! The simplest form of it: the dataset is written while nobody else is served, and a replica that was away gets it
//! anew. Backlog, partial resynchronisation and acknowledgements come with replication.

use crate::client::{ClientId, client_flag};
use crate::propagation::{Propagated, encode_all};
use crate::state::State;

/// The replicas, and where their stream stands.
#[derive(Default)]
pub struct ReplicaFeed {
    replicas: Vec<ClientId>,
    /// The database that the stream has selected.
    db: Option<usize>,
    /// Bytes of the stream so far.
    pub offset: u64,
}

impl ReplicaFeed {
    pub fn is_empty(&self) -> bool {
        self.replicas.is_empty()
    }

    pub fn replicas(&self) -> &[ClientId] {
        &self.replicas
    }
}

impl State {
    /// From now on the client is sent all changes.
    pub fn add_replica(&mut self, client: ClientId) {
        if self.feed.replicas.contains(&client) {
            return;
        }
        self.clients[client].flags |= client_flag::REPLICA;
        self.feed.replicas.push(client);
        // Its stream begins without a selected database.
        self.feed.db = None;
        self.propagation.add_taker();
    }

    /// The client is gone.
    pub(crate) fn remove_replica(&mut self, client: ClientId) {
        let before = self.feed.replicas.len();
        self.feed.replicas.retain(|replica| *replica != client);
        if self.feed.replicas.len() != before {
            self.propagation.remove_taker();
        }
    }

    /// Sends what one client's command, or transaction, has changed.
    pub(crate) fn feed_replicas(&mut self, commands: &[Propagated], together: bool) {
        if self.feed.is_empty() {
            // Nobody counts the bytes; the parts of the append-only file are told apart all the same.
            self.feed.offset += commands.len() as u64;
            return;
        }
        if commands.is_empty() {
            return;
        }
        let mut bytes = Vec::new();
        encode_all(commands, together, &mut self.feed.db, &mut bytes);
        self.feed.offset += bytes.len() as u64;
        for replica in self.feed.replicas.clone() {
            if let Some(client) = self.clients.get_mut(replica) {
                client.reply.raw(&bytes);
                self.mark_pending_write(replica);
            }
        }
    }

    /// Sends what changed by itself, each change alone: keys that expired without being asked for.
    pub(crate) fn propagate_aside(&mut self) {
        if self.propagation.also.is_empty() {
            return;
        }
        for command in std::mem::take(&mut self.propagation.also) {
            self.propagation.out.push(command);
            self.commit();
        }
    }
}
