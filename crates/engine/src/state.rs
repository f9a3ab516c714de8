//! All state of the server that commands can reach.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use config::Config;
use keyspace::Database;
use keyspace::hash::Templates;
use stdx::random::SplitMix64;

use crate::access::AccessPolicy;
use crate::blocking::BlockedKeys;
use crate::client::{Client, ClientId, Clients, OwnedArgv, Peer, client_flag};
use crate::clock::{Clock, ClockPort};
use crate::command::BuiltIn;
use crate::effect::{Effect, LogLevel};
use crate::error::CommandError;
use crate::execute::Outcome;
use crate::latency::LatencyMonitor;
use crate::lazyfree::LazyFree;
use crate::notify::Subscriber;
use crate::permissions::Permissions;
use crate::propagation::{Propagated, Propagation};
use crate::pubsub::Pubsub;
use crate::server_event::ServerEvent;
use crate::slowlog::Slowlog;
use crate::stats::Stats;
use crate::table::CommandTable;
use crate::timers::Timers;
use crate::transaction::WatchedKeys;

/// Buckets moved per database and cron call while a table is resized and the server has nothing else to do.
const REHASH_BUCKETS_PER_CRON: usize = 1000;

/// Bits of [`State::flags`].
pub mod state_flag {
    pub const LOADING: u32 = 1 << 0;
    /// A guest or script runs for long; only few commands are answered.
    pub const BUSY: u32 = 1 << 1;
    pub const PAUSED: u32 = 1 << 2;
    /// maxmemory is set.
    pub const MEMORY_LIMITED: u32 = 1 << 3;

    /// The last background save failed, and writes shall wait until one succeeds.
    pub const SAVING_FAILS: u32 = 1 << 4;

    /// The server follows another.
    pub const REPLICA: u32 = 1 << 5;
    /// Writes need a number of replicas.
    pub const NEEDS_REPLICAS: u32 = 1 << 6;

    /// Cluster mode: each request's keys are looked at.
    pub const CLUSTER: u32 = 1 << 7;

    /// Not a cluster, but requests are counted that one would refuse.
    pub const LOOKS_AT_COMPATIBILITY: u32 = 1 << 8;

    /// With any of these every request takes the long way through the gates.
    pub const NEEDS_GATES: u32 = LOADING
        | BUSY
        | PAUSED
        | MEMORY_LIMITED
        | SAVING_FAILS
        | REPLICA
        | NEEDS_REPLICAS
        | CLUSTER
        | LOOKS_AT_COMPATIBILITY;
}

/// What the engine asks of the shell at once, without an effect.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub clock: ClockPort,
    /// Bytes the allocator has handed out.
    pub memory_used_bytes: fn() -> usize,
    /// Bytes of an allocation of this size, rounded up as the allocator does.
    pub good_size: fn(usize) -> usize,
}

/// CLIENT PAUSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub until_ms: i64,
    /// All commands, not only those that write.
    pub all: bool,
}

/// Rewrites the arguments of every request before it is looked up.
pub type CommandFilter = Rc<dyn Fn(&mut State, ClientId, &mut OwnedArgv)>;

/// Left by a guest for the end of the command.
pub type PostJob = Box<dyn FnOnce(&mut State)>;

/// Takes what is propagated.
pub type PropagationTaker = Rc<dyn Fn(&mut State, Vec<Propagated>)>;

/// The state.
pub struct State {
    pub config: Config,
    pub table: CommandTable,
    pub permissions: Permissions,
    /// Arguments of the running module command that are nobody's business.
    pub redacted_arguments: Vec<usize>,
    pub databases: Vec<Database>,
    /// The names of fields that hashes share.
    pub templates: Templates,
    pub(crate) templates_cron_s: i64,
    pub clients: Clients,
    pub clock: Clock,
    pub ports: Ports,
    pub flags: u32,
    pub stats: Stats,
    pub effects: Vec<Effect>,
    /// Changes since the last save.
    pub dirty: u64,
    /// Depth of nested calls; 0 outside commands.
    pub depth: u32,
    pub propagation: Propagation,
    pub propagation_taker: Option<PropagationTaker>,
    pub feed: crate::replica_feed::ReplicaFeed,
    pub primary_link: crate::primary_link::PrimaryLink,
    pub post_jobs: Vec<PostJob>,
    pub pubsub: Pubsub,
    pub watched: WatchedKeys,
    pub tracking: crate::tracking::Tracking,
    /// The client whose command is executed, whoever nests calls inside.
    pub executing: Option<ClientId>,
    pub blocked_keys: BlockedKeys,
    pub block_deadlines: BinaryHeap<Reverse<(i64, ClientId)>>,
    pub reexecute_deadline_ms: Option<i64>,
    /// Bytes from which an element of a list has a node of its own, where DEBUG has set that.
    pub list_plain_from_bytes: Option<usize>,
    pub postponed: Vec<ClientId>,
    pub pause: Option<Pause>,
    pub timers: Timers,
    pub(crate) calls: CallNotes,
    pub slowlog: Slowlog,
    pub latency: LatencyMonitor,
    pub hotkeys: Option<Box<crate::hotkeys::Hotkeys>>,
    pub lazyfree: LazyFree,
    pub monitors: Vec<ClientId>,
    pub subscribers: Vec<Subscriber>,
    pub event_listeners: Vec<crate::server_event::EventListener>,
    /// Classes of `notify-keyspace-events`.
    pub config_notify_classes: u32,
    /// Classes anybody wants to hear.
    pub notify_classes: u32,
    pub command_filters: Vec<(u64, CommandFilter)>,
    pub pending_writes: Vec<ClientId>,
    pub access_policy: AccessPolicy,
    new_key_access: u32,
    pub no_touch: bool,
    /// DEBUG SET-ALLOW-ACCESS-EXPIRED, or a module opened keys so.
    pub allow_access_expired: u32,
    pub active_expire_enabled: bool,
    pub debug: DebugSwitches,
    pub active_expire: crate::expire::ActiveExpire,
    pub busy_error: Option<CommandError>,
    /// DEBUG SET-DISABLE-DENY-SCRIPTS: scripts may call commands that are not for them.
    pub scripts_may_all: bool,
    pub started_ms: i64,
    pub run_id: String,
    pub replication_id: String,
    pub host: crate::host::Host,
    pub saving: crate::saving::Saving,
    pub aof: crate::aof::Aof,
    pub(crate) evict_pool: crate::evict::EvictionPool,
    pub defrag: crate::defrag::Defrag,
    pub links: crate::links::Links,
    pub guests: crate::guests::Guests,
    /// Only in cluster mode.
    pub cluster: Option<Box<crate::cluster::Cluster>>,
    pub(crate) rate_sample: crate::stats::Sample,
    pub(crate) random: SplitMix64,
}

/// What holds during the calls that are nested right now.
#[derive(Debug, Default)]
pub(crate) struct CallNotes {
    /// Errors that calls have been blamed for.
    pub(crate) errors_claimed: u64,
    /// Where the reply of the command that nests all others begins.
    pub(crate) outer_mark: resp::reply::Mark,
    /// How many of them run scripts.
    pub(crate) scripts: u32,
    /// Microseconds that a guest worked for a client while that waited, of the wait that ends now.
    pub(crate) guest_us: u64,
}

/// What DEBUG has switched on.
#[derive(Debug, Default)]
pub struct DebugSwitches {
    /// DEBUG PAUSE-CRON.
    pub cron_paused: bool,
    /// DEBUG DICT-RESIZING 0.
    pub resizing_forbidden: bool,
    /// DEBUG KEYSIZES-HIST-ASSERT: after each command the histograms are compared with the keys.
    pub check_histograms: bool,
    /// DEBUG AOF-FLUSH-SLEEP: how long each write of the append-only file waits first.
    pub aof_flush_sleep_us: u64,
    /// DEBUG ENABLE-KEYMETA-RUNTIME-REGISTRATION: modules may create classes of metadata whenever they like.
    pub metadata_classes_any_time: bool,
}

/// The engine as the shell holds it.
pub struct Engine {
    pub state: State,
}

impl Engine {
    /// Makes the state. `seed` is 32 random bytes: for hashing and for random choices.
    pub fn new(
        mut config: Config,
        built_ins: &[&'static BuiltIn],
        ports: Ports,
        seed: [u8; 32],
    ) -> Engine {
        if config.cluster_enabled {
            // A cluster has one database.
            config.databases = 1;
        }
        Engine { state: State::new(config, built_ins, ports, seed) }
    }

    /// A connection has been accepted.
    pub fn client_connected(&mut self, peer: Peer) -> ClientId {
        self.state.connect_client(peer)
    }

    /// A connection has gone.
    pub fn client_disconnected(&mut self, client: ClientId) {
        self.state.disconnect_client(client);
    }

    /// Executes a request.
    #[inline]
    pub fn execute(&mut self, client: ClientId, argv: &[&[u8]]) -> Outcome {
        self.state.execute(client, argv)
    }

    /// At the begin of each turn of the event loop, after waiting.
    pub fn after_sleep(&mut self) {
        self.state.clock.refresh();
        self.state.begin_turn();
        if self.state.guests.frequent_events.turns {
            self.state.emit(&ServerEvent::EventLoop { waits: false });
        }
        self.state.refresh_access();
    }

    /// At the end of each turn, before waiting: blocked clients' deadlines, timers, quick expiry.
    pub fn before_sleep(&mut self) {
        self.state.before_sleep();
    }

    /// `hz` times a second.
    pub fn cron(&mut self) {
        self.state.cron();
    }

    /// When the loop must wake at the latest, in microseconds of the monotonic clock.
    pub fn next_wake_us(&self) -> Option<u64> {
        self.state.next_wake_us()
    }
}

fn run_id(seed: &[u8; 32]) -> String {
    stdx::text::hex(&seed[12..32])
}

/// What the random bytes of the shell decide: how keys are hashed, and what the generator begins with.
fn seeded(config: &Config, seed: &[u8; 32]) -> (Vec<Database>, SplitMix64) {
    let mut hash_seed = [0u8; 16];
    hash_seed.copy_from_slice(&seed[..16]);
    let mut random = [0u8; 8];
    random.copy_from_slice(&seed[16..24]);
    let count = usize::try_from(config.databases).unwrap_or(1).max(1);
    let database = || Database::new(keyspace::HashSeed::new(hash_seed));
    let databases = std::iter::repeat_with(database).take(count).collect();
    (databases, SplitMix64::new(u64::from_le_bytes(random)))
}

impl State {
    fn new(config: Config, built_ins: &[&'static BuiltIn], ports: Ports, seed: [u8; 32]) -> State {
        let clock = Clock::new(ports.clock);
        let (databases, random) = seeded(&config, &seed);
        let state = State {
            table: CommandTable::new(built_ins),
            permissions: Permissions::default(),
            redacted_arguments: Vec::new(),
            templates: Templates::new(databases[0].seed()),
            templates_cron_s: 0,
            databases,
            clients: Clients::default(),
            clock,
            ports,
            flags: 0,
            stats: Stats::default(),
            effects: Vec::new(),
            dirty: 0,
            depth: 0,
            propagation: Propagation::default(),
            propagation_taker: None,
            feed: crate::replica_feed::ReplicaFeed::default(),
            primary_link: crate::primary_link::PrimaryLink::default(),
            post_jobs: Vec::new(),
            pubsub: Pubsub::default(),
            watched: WatchedKeys::default(),
            tracking: crate::tracking::Tracking::default(),
            executing: None,
            blocked_keys: BlockedKeys::default(),
            block_deadlines: BinaryHeap::new(),
            reexecute_deadline_ms: None,
            list_plain_from_bytes: None,
            postponed: Vec::new(),
            pause: None,
            timers: Timers::default(),
            calls: CallNotes::default(),
            slowlog: Slowlog::default(),
            latency: LatencyMonitor::default(),
            hotkeys: None,
            lazyfree: LazyFree::default(),
            monitors: Vec::new(),
            subscribers: Vec::new(),
            event_listeners: Vec::new(),
            config_notify_classes: 0,
            notify_classes: 0,
            command_filters: Vec::new(),
            pending_writes: Vec::new(),
            access_policy: AccessPolicy::Lru,
            new_key_access: 0,
            no_touch: false,
            allow_access_expired: 0,
            active_expire_enabled: true,
            debug: DebugSwitches::default(),
            active_expire: crate::expire::ActiveExpire::default(),
            busy_error: None,
            scripts_may_all: false,
            started_ms: clock.unix_ms(),
            run_id: run_id(&seed),
            replication_id: String::new(),
            host: crate::host::Host::default(),
            saving: crate::saving::Saving::new(clock.unix_s()),
            aof: crate::aof::Aof::default(),
            links: crate::links::Links::default(),
            evict_pool: crate::evict::EvictionPool::default(),
            defrag: crate::defrag::Defrag::default(),
            guests: crate::guests::Guests::default(),
            cluster: None,
            rate_sample: crate::stats::Sample::default(),
            random,
            config,
        };
        state.begun()
    }

    /// What is not there until the rest is.
    fn begun(mut self) -> State {
        self.new_replication_id();
        self.found_cluster();
        self.apply_config_at_start();
        self
    }

    /// A random number, from the seed the shell gave.
    pub fn random_u64(&mut self) -> u64 {
        self.random.next_u64()
    }

    /// Gives the data set a new name for replication.
    pub fn new_replication_id(&mut self) {
        self.replication_id = self.random_name();
    }

    /// A connection has been accepted.
    pub fn connect_client(&mut self, peer: Peer) -> ClientId {
        self.stats.connections_received += 1;
        let mut flags = 0;
        if peer.unix_socket {
            flags |= client_flag::UNIX_SOCKET;
        }
        if self.default_user_needs_password() {
            flags |= client_flag::UNAUTHENTICATED;
        }
        let user = self.permissions.users.default_user().clone();
        let client = self.clients.add(flags, peer, self.clock.unix_ms(), user);
        if self.has_event_listeners() {
            self.emit(&ServerEvent::ClientChange { client, connected: true });
        }
        client
    }

    /// Whether the commands of a transaction run.
    pub fn is_in_transaction(&self) -> bool {
        let executing = self.executing.and_then(|client| self.clients.get(client));
        executing.is_some_and(|client| client.has(client_flag::IN_EXEC))
    }

    /// Whether a script runs.
    pub fn is_in_script(&self) -> bool {
        self.calls.scripts > 0
    }

    /// A client without a connection, for a guest.
    pub fn make_fake_client(&mut self, flags: u64) -> ClientId {
        let now_ms = self.clock.unix_ms();
        let peer = Peer { file_descriptor: -1, ..Peer::default() };
        let user = self.permissions.users.superuser().clone();
        self.clients.add(flags | client_flag::FAKE, peer, now_ms, user)
    }

    /// A connection has gone: all that it held is let go.
    pub fn disconnect_client(&mut self, client: ClientId) {
        if self.has_event_listeners() && self.clients.get(client).is_some_and(Client::is_real) {
            self.emit(&ServerEvent::ClientChange { client, connected: false });
        }
        let Some(session) = self.clients.get_mut(client) else { return };
        for call in std::mem::take(&mut session.on_disconnect) {
            call(self, client);
        }
        self.tell_user_change(client);
        self.unblock_client(client);
        self.unwatch_all(client);
        self.disable_tracking(client);
        self.unsubscribe_all(client);
        self.monitors.retain(|monitor| *monitor != client);
        self.remove_replica(client);
        self.forget_aof_wait(client);
        self.primary_client_gone(client);
        self.postponed.retain(|postponed| *postponed != client);
        self.clients.remove(client);
    }

    /// Tells the shell that a client has output which was not asked for by its own request.
    pub fn mark_pending_write(&mut self, client: ClientId) {
        let Some(session) = self.clients.get_mut(client) else { return };
        if session.is_real() && !session.has(client_flag::PENDING_WRITE) {
            session.flags |= client_flag::PENDING_WRITE;
            self.pending_writes.push(client);
        }
    }

    /// Asks the shell to write a log line.
    pub fn log(&mut self, level: LogLevel, text: impl Into<String>) {
        self.effects.push(Effect::Log { level, text: text.into() });
    }

    /// Tells the databases what access word new keys get; it changes once a second at most.
    pub(crate) fn refresh_access(&mut self) {
        let access = self.access_policy.initial(self.clock.unix_ms());
        if access == self.new_key_access {
            return;
        }
        self.new_key_access = access;
        let touch_overwritten = !self.access_policy.is_lfu();
        for database in &mut self.databases {
            database.set_new_key_access(access, touch_overwritten);
        }
    }

    fn before_sleep(&mut self) {
        if self.guests.frequent_events.turns {
            self.emit(&ServerEvent::EventLoop { waits: true });
        }
        self.wake_freed();
        self.run_timers();
        if let Some(finish_waits) = self.guests.finish_waits {
            finish_waits(self);
        }
        self.expire_blocked();
        self.end_pause_when_due();
        self.active_expire_fast();
        self.drop_left_slots();
        self.propagate_aside();
        // What guests and timers changed outside a command is committed here.
        self.commit();
        self.wake_blocked();
        self.ask_replicas();
        self.send_broadcasts();
        self.cluster_turn();
        self.end_turn();
    }

    pub(crate) fn end_pause_when_due(&mut self) {
        if let Some(pause) = self.pause
            && pause.until_ms <= self.clock.unix_ms()
        {
            self.end_pause();
        }
    }

    fn next_wake_us(&self) -> Option<u64> {
        let now_ms = self.clock.unix_ms();
        let now_us = self.clock.monotonic_us();
        let from_ms = |deadline_ms: i64| {
            now_us + u64::try_from(deadline_ms.saturating_sub(now_ms)).unwrap_or(0) * 1000
        };
        let blocked =
            self.block_deadlines.peek().map(|Reverse((deadline_ms, _))| from_ms(*deadline_ms));
        let paused = self.pause.map(|pause| from_ms(pause.until_ms));
        [blocked, paused, self.timers.next_due_us()].into_iter().flatten().min()
    }

    pub fn note_memory_peak(&mut self) {
        let used = (self.ports.memory_used_bytes)() as u64;
        self.stats.peak_memory_bytes = self.stats.peak_memory_bytes.max(used);
    }

    fn cron(&mut self) {
        if self.has_event_listeners() {
            self.emit(&ServerEvent::CronLoop { hz: self.config.hz });
        }
        let started_us = self.clock.monotonic_us_now();
        self.note_memory_peak();
        for database in &mut self.databases {
            database.rehash_step(REHASH_BUCKETS_PER_CRON);
        }
        for garbage in
            self.databases.iter_mut().filter_map(Database::take_garbage).collect::<Vec<_>>()
        {
            self.free_in_background(garbage, 0);
        }
        self.active_expire_slow();
        self.expire_producers();
        self.propagate_aside();
        self.stats_sample();
        self.hotkeys_cron();
        self.evict();
        self.defrag_cron();
        self.saving_cron();
        self.feed_cron();
        self.primary_link_cron();
        self.templates_cron();
        self.parked_cron();
        self.aof_cron();
        self.links.close_idle(self.clock.unix_ms());
        let cron_us = self.clock.monotonic_us_now().saturating_sub(started_us);
        self.stats.event_loop.cron_us += cron_us;
    }
}
