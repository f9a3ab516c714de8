//! Cluster mode: whether the cluster is up, what becomes of slots that go, and the file that keeps it all.

mod compatibility;
mod redirect;

pub(crate) use compatibility::gate as compatibility_gate;
pub use redirect::Refusal;
pub(crate) use redirect::gate;

use cluster::{SLOTS, View};
use command_spec::flag;

use crate::blocking::BlockKind;
use crate::client::ClientId;
use crate::effect::LogLevel;
use crate::notify::class;
use crate::state::{State, state_flag};

/// How long after the start a primary waits before it says that it is up.
const SETTLING_MS: i64 = 2000;
/// How often a cluster that is down looks whether it is up again.
const CHECK_EVERY_MS: i64 = 100;
/// Bounds of the time that a node which was in a minority waits before it is up.
const REJOIN_MS: (i64, i64) = (500, 5000);
/// The bus listens so many ports above the clients.
const BUS_PORT_DISTANCE: u16 = 10_000;

/// A node's share of the state.
#[derive(Debug)]
pub struct Cluster {
    pub view: View,
    /// Whether all is served that has to be.
    pub is_up: bool,
    /// Address that others have seen us under.
    pub own_ip: String,
    /// Known to all nodes, and to nobody else.
    pub secret: String,
    /// A module cares for where keys are: no slot is asked for.
    pub serves_every_slot: bool,
    first_check_ms: Option<i64>,
    minority_ms: i64,
    last_check_ms: i64,
    is_changed: bool,
    is_check_due: bool,
    /// Slots that were ours, and whose keys are to be deleted.
    left: Vec<u16>,
}

impl State {
    /// Begins as a cluster of one node that nobody has heard of.
    pub(crate) fn found_cluster(&mut self) {
        if !self.config.cluster_enabled {
            return;
        }
        for database in &mut self.databases {
            database.index_slots();
        }
        let (id, shard_id, secret) = (self.random_name(), self.random_name(), self.random_name());
        self.cluster = Some(Box::new(Cluster {
            view: View::alone(id, shard_id),
            is_up: false,
            own_ip: String::new(),
            secret,
            serves_every_slot: false,
            first_check_ms: None,
            minority_ms: 0,
            last_check_ms: 0,
            is_changed: true,
            is_check_due: true,
            left: Vec::new(),
        }));
        self.flags |= state_flag::CLUSTER;
        self.refresh_cluster_address();
    }

    /// Goes on as what the file says; `Err` is the line that cannot be understood.
    pub fn load_cluster(&mut self, text: &str) -> Result<(), String> {
        let view = cluster::file::read(text)?;
        if let Some(cluster) = &mut self.cluster {
            cluster.own_ip.clone_from(&view.myself().ip);
            cluster.view = view;
        }
        self.refresh_cluster_address();
        Ok(())
    }

    /// 40 random hexadecimal digits.
    pub fn random_name(&mut self) -> String {
        let mut name = String::new();
        for _ in 0..3 {
            let part = self.random_u64();
            name.push_str(&format!("{part:016x}"));
        }
        name.truncate(cluster::node::NAME_LEN);
        name
    }

    /// How this node describes itself to others follows the configuration.
    pub(crate) fn refresh_cluster_address(&mut self) {
        let Some(cluster) = &mut self.cluster else { return };
        let config = &self.config;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let port_or = |announced: i32, otherwise: u16| match u16::try_from(announced) {
            Ok(port) if port > 0 => port,
            _ => otherwise,
        };
        let port = if config.tls_cluster { config.tls_port } else { config.port };
        let port = u16::try_from(port).unwrap_or(0);
        let myself = cluster.view.myself_mut();
        let announced = text(&config.cluster_announce_ip);
        myself.ip = if announced.is_empty() { cluster.own_ip.clone() } else { announced };
        myself.hostname = text(&config.cluster_announce_hostname);
        myself.port = port_or(config.cluster_announce_port, port);
        let bus_port = port_or(config.cluster_port, port.saturating_add(BUS_PORT_DISTANCE));
        myself.bus_port = port_or(config.cluster_announce_bus_port, bus_port);
        cluster.is_changed = true;
    }

    /// The node has learnt under which address others see it.
    pub fn cluster_address_changed(&mut self) {
        self.refresh_cluster_address();
    }

    /// The view has changed: it is looked at and saved before the server waits for requests again.
    pub fn cluster_changed(&mut self) {
        if let Some(cluster) = &mut self.cluster {
            cluster.is_changed = true;
            cluster.is_check_due = true;
        }
    }

    /// Writes the file.
    pub fn save_cluster(&mut self) -> Result<(), String> {
        let Some(cluster) = &mut self.cluster else { return Ok(()) };
        cluster.is_changed = false;
        let text = cluster::file::write(&cluster.view);
        (self.host.port.save_cluster)(self, &text)
    }

    /// At the end of each turn.
    pub(crate) fn cluster_turn(&mut self) {
        let now_ms = self.clock.unix_ms();
        let Some(cluster) = &mut self.cluster else { return };
        let is_due = cluster.is_check_due
            || !cluster.is_up && now_ms - cluster.last_check_ms >= CHECK_EVERY_MS;
        if is_due {
            self.check_cluster();
        }
        if self.cluster.as_ref().is_some_and(|cluster| cluster.is_changed)
            && let Err(reason) = self.save_cluster()
        {
            self.log(
                LogLevel::Warning,
                format!("Can't save the cluster's configuration: {reason}"),
            );
        }
    }

    /// Is the cluster up?
    fn check_cluster(&mut self) {
        let now_ms = self.clock.unix_ms();
        let config = &self.config;
        let Some(cluster) = &mut self.cluster else { return };
        cluster.last_check_ms = now_ms;
        cluster.is_check_due = false;
        let first_ms = *cluster.first_check_ms.get_or_insert(now_ms);
        if !cluster.is_up && now_ms - first_ms < SETTLING_MS {
            return;
        }
        let covered = cluster.view.assigned() == usize::from(SLOTS);
        let mut is_up = covered || !config.cluster_require_full_coverage;
        if cluster.view.reachable() < cluster.view.size() / 2 + 1 {
            cluster.minority_ms = now_ms;
            is_up = false;
        }
        if is_up == cluster.is_up {
            return;
        }
        let rejoin_ms = config.cluster_node_timeout.clamp(REJOIN_MS.0, REJOIN_MS.1);
        if is_up && now_ms - cluster.minority_ms < rejoin_ms {
            return;
        }
        cluster.is_up = is_up;
        let (level, word) =
            if is_up { (LogLevel::Notice, "ok") } else { (LogLevel::Warning, "fail") };
        self.log(level, format!("Cluster state changed: {word}"));
        if !is_up {
            self.refuse_blocked();
        }
    }

    /// Serves a slot that nobody serves.
    pub fn take_slot(&mut self, slot: u16) {
        let Some(cluster) = &mut self.cluster else { return };
        if cluster.view.take_slot(slot) && cluster.left.contains(&slot) {
            // What it held before does not come back.
            self.drop_left_slots();
        }
    }

    /// Leaves a slot to nobody. Its keys are deleted before the server waits for requests again, or takes it back.
    pub fn release_slot(&mut self, slot: u16) {
        let Some(cluster) = &mut self.cluster else { return };
        if cluster.view.release_slot(slot) {
            cluster.left.push(slot);
        }
    }

    /// Deletes the keys of slots that are ours no more.
    pub(crate) fn drop_left_slots(&mut self) {
        let Some(cluster) = &mut self.cluster else { return };
        for slot in std::mem::take(&mut cluster.left) {
            self.drop_slot_keys(slot);
        }
    }

    /// Keys in a slot, but for those that are about to go.
    pub fn count_in_slot(&self, slot: u16) -> usize {
        match &self.cluster {
            Some(cluster) if cluster.left.contains(&slot) => 0,
            _ => self.databases[0].count_in_slot(slot),
        }
    }

    fn drop_slot_keys(&mut self, slot: u16) {
        let keys = self.databases[0].keys_in_slot(slot, usize::MAX);
        for key in keys {
            let lazy = self.config.lazyfree_lazy_server_del;
            if self.delete_key(0, &key, lazy) {
                self.propagation.also(0, &[b"DEL", &key]);
                self.notify(class::GENERIC, "del", 0, &key);
                self.dirty += 1;
            }
        }
    }

    /// Clients that wait for keys which are not served any more are told so.
    pub fn refuse_blocked(&mut self) {
        let waiting: Vec<ClientId> = self
            .clients
            .iter()
            .filter(|(_, client)| {
                client.blocked.as_ref().is_some_and(|blocked| blocked.kind == BlockKind::Keys)
            })
            .map(|(id, _)| id)
            .collect();
        for client in waiting {
            let Some(blocked) = self.clients[client].blocked.as_ref() else { continue };
            let (command, argv) = (blocked.command.clone(), blocked.argv.clone());
            let Err(refusal) = self.check_slots(&command, &argv.slices(), false) else { continue };
            let error = refusal.error();
            self.unblock_client(client);
            self.stats.count_error(error.code());
            self.clients[client].reply.error(error.as_bytes());
            self.mark_pending_write(client);
            self.tell_answered(client);
        }
    }

    /// Takes the slots of keys that a saved data set brought and nobody serves. Says which.
    pub fn claim_loaded_slots(&mut self) {
        let Some(cluster) = &mut self.cluster else { return };
        let mut claimed = Vec::new();
        for slot in 0..SLOTS {
            if self.databases[0].count_in_slot(slot) > 0 && cluster.view.take_slot(slot) {
                claimed.push(slot);
            }
        }
        for slot in &claimed {
            let text =
                format!("I have keys for unassigned slot {slot}. Taking responsibility for it.");
            self.log(LogLevel::Notice, text);
        }
        if !claimed.is_empty() {
            self.cluster_changed();
        }
    }

    /// `redis_mode` and the like.
    pub fn mode_name(&self) -> &'static str {
        if self.cluster.is_some() { "cluster" } else { "standalone" }
    }
}

/// Whether a command only reads, as far as a cluster that is down may still answer it.
fn only_reads(flags: u64) -> bool {
    flags & (flag::WRITE | flag::MAY_REPLICATE) == 0
}
