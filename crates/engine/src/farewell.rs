//! Before the server ends: it waits for replicas that lack some of what was written, for a while, and nobody writes meanwhile.

use crate::blocking::BlockKind;
use crate::client::ClientId;
use crate::effect::LogLevel;
use crate::replica_feed::ReplicaSession;
use crate::state::{State, state_flag};

impl State {
    /// Whether each replica that tells how far it is has all there is.
    pub fn replicas_have_all(&self) -> bool {
        self.telling_replicas().all(|(_, replica)| self.has_all(replica))
    }

    /// The replicas that tell how far they are.
    fn telling_replicas(&self) -> impl Iterator<Item = (ClientId, &ReplicaSession)> {
        self.replica_sessions().filter(|(_, replica)| !replica.silent)
    }

    fn has_all(&self, replica: &ReplicaSession) -> bool {
        replica.is_online() && replica.ack_offset >= self.feed.offset
    }

    /// Begins to wait for replicas. They tell once a second how far they are; to ask them would put the question into the
    /// stream, which then would not end where the last save says.
    pub fn begin_farewell(&mut self) {
        self.log(LogLevel::Notice, "Waiting for replicas before shutting down.");
        let timeout_ms = i64::from(self.config.shutdown_timeout) * 1000;
        self.feed.shutdown_deadline_ms = Some(self.clock.unix_ms() + timeout_ms);
        self.flags |= state_flag::PAUSED;
        self.hold_primary(true);
    }

    /// The wait is over, whatever came of it.
    pub fn end_farewell(&mut self) {
        if self.feed.shutdown_deadline_ms.take().is_some() && self.pause.is_none() {
            self.end_pause();
        }
    }

    /// Whether the wait for replicas has an end: they have all there is, or it took too long.
    pub fn farewell_is_over(&self) -> bool {
        let due = |deadline_ms| self.clock.unix_ms() >= deadline_ms;
        self.feed.shutdown_deadline_ms.is_some_and(due) || self.replicas_have_all()
    }

    /// Writes to the log which replicas the server leaves behind with less than all.
    pub fn log_replicas_left(&mut self) {
        let all = self.telling_replicas().count();
        if all == 0 {
            return;
        }
        let now_ms = self.clock.unix_ms();
        let mut lines = Vec::new();
        for (client, replica) in self.telling_replicas() {
            if self.has_all(replica) {
                continue;
            }
            lines.push(format!(
                "Lagging replica {}:{} reported offset {} behind master, lag={}, state={}.",
                self.replica_address(client),
                replica.listening_port,
                self.feed.offset.saturating_sub(replica.ack_offset),
                if replica.is_online() { (now_ms - replica.ack_ms) / 1000 } else { 0 },
                replica.stage.name(),
            ));
        }
        let in_sync = all - lines.len();
        for line in lines {
            self.log(LogLevel::Notice, line);
        }
        let text = format!("{in_sync} of {all} replicas are in sync when shutting down.");
        self.log(LogLevel::Notice, text);
    }

    /// The clients that wait for what comes of SHUTDOWN.
    pub fn clients_in_shutdown(&self) -> Vec<ClientId> {
        let waits = |client: &crate::client::Client| {
            client.blocked.as_ref().is_some_and(|blocked| blocked.kind == BlockKind::Shutdown)
        };
        self.clients.iter().filter(|(_, client)| waits(client)).map(|(id, _)| id).collect()
    }
}
