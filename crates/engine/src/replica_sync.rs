//! Full synchronisation: a replica that lacks everything waits for a child that writes the dataset, for it and for all others
//! that wait, gets what the child writes, and then follows the stream from where it stood when the child began.
//!
//! The child writes to the dataset's file, which is sent when it is whole, or to a pipe, of which the shell hands everything
//! on at once. Which replicas are how far is decided here; the shell holds the pipe, the file and the connections.

use crate::client::{ClientId, client_flag};
use crate::dataset::DatasetParts;
use crate::effect::{Effect, LogLevel};
use crate::replica_feed::ReplicaSession;
use crate::state::State;

/// How far a replica has come with the dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncStage {
    /// For a child that writes it.
    #[default]
    Waits,
    /// The child is at work.
    Written,
    /// The child is done, and the replica has not got everything.
    Sent,
    /// The replica has it.
    Online,
}

impl SyncStage {
    /// As INFO has it.
    pub fn name(self) -> &'static str {
        match self {
            SyncStage::Waits | SyncStage::Written => "wait_bgsave",
            SyncStage::Sent => "send_bulk",
            SyncStage::Online => "online",
        }
    }
}

/// What a child writes the dataset to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveTarget {
    File,
    Replicas,
}

impl SaveTarget {
    fn name(self) -> &'static str {
        match self {
            SaveTarget::File => "disk",
            SaveTarget::Replicas => "replicas sockets",
        }
    }
}

impl State {
    /// A client wants the dataset and then the stream.
    pub fn begin_full_sync(&mut self, client: ClientId) {
        self.begin_backlog();
        self.stats.sync_full += 1;
        let now_ms = self.clock.unix_ms();
        let session = &mut self.clients[client];
        session.flags |= client_flag::REPLICA;
        let replica = session.replica.get_or_insert_default();
        replica.stage = SyncStage::Waits;
        replica.position = None;
        replica.since_ms = now_ms;
        replica.ack_ms = now_ms;
        replica.ack_offset = 0;
        let takes_mark = replica.takes_mark;
        self.feed.add(client);
        if let Some(other) = self.written_to_file(client) {
            self.log(LogLevel::Notice, "Waiting for end of BGSAVE for SYNC");
            self.begin_to_write_for(client, other);
        } else if self.has_child() {
            let text = match self.saving.target() {
                Some(SaveTarget::Replicas) => {
                    "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC"
                }
                Some(SaveTarget::File) => {
                    "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC"
                }
                None => {
                    "No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed"
                }
            };
            self.log(LogLevel::Notice, text);
        } else {
            if self.config.repl_diskless_sync
                && takes_mark
                && self.config.repl_diskless_sync_delay > 0
            {
                self.log(LogLevel::Notice, "Delay next BGSAVE for diskless SYNC");
            }
            self.effects.push(Effect::SyncReplicas);
        }
    }

    /// Where the stream stood when the child began that writes the file for other replicas, and that this one may have, too.
    fn written_to_file(&self, client: ClientId) -> Option<u64> {
        let whole = self.replica_session(client)?.parts == DatasetParts::default();
        if self.saving.target() != Some(SaveTarget::File) || !whole {
            return None;
        }
        self.replica_sessions()
            .filter(|(other, replica)| *other != client && replica.stage == SyncStage::Written)
            .find_map(|(_, replica)| replica.position)
    }

    /// From now on the child writes for this replica, too.
    fn begin_to_write_for(&mut self, client: ClientId, position: u64) {
        let head = format!("+FULLRESYNC {} {position}\r\n", self.replication_id);
        let Some(session) = self.clients.get_mut(client) else { return };
        let Some(replica) = session.replica.as_deref_mut() else { return };
        replica.stage = SyncStage::Written;
        replica.position = Some(position);
        if !replica.silent {
            session.reply.raw(head.as_bytes());
            self.mark_pending_write(client);
        }
    }

    /// What the child writes to that is to begin now for replicas that wait; none, if none is.
    pub fn sync_due(&self) -> Option<SaveTarget> {
        if self.has_child() {
            return None;
        }
        let parts = self.parts_due()?;
        let waiting: Vec<&ReplicaSession> =
            self.waiting_for(parts).map(|(_, replica)| replica).collect();
        let since_ms = waiting.iter().map(|replica| replica.since_ms).min()?;
        // The file holds everything.
        let whole = parts == DatasetParts::default();
        match self.config.repl_diskless_sync {
            false if whole => return Some(SaveTarget::File),
            false => return Some(SaveTarget::Replicas),
            true if whole && waiting.iter().any(|replica| !replica.takes_mark) => {
                return Some(SaveTarget::File);
            }
            true => {}
        }
        let enough = usize::try_from(self.config.repl_diskless_sync_max_replicas).unwrap_or(0);
        let delay_ms = i64::from(self.config.repl_diskless_sync_delay) * 1000;
        let due =
            self.clock.unix_ms() - since_ms >= delay_ms || enough > 0 && waiting.len() >= enough;
        due.then_some(SaveTarget::Replicas)
    }

    /// What of the dataset the next child writes: that which the one wants that has waited longest.
    pub fn parts_due(&self) -> Option<DatasetParts> {
        self.replica_sessions()
            .map(|(_, replica)| replica)
            .filter(|replica| replica.stage == SyncStage::Waits)
            .min_by_key(|replica| replica.since_ms)
            .map(|replica| replica.parts)
    }

    fn waiting_for(
        &self,
        parts: DatasetParts,
    ) -> impl Iterator<Item = (ClientId, &ReplicaSession)> {
        self.replica_sessions()
            .filter(move |(_, replica)| replica.stage == SyncStage::Waits && replica.parts == parts)
    }

    /// Before the child begins.
    pub fn log_sync(&mut self, target: SaveTarget) {
        let text = format!("Starting BGSAVE for SYNC with target: {}", target.name());
        self.log(LogLevel::Notice, text);
    }

    /// Begins to write the file for all that wait.
    pub fn sync_by_file(&mut self) {
        self.log_sync(SaveTarget::File);
        match self.save_in_background() {
            Ok(()) => drop(self.begin_to_write()),
            Err(_) => self.sync_not_begun(),
        }
    }

    /// The child has begun; those that it writes for.
    pub fn begin_to_write(&mut self) -> Vec<ClientId> {
        // The stream behind the dataset begins without a selected database; a replica passes on what it gets.
        self.feed.forget_database();
        let parts = self.parts_due().unwrap_or_default();
        let waiting: Vec<ClientId> = self.waiting_for(parts).map(|(client, _)| client).collect();
        for client in &waiting {
            self.begin_to_write_for(*client, self.feed.offset);
        }
        waiting
    }

    /// No child could be made: those that wait are told, and may try again.
    pub fn sync_not_begun(&mut self) {
        self.log(LogLevel::Warning, "BGSAVE for replication failed");
        for client in self.replicas_in(SyncStage::Waits) {
            if let Some(session) = self.clients.get_mut(client) {
                session.reply.error("ERR BGSAVE failed, replication can't continue");
            }
            self.effects.push(Effect::Disconnect { client, after_reply: true });
        }
    }

    /// The child has ended, or nobody wants what it writes any more.
    pub(crate) fn sync_written(&mut self, target: SaveTarget, succeeded: bool) {
        let written = self.replicas_in(SyncStage::Written);
        if !succeeded && !written.is_empty() {
            self.log(LogLevel::Warning, "SYNC failed. BGSAVE child returned an error");
        }
        for client in written {
            if !succeeded {
                self.effects.push(Effect::Disconnect { client, after_reply: false });
                continue;
            }
            if let Some(replica) = self.replica_session_mut(client) {
                replica.stage = SyncStage::Sent;
            }
            if target == SaveTarget::File {
                self.effects.push(Effect::SendDataset { client });
            }
        }
        // Others may wait for the next child.
        self.effects.push(Effect::SyncReplicas);
    }

    /// A replica has been sent the whole dataset. Where it came through the pipe, only the replica itself can tell that it has
    /// found its end.
    pub fn dataset_sent(&mut self, client: ClientId, target: SaveTarget) {
        let now_ms = self.clock.unix_ms();
        let Some(replica) = self.replica_session_mut(client) else { return };
        replica.ack_ms = now_ms;
        let dataset_only = replica.dataset_only;
        replica.follows = target == SaveTarget::File && !dataset_only;
        let port = replica.listening_port;
        let name = format!("{}:{port}", self.replica_address(client));
        if dataset_only {
            let text = format!(
                "RDB transfer completed, rdb only replica ({name}) should be disconnected asap"
            );
            self.log(LogLevel::Notice, text);
            self.effects.push(Effect::Disconnect { client, after_reply: false });
            return;
        }
        let text = match target {
            SaveTarget::File => format!("Synchronization with replica {name} succeeded"),
            SaveTarget::Replicas => format!(
                "Streamed replica with replica {name} succeeded (socket). Waiting for REPLCONF ACK from replica to enable streaming"
            ),
        };
        self.log(LogLevel::Notice, text);
        self.set_online(client, true);
        self.mark_pending_write(client);
    }

    /// A replica is gone: a child that nobody needs any more ends.
    pub(crate) fn synced_replica_gone(&mut self, stage: SyncStage) {
        let Some(target) = self.saving.target() else { return };
        if stage != SyncStage::Written || !self.replicas_in(SyncStage::Written).is_empty() {
            return;
        }
        // Who saves by itself wants the file in any case.
        if target == SaveTarget::Replicas || !self.has_save_points() {
            if target == SaveTarget::Replicas {
                self.log(
                    LogLevel::Notice,
                    "Diskless rdb transfer, last replica dropped, killing fork child.",
                );
            }
            self.abandon_background_save();
        }
    }

    /// Once a second: those that wait hear that the server lives, where that does no harm.
    pub(crate) fn comfort_waiting_replicas(&mut self) {
        let by_file = self.saving.target() == Some(SaveTarget::File);
        let waiting: Vec<ClientId> = self
            .replica_sessions()
            .filter(|(_, replica)| match replica.stage {
                SyncStage::Waits => true,
                SyncStage::Written => by_file,
                _ => false,
            })
            .map(|(client, _)| client)
            .collect();
        for client in waiting {
            self.clients[client].reply.raw(b"\n");
            self.mark_pending_write(client);
        }
    }

    /// The replicas that are so far.
    pub fn replicas_in(&self, stage: SyncStage) -> Vec<ClientId> {
        let so_far = self.replica_sessions().filter(|(_, replica)| replica.stage == stage);
        so_far.map(|(client, _)| client).collect()
    }
}
