//! The logical session of a client; the socket belongs to the shell.

use std::rc::Rc;

use indexmap::IndexSet;
use resp::reply::Reply;
use slab::Slab;

use crate::blocking::Blocked;
use crate::command::Command;

/// Names a client slot; the shell keeps its connections under the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u32);

/// Bits of [`Client::flags`].
pub mod client_flag {
    /// In MULTI.
    pub const MULTI: u64 = 1 << 0;
    /// A watched key was touched: EXEC will answer nil.
    pub const DIRTY_CAS: u64 = 1 << 1;
    /// A command could not be queued: EXEC will abort.
    pub const DIRTY_EXEC: u64 = 1 << 2;
    /// Waits in a blocking command.
    pub const BLOCKED: u64 = 1 << 3;
    /// Will be closed once its output is written.
    pub const CLOSE_AFTER_REPLY: u64 = 1 << 4;
    /// Will be closed at once.
    pub const CLOSE_ASAP: u64 = 1 << 5;
    /// Has no socket: belongs to a module or a script.
    pub const FAKE: u64 = 1 << 6;
    /// CLIENT REPLY OFF.
    pub const REPLY_OFF: u64 = 1 << 7;
    /// CLIENT REPLY SKIP, for the next command.
    pub const REPLY_SKIP_NEXT: u64 = 1 << 8;
    /// CLIENT REPLY SKIP, for this command.
    pub const REPLY_SKIP: u64 = 1 << 9;
    pub const NO_EVICT: u64 = 1 << 10;
    pub const NO_TOUCH: u64 = 1 << 11;
    pub const MONITOR: u64 = 1 << 12;
    pub const REPLICA: u64 = 1 << 13;
    pub const MASTER: u64 = 1 << 14;
    pub const UNIX_SOCKET: u64 = 1 << 15;
    pub const TRACKING: u64 = 1 << 16;
    pub const READONLY: u64 = 1 << 17;
    /// Has output that the shell has been told of.
    pub const PENDING_WRITE: u64 = 1 << 18;
    /// Subscribed in RESP2: only few commands are allowed.
    pub const PUBSUB: u64 = 1 << 19;
    /// Must authenticate first.
    pub const UNAUTHENTICATED: u64 = 1 << 20;
    /// Executes a command right now.
    pub const EXECUTING: u64 = 1 << 21;
    /// The last request was an inline command.
    pub const INLINE: u64 = 1 << 22;
    /// A module blocked it, or a script denies blocking.
    pub const DENY_BLOCKING: u64 = 1 << 23;
    /// Runs commands of its queue in EXEC.
    pub const IN_EXEC: u64 = 1 << 24;
    /// Postponed by CLIENT PAUSE.
    pub const PAUSED: u64 = 1 << 25;
    /// Re-executes the command it was blocked in.
    pub const REEXECUTING: u64 = 1 << 26;
    /// Asked for by a module: has an internal connection's rights.
    pub const INTERNAL: u64 = 1 << 27;
    /// Calls for a module that did not ask for the limit of memory to be heeded.
    pub const OOM_ALLOWED: u64 = 1 << 28;

    /// ASKING: the next request may be for a slot that is on its way here.
    pub const ASKING: u64 = 1 << 29;

    /// Its user may not do everything.
    pub const RESTRICTED: u64 = 1 << 30;

    /// Calls commands for a script.
    pub const SCRIPT: u64 = 1 << 31;

    /// Calls a command for a module that did not ask for it to be propagated.
    pub const MUTED: u64 = 1 << 32;

    /// With any of these a request takes the long way through the gates.
    pub const NEEDS_GATES: u64 = MULTI
        | UNAUTHENTICATED
        | RESTRICTED
        | PUBSUB
        | REPLICA
        | MASTER
        | MONITOR
        | CLOSE_AFTER_REPLY
        | CLOSE_ASAP;
}

/// A request that is kept: arguments in one allocation each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedArgv(pub Vec<Box<[u8]>>);

impl OwnedArgv {
    pub fn from_slices(argv: &[&[u8]]) -> OwnedArgv {
        OwnedArgv(argv.iter().map(|argument| Box::from(*argument)).collect())
    }

    /// The form in which commands take their arguments.
    pub fn slices(&self) -> Vec<&[u8]> {
        self.0.iter().map(|argument| &**argument).collect()
    }

    /// Bytes of the arguments themselves.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|argument| argument.len()).sum()
    }
}

/// A command waiting for EXEC.
pub struct QueuedCommand {
    pub command: Rc<Command>,
    pub argv: OwnedArgv,
}

/// Called when a client goes, or has come to something.
pub type OnDisconnect = Rc<dyn Fn(&mut crate::State, ClientId)>;

/// Who the client is, as the shell knows it.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// `127.0.0.1:5000`, or the path of the unix socket with `:0`.
    pub address: String,
    /// Local address.
    pub local_address: String,
    pub unix_socket: bool,
    pub file_descriptor: i32,
}

/// Sizes and times that the shell keeps, for CLIENT LIST.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionInfo {
    pub query_buffer_bytes: usize,
    pub query_buffer_free_bytes: usize,
    /// Arguments of a request whose end has not come.
    pub argument_bytes: usize,
    pub net_input_bytes: u64,
    pub net_output_bytes: u64,
    pub read_events: u64,
    pub parse_batches: u64,
}

/// A client.
pub struct Client {
    /// CLIENT ID.
    pub id: u64,
    pub flags: u64,
    pub db: usize,
    pub reply: Reply,
    pub reply_room: crate::client_memory::ReplyRoom,
    /// What is counted of its memory in the sum of all clients.
    pub(crate) counted_bytes: usize,
    pub name: Vec<u8>,
    pub library_name: Vec<u8>,
    pub library_version: Vec<u8>,
    /// CLIENT TRACKING.
    pub tracking: Option<Box<crate::tracking::TrackingOptions>>,
    /// Who it is. Only [`State::set_user`](crate::State::set_user) changes it.
    pub user: Rc<acl::User>,
    pub peer: Peer,
    pub connection: ConnectionInfo,
    pub created_ms: i64,
    pub last_interaction_ms: i64,
    pub queue: Vec<QueuedCommand>,
    pub queue_bytes: usize,
    /// Watched keys: database and name, and whether the key was expired already when watched.
    pub watched: Vec<(usize, Box<[u8]>, bool)>,
    pub blocked: Option<Box<Blocked>>,
    pub last_command: Option<Rc<Command>>,
    pub commands_processed: u64,
    pub channels: IndexSet<Rc<[u8]>>,
    pub patterns: IndexSet<Rc<[u8]>>,
    pub shard_channels: IndexSet<Rc<[u8]>>,
    /// Guests that want to know when the client goes.
    pub on_disconnect: Vec<OnDisconnect>,
    /// The guest for which it calls a command that waits, and which goes on when that has been answered.
    pub on_answered: Option<OnDisconnect>,
    /// The guest that made it somebody, and wants to know when it is so no more.
    pub on_user_change: Option<OnDisconnect>,
    /// How far modules have come with its login.
    pub login: Option<Box<crate::guests::LoginProgress>>,
    /// What it has said of itself as a replica.
    pub replica: Option<Box<crate::replica_feed::ReplicaSession>>,
    /// Up to where in the replication stream stands what it wrote.
    pub write_offset: u64,
    /// What it has prepared for HIMPORT.
    pub fieldsets: crate::fieldsets::Fieldsets,
    /// SCRIPT DEBUG: how its scripts are to be run.
    pub debugging: Option<crate::guests::ScriptDebugging>,
}

impl Client {
    /// Whether the time of a key it watches had passed when that began.
    pub(crate) fn watched_expired(&mut self, db: usize, key: &[u8]) -> Option<&mut bool> {
        let same = |watched: &&mut (usize, Box<[u8]>, bool)| watched.0 == db && *watched.1 == *key;
        self.watched.iter_mut().find(same).map(|watched| &mut watched.2)
    }

    pub fn has(&self, bits: u64) -> bool {
        self.flags & bits != 0
    }

    pub fn set(&mut self, bits: u64, on: bool) {
        if on {
            self.flags |= bits;
        } else {
            self.flags &= !bits;
        }
    }

    /// Whether this is a connection a person would count.
    pub fn is_real(&self) -> bool {
        !self.has(client_flag::FAKE)
    }

    /// Whether it comes from this machine, for what only local connections may do.
    pub fn is_local(&self) -> bool {
        self.peer.unix_socket
            || self.has(client_flag::FAKE)
            || self.peer.address.starts_with("127.")
            || self.peer.address.starts_with("[::1]")
    }

    pub fn subscriptions(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }
}

/// All clients.
#[derive(Default)]
pub struct Clients {
    slots: Slab<Client>,
    next_id: u64,
    real: usize,
    /// Memory of those that `maxmemory-clients` is about, while that is set.
    pub(crate) counted_bytes: usize,
    pub buffers: crate::client_memory::Buffers,
}

impl Clients {
    /// Makes a client in a slot of its own. The first has the number 1... as CLIENT ID shows.
    pub fn add(&mut self, flags: u64, peer: Peer, now_ms: i64, user: Rc<acl::User>) -> ClientId {
        self.next_id += 1;
        let restricted = if user.is_unrestricted() { 0 } else { client_flag::RESTRICTED };
        let flags = flags | restricted;
        let real = flags & client_flag::FAKE == 0;
        self.real += usize::from(real);
        let slot = self.slots.insert(Client {
            id: self.next_id,
            flags,
            db: 0,
            reply: Reply::default(),
            reply_room: crate::client_memory::ReplyRoom::default(),
            counted_bytes: 0,
            name: Vec::new(),
            library_name: Vec::new(),
            library_version: Vec::new(),
            tracking: None,
            user,
            peer,
            connection: ConnectionInfo::default(),
            created_ms: now_ms,
            last_interaction_ms: now_ms,
            queue: Vec::new(),
            queue_bytes: 0,
            watched: Vec::new(),
            blocked: None,
            last_command: None,
            commands_processed: 0,
            channels: IndexSet::new(),
            patterns: IndexSet::new(),
            shard_channels: IndexSet::new(),
            on_disconnect: Vec::new(),
            on_answered: None,
            on_user_change: None,
            login: None,
            replica: None,
            write_offset: 0,
            fieldsets: crate::fieldsets::Fieldsets::default(),
            debugging: None,
        });
        ClientId(u32::try_from(slot).expect("fewer than 2^32 clients: file descriptors are ints"))
    }

    pub fn remove(&mut self, id: ClientId) -> Option<Client> {
        let client = self.slots.try_remove(id.0 as usize)?;
        self.real -= usize::from(client.is_real());
        self.counted_bytes -= client.counted_bytes;
        Some(client)
    }

    pub fn get(&self, id: ClientId) -> Option<&Client> {
        self.slots.get(id.0 as usize)
    }

    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.slots.get_mut(id.0 as usize)
    }

    /// Finds by CLIENT ID.
    pub fn by_number(&self, number: u64) -> Option<ClientId> {
        self.iter().find(|(_, client)| client.id == number).map(|(id, _)| id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (ClientId, &Client)> {
        self.slots.iter().map(|(slot, client)| (ClientId(slot as u32), client))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ClientId, &mut Client)> {
        self.slots.iter_mut().map(|(slot, client)| (ClientId(slot as u32), client))
    }

    /// Number of clients with a connection.
    pub fn connected(&self) -> usize {
        self.real
    }
}

impl std::ops::Index<ClientId> for Clients {
    type Output = Client;

    fn index(&self, id: ClientId) -> &Client {
        &self.slots[id.0 as usize]
    }
}

impl std::ops::IndexMut<ClientId> for Clients {
    fn index_mut(&mut self, id: ClientId) -> &mut Client {
        &mut self.slots[id.0 as usize]
    }
}
