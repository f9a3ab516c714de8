//! Being a replica: whose, how the link to the primary stands, and what the primary's bytes do here.
//!
//! The shell holds the connection; here is what commands and INFO see of it.

use command_spec::flag;
use config::special::Replicaof;
use persistence::aof::encode;

use crate::aof::Mode;
use crate::blocking::{BlockKind, Unblock};
use crate::client::{ClientId, client_flag};
use crate::command::Command;
use crate::dataset::{LoadFigures, OnDuplicate};
use crate::effect::{Effect, LogLevel};
use crate::error::{self, CommandResult};
use crate::loading::LoadingFrom;
use crate::server_event::ServerEvent;
use crate::state::{State, state_flag};

/// How far the link to the primary has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkStage {
    /// To be connected, at once or by the next cron.
    #[default]
    Connect,
    Connecting,
    Handshake,
    /// The dataset is being received.
    Sync,
    Connected,
}

impl LinkStage {
    /// As ROLE says it.
    pub fn name(self) -> &'static str {
        match self {
            LinkStage::Connect => "connect",
            LinkStage::Connecting => "connecting",
            LinkStage::Handshake => "handshake",
            LinkStage::Sync => "sync",
            LinkStage::Connected => "connected",
        }
    }
}

/// The link to the primary.
#[derive(Debug, Default)]
pub struct PrimaryLink {
    pub stage: LinkStage,
    /// The client whose requests are the primary's stream.
    pub client: Option<ClientId>,
    /// The stream can be gone on with: its data is here.
    pub resumable: bool,
    /// The database the stream has selected, while there is no client.
    pub db: usize,
    /// Executed, but part of a transaction of which the end has not come.
    unaccounted: Vec<u8>,
    /// Unix milliseconds.
    pub up_since_ms: i64,
    pub down_since_ms: Option<i64>,
    pub down_total_ms: i64,
    pub last_io_ms: i64,
    /// Attempts to get the data, since the link was last up and since the server follows.
    pub attempts: u64,
    pub attempts_total: u64,
    /// Of the dataset that is being received: bytes in all, if known, and bytes here.
    pub transfer_bytes: Option<u64>,
    pub transfer_read_bytes: u64,
    /// What expires here because the primary does not know it.
    pub own_expiries: crate::replica_expiry::OwnExpiries,
    next_ack_ms: i64,
    /// Up to where the stream was on the disk when that was last known.
    disk_offset: u64,
}

impl State {
    /// Whether the server follows another.
    #[inline]
    pub fn is_replica(&self) -> bool {
        self.flags & state_flag::REPLICA != 0
    }

    /// A replica without its primary, which may hold old data.
    pub fn is_stale(&self) -> bool {
        self.is_replica() && self.primary_link.stage != LinkStage::Connected
    }

    /// On a replica only its primary writes, unless configured otherwise.
    pub fn refuses_writes_of(&self, client: ClientId) -> bool {
        self.is_replica()
            && self.config.replica_read_only
            && !self.clients[client].has(client_flag::MASTER)
    }

    /// Whether commands that need fresh data are refused.
    pub fn hides_stale_data(&self) -> bool {
        !self.config.replica_serve_stale_data && self.is_stale()
    }

    /// Whether there are too few replicas for a write.
    pub fn lacks_replicas(&self) -> bool {
        let wanted = usize::try_from(self.config.min_replicas_to_write).unwrap_or(0);
        wanted > 0
            && self.config.min_replicas_max_lag > 0
            && !self.is_replica()
            && self.good_replicas() < wanted
    }

    /// What the server's part in replication forbids a command that a script or module calls.
    pub fn check_role(&self, client: ClientId, command: &Command) -> CommandResult {
        if command.has_flag(flag::WRITE) {
            if self.refuses_writes_of(client) {
                return Err(error::READONLY_REPLICA);
            }
            if self.lacks_replicas() {
                return Err(error::NOREPLICAS);
            }
        }
        if self.hides_stale_data() && !command.has_flag(flag::STALE) {
            return Err(error::MASTERDOWN);
        }
        Ok(())
    }

    /// What it forbids a script that says of itself that it may write.
    pub fn check_role_of_script(&self, client: ClientId) -> CommandResult {
        if self.refuses_writes_of(client) {
            // A client is told the same as of any command that writes.
            let real = self.clients[client].is_real();
            return Err(if real { error::READONLY_REPLICA } else { error::READONLY_SCRIPT });
        }
        if self.lacks_replicas() {
            return Err(error::NOREPLICAS);
        }
        Ok(())
    }

    /// At the start: the configuration may name a primary.
    pub(crate) fn follow_configured(&mut self) {
        if self.config.replicaof.0.is_some() {
            self.flags |= state_flag::REPLICA;
            self.effects.push(Effect::FollowPrimary);
        }
    }

    /// REPLICAOF host port.
    pub fn follow(&mut self, host: &[u8], port: u16) {
        let was_primary = !self.is_replica();
        let was_connected = self.primary_link.stage == LinkStage::Connected;
        self.config.replicaof = Replicaof(Some((host.to_vec(), port)));
        self.flags |= state_flag::REPLICA;
        let down_since_ms = self.primary_link.down_since_ms;
        let link = PrimaryLink {
            client: self.primary_link.client,
            // What a primary has sent may be what another sends, too.
            resumable: was_primary && self.feed.has_backlog() || self.primary_link.resumable,
            db: self.primary_link.db,
            down_since_ms,
            ..PrimaryLink::default()
        };
        self.primary_link = link;
        if was_primary {
            self.end_waits_of_primary();
        }
        self.emit(&ServerEvent::RoleChange);
        self.tell_link_lost(was_connected);
        self.effects.push(Effect::FollowPrimary);
    }

    /// REPLICAOF NO ONE.
    pub fn follow_nobody(&mut self) {
        self.config.replicaof = Replicaof(None);
        self.flags &= !state_flag::REPLICA;
        let client = self.primary_link.client;
        let was_connected = self.primary_link.stage == LinkStage::Connected;
        self.primary_link = PrimaryLink { client, ..PrimaryLink::default() };
        let old = std::mem::take(&mut self.replication_id);
        self.feed.previous_id = Some((old, self.feed.offset + 1));
        self.new_replication_id();
        // They learn the new name of the stream by coming back.
        self.disconnect_replicas();
        self.feed.forget_database();
        self.emit(&ServerEvent::RoleChange);
        self.tell_link_lost(was_connected);
        self.effects.push(Effect::FollowPrimary);
    }

    fn tell_link_lost(&mut self, was_connected: bool) {
        if was_connected {
            self.emit(&ServerEvent::PrimaryLink { up: false });
        }
    }

    /// Nobody waits on a replica for what only a primary does.
    fn end_waits_of_primary(&mut self) {
        let waits = |client: &crate::client::Client| {
            let kind = client.blocked.as_ref().map(|blocked| blocked.kind)?;
            (kind != BlockKind::Postponed).then_some(kind)
        };
        let waiting: Vec<_> =
            self.clients.iter().filter_map(|(id, client)| Some((id, waits(client)?))).collect();
        for (id, kind) in waiting {
            if kind == BlockKind::LazyFree {
                self.unblock_with(id, Unblock::Timeout);
                continue;
            }
            // The answer of one that calls for a guest may have ended the wait of another.
            let waits = self.clients.get(id).is_some_and(|client| client.blocked.is_some());
            if kind == BlockKind::Guest || !waits {
                continue;
            }
            let Some(blocked) = self.unblock_client(id) else { continue };
            self.count_answered(id, &blocked.command, &blocked.argv.slices(), 0, true);
            self.stats.count_error(b"UNBLOCKED");
            self.clients[id].reply.error(
                "UNBLOCKED force unblock from blocking operation, instance state changed (master \
                 -> replica?)",
            );
            self.mark_pending_write(id);
            if self.clients[id].is_real() {
                self.effects.push(Effect::Disconnect { client: id, after_reply: true });
            }
            self.tell_answered(id);
        }
    }

    /// The client that stands for the primary is gone: the stream may be gone on with from here.
    pub(crate) fn primary_client_gone(&mut self, client: ClientId) {
        if self.primary_link.client != Some(client) {
            return;
        }
        self.primary_link.client = None;
        self.primary_link.db = self.clients[client].db;
        self.primary_link.unaccounted.clear();
        if self.primary_link.stage == LinkStage::Connected {
            self.primary_link.stage = LinkStage::Connect;
            self.primary_link.attempts = 0;
            self.primary_link.down_since_ms = Some(self.clock.unix_ms());
            self.log(LogLevel::Warning, "Connection with master lost.");
            self.tell_link_lost(true);
        }
    }

    /// Empties the server and loads what the primary has sent.
    pub fn load_from_primary(
        &mut self,
        bytes: &[u8],
        id: &str,
        offset: u64,
    ) -> Result<LoadFigures, String> {
        self.log(LogLevel::Notice, "MASTER <-> REPLICA sync: Flushing old data");
        self.primary_link.resumable = false;
        self.primary_link.db = 0;
        self.primary_link.own_expiries.clear();
        self.disconnect_replicas();
        // The file begins anew with what is loaded.
        if self.aof.mode != Mode::Off {
            self.stop_aof();
        }
        self.flush(None, self.config.replica_lazy_flush);
        self.flush_beside_keys();
        self.log(LogLevel::Notice, "MASTER <-> REPLICA sync: Loading DB in memory");
        self.begin_loading(LoadingFrom::Primary, bytes.len() as u64);
        let loaded = self.load_dataset(bytes, OnDuplicate::Refuse);
        self.end_loading(&loaded);
        let figures = match loaded {
            Ok(figures) => figures,
            Err(error) => {
                self.flush(None, self.config.replica_lazy_flush);
                self.flush_beside_keys();
                return Err(error.to_string());
            }
        };
        id.clone_into(&mut self.replication_id);
        self.feed.previous_id = None;
        self.feed.offset = offset;
        self.renew_backlog();
        self.follow_appendonly();
        Ok(figures)
    }

    /// The primary goes on where it was, possibly under a new name.
    pub fn continue_from_primary(&mut self, id: Option<&str>) {
        let Some(id) = id.filter(|id| *id != self.replication_id) else { return };
        let old = std::mem::replace(&mut self.replication_id, id.to_owned());
        self.feed.previous_id = Some((old, self.feed.offset + 1));
        self.disconnect_replicas();
    }

    /// Makes the client whose requests are the primary's stream; nothing it is replied goes out.
    pub fn make_primary_client(&mut self, peer: crate::client::Peer) -> ClientId {
        let flags = client_flag::MASTER | client_flag::REPLY_OFF | client_flag::DENY_BLOCKING;
        let now_ms = self.clock.unix_ms();
        let user = self.permissions.users.superuser().clone();
        let client = self.clients.add(flags, peer, now_ms, user);
        self.clients[client].db = self.primary_link.db.min(self.databases.len() - 1);
        let link = &mut self.primary_link;
        link.client = Some(client);
        link.stage = LinkStage::Connected;
        link.resumable = true;
        link.up_since_ms = now_ms;
        link.last_io_ms = now_ms;
        if let Some(since_ms) = link.down_since_ms.take() {
            link.down_total_ms += now_ms - since_ms;
        }
        self.begin_backlog();
        if self.is_paused() {
            self.hold_primary(true);
        }
        self.emit(&ServerEvent::PrimaryLink { up: true });
        client
    }

    /// Bytes of the primary's stream that are here and do not count yet.
    pub(crate) fn primary_bytes_waiting(&self) -> u64 {
        let client = self.primary_link.client.and_then(|client| self.clients.get(client));
        let buffered = client.map_or(0, |client| {
            client.connection.query_buffer_bytes + client.connection.argument_bytes
        });
        (self.primary_link.unaccounted.len() + buffered) as u64
    }

    /// One request of the primary has been executed: it counts, and replicas of this server get it as it came.
    pub fn primary_bytes_executed(&mut self, client: ClientId, bytes: &[u8]) {
        if self.primary_link.client != Some(client) || !self.is_replica() {
            return;
        }
        self.primary_link.last_io_ms = self.clock.unix_ms();
        self.primary_link.unaccounted.extend_from_slice(bytes);
        // The begin of a transaction is nothing before its end has come.
        if self.clients.get(client).is_some_and(|client| !client.has(client_flag::MULTI)) {
            let bytes = std::mem::take(&mut self.primary_link.unaccounted);
            self.feed_bytes(&bytes);
            self.primary_link.unaccounted = bytes;
            self.primary_link.unaccounted.clear();
        }
    }

    /// Tells the primary how far this server has come.
    pub fn acknowledge(&mut self) {
        let Some(client) = self.primary_link.client else { return };
        let offset = self.feed.offset.to_string();
        let mut words = vec![b"REPLCONF".as_slice(), b"ACK", offset.as_bytes()];
        if self.is_aof_synced() {
            self.primary_link.disk_offset = self.feed.offset;
        }
        let on_disk = self.primary_link.disk_offset.to_string();
        if self.aof.is_on() {
            words.extend([b"FACK".as_slice(), on_disk.as_bytes()]);
        }
        let mut bytes = Vec::new();
        encode(words.into_iter(), &mut bytes);
        if let Some(session) = self.clients.get_mut(client) {
            session.reply.raw(&bytes);
            self.mark_pending_write(client);
        }
    }

    /// From cron: once a second the primary hears of us.
    pub(crate) fn primary_link_cron(&mut self) {
        let now_ms = self.clock.unix_ms();
        if self.primary_link.client.is_some() && now_ms >= self.primary_link.next_ack_ms {
            self.primary_link.next_ack_ms = now_ms + 1000;
            self.acknowledge();
        }
    }
}
