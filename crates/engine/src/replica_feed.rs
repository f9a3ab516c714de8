//! What replicas are sent: the dataset once, then every change as it is committed, and what is kept for those that were
//! away for a moment.
//!
//! How they get the dataset is told in `replica_sync`.

use crate::client::{ClientId, client_flag};
use crate::dataset::DatasetParts;
use crate::effect::Effect;
use crate::propagation::{Propagated, encode_all};
use crate::replica_stream::Stream;
use crate::replica_sync::SyncStage;
use crate::server_event::ServerEvent;
use crate::state::State;

/// What a replica has said of itself, and how far it has come.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSession {
    pub listening_port: i64,
    /// What it wants to be called; empty: as its connection says.
    pub ip_address: String,
    /// It understands `+CONTINUE` with an identifier.
    pub psync2: bool,
    /// It came by SYNC and acknowledges nothing.
    pub silent: bool,
    /// It finds the end of a dataset whose length is not known before.
    pub takes_mark: bool,
    /// What it wants of the dataset.
    pub parts: DatasetParts,
    /// It wants the dataset and not the stream.
    pub dataset_only: bool,
    pub stage: SyncStage,
    /// It is sent the stream.
    pub(crate) follows: bool,
    /// When it asked, in unix milliseconds.
    pub(crate) since_ms: i64,
    pub ack_offset: u64,
    pub ack_ms: i64,
    /// What it has on its disk.
    pub disk_offset: Option<u64>,
    /// Up to where the stream was written to it; before a child writes the dataset for it, nowhere.
    pub(crate) position: Option<u64>,
}

impl ReplicaSession {
    /// It has the dataset.
    pub fn is_online(&self) -> bool {
        self.stage == SyncStage::Online
    }
}

/// The least backlog, whatever the configuration says.
const BACKLOG_BYTES_MIN: usize = 16 * 1024;

/// The replicas, and where their stream stands.
#[derive(Default)]
pub struct ReplicaFeed {
    replicas: Vec<ClientId>,
    /// The database that the stream has selected.
    db: Option<usize>,
    /// Bytes of the stream so far.
    pub offset: u64,
    backlog: Option<Stream>,
    /// Since when there is no replica, in unix seconds.
    alone_since_s: i64,
    /// The identifier that the stream had before, and up to where.
    pub previous_id: Option<(String, u64)>,
    /// Replicas are to be asked how far they are before the next wait.
    pub ask_for_acks: bool,
    pub(crate) waits: Vec<crate::replica_wait::ReplicaWait>,
    /// The server is about to end, and waits for replicas until then at most, in unix milliseconds.
    pub shutdown_deadline_ms: Option<i64>,
    next_cron_ms: i64,
    last_ping_ms: i64,
}

impl ReplicaFeed {
    pub fn is_empty(&self) -> bool {
        self.replicas.is_empty()
    }

    pub fn replicas(&self) -> &[ClientId] {
        &self.replicas
    }

    pub(crate) fn add(&mut self, client: ClientId) {
        if !self.replicas.contains(&client) {
            self.replicas.push(client);
        }
    }

    /// The stream names its database anew before the next change.
    pub(crate) fn forget_database(&mut self) {
        self.db = None;
    }

    pub fn has_backlog(&self) -> bool {
        self.backlog.is_some()
    }

    /// Bytes that are kept.
    pub fn backlog_len(&self) -> usize {
        self.backlog.as_ref().map_or(0, Stream::len)
    }

    /// Offset of the first byte that is kept, counted from 1.
    pub fn first_offset(&self) -> u64 {
        if self.has_backlog() { self.offset - self.backlog_len() as u64 + 1 } else { 0 }
    }

    /// Whether all that came from `offset` on is kept.
    fn has_since(&self, offset: u64) -> bool {
        self.has_backlog() && offset >= self.first_offset() && offset <= self.offset + 1
    }

    fn keep(&mut self, bytes: &[u8], backlog_bytes: usize) {
        self.offset += bytes.len() as u64;
        if let Some(backlog) = &mut self.backlog {
            backlog.fit(backlog_bytes);
            backlog.append(bytes);
        }
    }

    /// Memory of what is kept.
    pub fn memory_bytes(&self) -> u64 {
        self.backlog.as_ref().map_or(0, Stream::memory_bytes) as u64
    }
}

/// A command of words that do not change.
fn encoded(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    persistence::aof::encode(words.iter().copied(), &mut bytes);
    bytes
}

impl State {
    /// The client has the dataset and is sent what stands behind a position of the stream.
    fn attach_replica(&mut self, client: ClientId, position: u64) {
        let now_ms = self.clock.unix_ms();
        let session = &mut self.clients[client];
        session.flags |= client_flag::REPLICA;
        let replica = session.replica.get_or_insert_default();
        replica.ack_ms = now_ms;
        replica.ack_offset = 0;
        replica.follows = true;
        replica.position = Some(position);
        self.feed.add(client);
    }

    /// Begins to keep the stream. The first replica of a primary gives the stream a new name.
    pub fn begin_backlog(&mut self) {
        if self.feed.has_backlog() {
            return;
        }
        if !self.is_replica() {
            self.new_replication_id();
            self.feed.previous_id = None;
        }
        self.feed.backlog = Some(Stream::new(self.feed.offset));
        self.propagation.add_taker();
    }

    /// Forgets the stream so far, which has nothing to do with what comes.
    pub(crate) fn renew_backlog(&mut self) {
        if let Some(backlog) = &mut self.feed.backlog {
            *backlog = Stream::new(self.feed.offset);
        }
        self.begin_backlog();
    }

    /// At the start: the file says where the stream stood. A replica goes on with it, and the replicas of a primary may,
    /// under a new name.
    pub(crate) fn resume_stream(&mut self, id: &str, offset: u64) {
        self.feed.offset = offset;
        self.begin_backlog();
        self.renew_backlog();
        if self.is_replica() {
            id.clone_into(&mut self.replication_id);
            self.primary_link.resumable = true;
        } else {
            self.feed.previous_id = Some((id.to_owned(), offset + 1));
            self.feed.alone_since_s = self.clock.unix_s();
        }
    }

    /// Sends a replica only what it has missed, if that is kept; `false`: it needs everything.
    pub fn continue_replica(&mut self, client: ClientId, id: &[u8], offset: u64) -> bool {
        let same = id == self.replication_id.as_bytes();
        let before = self.feed.previous_id.as_ref();
        if !same && before.is_none_or(|(old, end)| old.as_bytes() != id || offset > *end) {
            return false;
        }
        if !self.feed.has_since(offset) {
            return false;
        }
        self.attach_replica(client, offset - 1);
        let psync2 = self.clients[client].replica.as_ref().is_some_and(|replica| replica.psync2);
        let head = if psync2 {
            format!("+CONTINUE {}\r\n", self.replication_id)
        } else {
            "+CONTINUE\r\n".to_owned()
        };
        self.set_online(client, true);
        let session = &mut self.clients[client];
        session.reply.raw(head.as_bytes());
        self.mark_pending_write(client);
        true
    }

    /// A replica follows the stream from now on, or does so no more.
    pub fn set_online(&mut self, client: ClientId, online: bool) {
        let Some(replica) = self.replica_session_mut(client) else { return };
        let before = replica.is_online();
        replica.stage = if online { SyncStage::Online } else { SyncStage::Waits };
        if before != online {
            self.emit(&ServerEvent::ReplicaChange { online });
        }
    }

    /// The client is gone.
    pub(crate) fn remove_replica(&mut self, client: ClientId) {
        if !self.feed.replicas.contains(&client) {
            return;
        }
        self.feed.replicas.retain(|replica| *replica != client);
        self.feed.alone_since_s = self.clock.unix_s();
        self.trim_backlog();
        if let Some(stage) = self.replica_session(client).map(|replica| replica.stage) {
            self.set_online(client, false);
            self.synced_replica_gone(stage);
        }
    }

    /// Closes the connections of all replicas: what they have is not what they would be sent.
    pub fn disconnect_replicas(&mut self) {
        for client in self.feed.replicas.clone() {
            self.effects.push(Effect::Disconnect { client, after_reply: false });
        }
    }

    /// Sends what one client's command, or transaction, has changed. Replicas of a replica get its primary's own bytes.
    pub(crate) fn feed_replicas(&mut self, commands: &[Propagated], together: bool) {
        if self.is_replica() || commands.is_empty() {
            return;
        }
        if !self.feed.has_backlog() {
            // Nobody counts the bytes; the parts of the append-only file are told apart all the same.
            self.feed.offset += commands.len() as u64;
            return;
        }
        let mut bytes = Vec::new();
        encode_all(commands, together, &mut self.feed.db, &mut bytes);
        self.feed_bytes(&bytes);
    }

    /// Sends bytes of the stream as they are.
    pub(crate) fn feed_bytes(&mut self, bytes: &[u8]) {
        self.feed.keep(bytes, self.backlog_bytes());
        for index in 0..self.feed.replicas.len() {
            self.mark_pending_write(self.feed.replicas[index]);
        }
        self.trim_backlog();
    }

    /// What is kept of the stream for replicas to come.
    fn backlog_bytes(&self) -> usize {
        usize::try_from(self.config.repl_backlog_size).unwrap_or(usize::MAX).max(BACKLOG_BYTES_MIN)
    }

    /// Lets go of what is neither to be kept nor to be sent.
    pub(crate) fn trim_backlog(&mut self) {
        let backlog_bytes = self.backlog_bytes();
        if self.feed.backlog_len() <= backlog_bytes {
            return;
        }
        let positions = self.replica_sessions().filter_map(|(_, replica)| replica.position);
        let needed = positions.min().unwrap_or(u64::MAX);
        if let Some(backlog) = &mut self.feed.backlog {
            backlog.trim(backlog_bytes, needed);
        }
    }

    /// What of the stream a replica has still to be sent, as far as it lies together.
    pub fn unsent_stream(&self, client: ClientId) -> &[u8] {
        let follows = self.replica_session(client).is_some_and(|replica| replica.follows);
        match (self.stream_position(client), &self.feed.backlog) {
            (Some(position), Some(backlog)) if follows => backlog.from(position),
            _ => &[],
        }
    }

    /// Bytes of the stream that a replica has still to be sent.
    pub fn unsent_stream_bytes(&self, client: ClientId) -> u64 {
        self.stream_position(client).map_or(0, |position| self.feed.offset.saturating_sub(position))
    }

    fn stream_position(&self, client: ClientId) -> Option<u64> {
        let session = self.clients.get(client)?;
        let fed = session.has(client_flag::REPLICA) && self.feed.replicas.contains(&client);
        session.replica.as_ref().filter(|_| fed)?.position
    }

    /// So many bytes of the stream were written to a replica.
    pub fn stream_sent(&mut self, client: ClientId, bytes: usize) {
        if let Some(replica) = self.replica_session_mut(client) {
            replica.position = replica.position.map(|position| position + bytes as u64);
            self.trim_backlog();
        }
    }

    /// Memory of the stream beyond the backlog: part of a block, and what slow replicas have still to be sent.
    pub fn stream_surplus_bytes(&self) -> u64 {
        let backlog = self.backlog_bytes() as u64;
        self.feed.memory_bytes().saturating_sub(backlog)
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

    /// Before each wait of the event loop: asks replicas how far they are, if somebody wants to know.
    pub(crate) fn ask_replicas(&mut self) {
        if std::mem::take(&mut self.feed.ask_for_acks) && !self.feed.is_empty() {
            self.feed_bytes(&encoded(&[b"REPLCONF", b"GETACK", b"*"]));
        }
    }

    /// A replica tells how far it has come.
    pub fn replica_acknowledges(&mut self, client: ClientId, offset: u64, on_disk: Option<u64>) {
        let now_ms = self.clock.unix_ms();
        let Some(replica) = self.replica_session_mut(client) else { return };
        replica.ack_ms = now_ms;
        let begins = replica.is_online() && !replica.follows;
        replica.follows |= begins;
        replica.ack_offset = replica.ack_offset.max(offset);
        replica.disk_offset = on_disk.max(replica.disk_offset);
        if begins {
            self.mark_pending_write(client);
        }
        self.wake_waiting_for_replicas();
    }

    /// Number of replicas that follow and have acknowledged `offset`.
    pub fn replicas_at(&self, offset: u64) -> usize {
        self.online_replicas().filter(|(_, replica)| replica.ack_offset >= offset).count()
    }

    /// The same for what they have on their disks.
    pub fn replica_disks_at(&self, offset: u64) -> usize {
        let there =
            |replica: &ReplicaSession| replica.disk_offset.is_some_and(|disk| disk >= offset);
        self.online_replicas().filter(|(_, replica)| there(replica)).count()
    }

    /// All replicas.
    pub(crate) fn replica_sessions(&self) -> impl Iterator<Item = (ClientId, &ReplicaSession)> {
        let replicas = self.feed.replicas.iter().copied();
        replicas.filter_map(|client| Some((client, self.replica_session(client)?)))
    }

    pub(crate) fn replica_session(&self, client: ClientId) -> Option<&ReplicaSession> {
        self.clients.get(client)?.replica.as_deref()
    }

    pub(crate) fn replica_session_mut(&mut self, client: ClientId) -> Option<&mut ReplicaSession> {
        self.clients.get_mut(client)?.replica.as_deref_mut()
    }

    /// The replicas that have loaded the dataset.
    pub fn online_replicas(&self) -> impl Iterator<Item = (ClientId, &ReplicaSession)> {
        self.replica_sessions().filter(|(_, replica)| replica.is_online())
    }

    /// Replicas that have been heard of lately, for `min-replicas-to-write`.
    pub fn good_replicas(&self) -> usize {
        let now_ms = self.clock.unix_ms();
        let lag_max_ms = i64::from(self.config.min_replicas_max_lag) * 1000;
        let good = |replica: &ReplicaSession| now_ms - replica.ack_ms <= lag_max_ms;
        self.online_replicas().filter(|(_, replica)| good(replica)).count()
    }

    /// From cron: pings, replicas that are silent for too long, and the end of what is kept for nobody.
    pub(crate) fn feed_cron(&mut self) {
        let now_ms = self.clock.unix_ms();
        if now_ms < self.feed.next_cron_ms {
            return;
        }
        self.feed.next_cron_ms = now_ms + 1000;
        // The period goes on while there is nobody to hear it, so that a new replica is not pinged at once.
        let period_ms = i64::from(self.config.repl_ping_replica_period) * 1000;
        let ping_due = now_ms - self.feed.last_ping_ms >= period_ms;
        if ping_due {
            self.feed.last_ping_ms = now_ms;
        }
        if self.feed.is_empty() {
            self.drop_backlog_when_due(now_ms / 1000);
            return;
        }
        self.comfort_waiting_replicas();
        if ping_due && !self.is_replica() {
            self.feed_bytes(&encoded(&[b"PING"]));
        }
        let timeout_ms = i64::from(self.config.repl_timeout) * 1000;
        let silent = self.online_replicas();
        let silent = silent.filter(|(_, one)| !one.silent && now_ms - one.ack_ms > timeout_ms);
        for client in silent.map(|(client, _)| client).collect::<Vec<_>>() {
            self.effects.push(Effect::Disconnect { client, after_reply: false });
        }
    }

    fn drop_backlog_when_due(&mut self, now_s: i64) {
        let ttl_s = self.config.repl_backlog_ttl;
        let due = ttl_s > 0 && now_s - self.feed.alone_since_s > ttl_s;
        if due && !self.is_replica() && self.feed.backlog.take().is_some() {
            self.propagation.remove_taker();
            self.new_replication_id();
            self.feed.previous_id = None;
        }
    }
}
