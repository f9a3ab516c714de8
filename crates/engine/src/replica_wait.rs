//! WAIT and WAITAOF: clients that wait until replicas, or disks, have what they wrote.

use crate::blocking::{BlockKind, Unblock};
use crate::client::ClientId;
use crate::context::Context;
use crate::state::State;

/// What a client waits for; what its reply says is counted anew when the wait ends.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaWait {
    pub client: ClientId,
    /// Up to where in the stream.
    pub offset: u64,
    pub replicas: usize,
    pub target: Target,
}

impl ReplicaWait {
    /// Whether the append-only file here is part of it.
    pub(crate) fn is_for_disk_here(&self) -> bool {
        matches!(self.target, Target::Disks { written_here: Some(_) })
    }
}

/// Where what was written shall be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    Memory,
    /// On the replicas' disks, and up to so many bytes of the append-only file on the one here.
    Disks {
        written_here: Option<u64>,
    },
}

impl Context<'_> {
    /// Lets the client wait; replicas are asked how far they are.
    pub fn wait_for_replicas(
        &mut self,
        wait: ReplicaWait,
        deadline_ms: i64,
        on_timeout: crate::blocking::OnTimeout,
    ) {
        self.state.feed.waits.push(wait);
        self.state.feed.ask_for_acks = true;
        self.block(BlockKind::Replication, deadline_ms, on_timeout);
    }
}

impl State {
    /// A replica has come further: whoever has what it waited for goes on.
    pub(crate) fn wake_waiting_for_replicas(&mut self) {
        if self.feed.waits.is_empty() {
            return;
        }
        for wait in std::mem::take(&mut self.feed.waits) {
            let blocked = self.clients.get(wait.client).and_then(|client| client.blocked.as_ref());
            if blocked.is_none_or(|blocked| blocked.kind != BlockKind::Replication) {
                continue;
            }
            let done = match wait.target {
                Target::Memory => self.replicas_at(wait.offset) >= wait.replicas,
                Target::Disks { written_here } => {
                    self.replica_disks_at(wait.offset) >= wait.replicas
                        && written_here.is_none_or(|bytes| self.aof.is_kept(bytes))
                }
            };
            if done {
                self.unblock_with(wait.client, Unblock::Timeout);
            } else {
                self.feed.waits.push(wait);
            }
        }
    }
}
