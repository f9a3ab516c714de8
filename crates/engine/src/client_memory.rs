//! Memory of clients: what each takes, what all take together, and who goes when that is more than `maxmemory-clients`.

use crate::client::{Client, ClientId, Clients, QueuedCommand, client_flag};
use crate::state::State;

/// A client may always have so much output unsent: it counts neither as `omem` nor for any limit.
pub const REPLY_BUFFER_BYTES: usize = 16 * 1024;
/// Room for replies that a client keeps even when it is at rest.
pub const REPLY_BUFFER_BYTES_MIN: usize = 1024;
/// Bytes of the fixed parts of a client and its connection.
const BASE_BYTES: usize = size_of::<Client>() + 512;
/// About what a subscription, a watched key or a prefix takes beside its name, here and where it is looked up.
const ENTRY_BYTES: usize = 64;
/// Seconds that the largest buffers of clients are remembered for INFO.
const PEAK_SECONDS: usize = 8;

/// How much room a client's replies may keep, and have needed lately.
#[derive(Clone, Copy, Debug)]
pub struct ReplyRoom {
    /// What is left to it when it is at rest.
    pub bytes: usize,
    /// Most that was written at once since `since_ms`, within `bytes`.
    pub peak: usize,
    since_ms: i64,
    /// Room of the buffer while a command writes to it.
    pub(crate) lent: usize,
}

impl Default for ReplyRoom {
    fn default() -> Self {
        ReplyRoom { bytes: REPLY_BUFFER_BYTES, peak: 0, since_ms: 0, lent: 0 }
    }
}

impl ReplyRoom {
    /// What it should be after such a peak.
    fn wanted(&self) -> usize {
        if self.peak < self.bytes / 2 {
            REPLY_BUFFER_BYTES_MIN.max(self.peak + 1)
        } else if self.peak >= self.bytes {
            REPLY_BUFFER_BYTES.min(self.bytes * 2)
        } else {
            self.bytes
        }
    }
}

/// How reply buffers follow what their clients need, and how large buffers have been.
#[derive(Clone, Copy, Debug)]
pub struct Buffers {
    /// DEBUG REPLYBUFFER RESIZING.
    pub resizing: bool,
    /// After how long a peak is forgotten; `None`: never.
    pub peak_reset_ms: Option<i64>,
    pub recent: RecentPeaks,
}

impl Buffers {
    pub const PEAK_RESET_MS: i64 = 5000;
}

impl Default for Buffers {
    fn default() -> Self {
        Buffers {
            resizing: true,
            peak_reset_ms: Some(Self::PEAK_RESET_MS),
            recent: RecentPeaks::default(),
        }
    }
}

/// The largest buffers of the last seconds, a slot per second.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecentPeaks {
    slots: [(i64, usize, usize); PEAK_SECONDS],
}

impl RecentPeaks {
    fn note(&mut self, now_s: i64, input: usize, output: usize) {
        let at = usize::try_from(now_s).unwrap_or(0) % PEAK_SECONDS;
        let slot = &mut self.slots[at];
        if slot.0 != now_s {
            *slot = (now_s, 0, 0);
        }
        slot.1 = slot.1.max(input);
        slot.2 = slot.2.max(output);
    }

    /// Largest input and output buffer.
    pub fn largest(&self, now_s: i64) -> (usize, usize) {
        let recent = |slot: &&(i64, usize, usize)| now_s - slot.0 < PEAK_SECONDS as i64;
        let slots = self.slots.iter().filter(recent);
        slots.fold((0, 0), |most, slot| (most.0.max(slot.1), most.1.max(slot.2)))
    }
}

impl Client {
    /// Bytes of arguments that are kept: of a request that is not complete, or of the one that waits.
    pub fn argument_bytes(&self) -> usize {
        let waiting = self.blocked.as_ref().map_or(0, |blocked| blocked.argv.bytes());
        self.connection.argument_bytes + waiting
    }

    /// Room that its replies have.
    pub fn reply_capacity(&self) -> usize {
        self.reply.capacity() + self.reply_room.lent
    }

    /// Unsent output, where it is more than every client may have.
    pub fn output_bytes(&self) -> usize {
        let unsent = self.reply.unsent_len();
        if unsent > REPLY_BUFFER_BYTES { unsent } else { 0 }
    }

    /// Its output is about to be written.
    #[inline]
    pub fn note_output(&mut self) {
        let room = &mut self.reply_room;
        room.peak = self.reply.unsent_len().min(room.bytes).max(room.peak);
    }

    /// About how much memory the client takes, buffers included.
    pub fn memory_bytes(&self) -> usize {
        let connection = &self.connection;
        let watched: usize = self.watched.iter().map(|(_, key, _)| key.len() + ENTRY_BYTES).sum();
        let channels = self.channels.iter().chain(&self.patterns).chain(&self.shard_channels);
        let channels: usize = channels.map(|channel| channel.len() + ENTRY_BYTES).sum();
        let prefixes = self.tracking.iter().flat_map(|options| &options.prefixes);
        let prefixes: usize = prefixes.map(|prefix| prefix.len() + ENTRY_BYTES).sum();
        BASE_BYTES
            + connection.query_buffer_bytes
            + connection.query_buffer_free_bytes
            + self.argument_bytes()
            + self.reply_capacity()
            + self.queue_bytes
            + self.queue.len() * (size_of::<QueuedCommand>() + ENTRY_BYTES)
            + watched
            + channels
            + prefixes
            + self.fieldsets.memory_bytes()
            + self.name.len()
    }

    /// Whether the limit on the memory of clients is about it.
    fn is_limited(&self) -> bool {
        self.is_real() && !self.has(client_flag::MASTER) && !self.is_replica()
    }

    /// Whether it is sent the changes of the data set.
    pub fn is_replica(&self) -> bool {
        self.has(client_flag::REPLICA) && !self.has(client_flag::MONITOR)
    }
}

impl Clients {
    /// Renews what is counted of a client's memory in the sum.
    fn count_memory(&mut self, id: ClientId) {
        let Some(client) = self.get_mut(id) else { return };
        let now = if client.is_limited() { client.memory_bytes() } else { 0 };
        let before = std::mem::replace(&mut client.counted_bytes, now);
        self.counted_bytes = self.counted_bytes + now - before;
    }
}

impl State {
    /// `maxmemory-clients` in bytes; 0: no limit.
    fn clients_memory_max(&self) -> u64 {
        match self.config.maxmemory_clients {
            percent @ ..0 => {
                let percent = u128::from(percent.unsigned_abs());
                let bytes = u128::from(self.config.maxmemory) * percent / 100;
                u64::try_from(bytes).unwrap_or(u64::MAX)
            }
            bytes => bytes.unsigned_abs(),
        }
    }

    /// The memory of a client as others are told: as the limit counts it, for which a reply that is written at the end of the
    /// turn is none that the client holds.
    pub(crate) fn told_memory(&self, client: &Client) -> usize {
        let is_counted = self.config.maxmemory_clients != 0 && client.is_limited();
        if is_counted && client.has(client_flag::PENDING_WRITE) {
            client.counted_bytes
        } else {
            client.memory_bytes()
        }
    }

    /// A client's buffers may have changed.
    #[inline]
    pub fn note_client_memory(&mut self, id: ClientId) {
        if self.config.maxmemory_clients != 0 {
            self.clients.count_memory(id);
        }
    }

    /// The limit is a new one: from now on, or no more, the sum is kept.
    pub(crate) fn count_clients_memory(&mut self) {
        let ids: Vec<ClientId> = self.clients.iter().map(|(id, _)| id).collect();
        for id in ids {
            self.clients.count_memory(id);
        }
    }

    /// Whether there is too little memory and clients have more than they may: the shell closes some before keys go.
    pub(crate) fn clients_go_first(&mut self, client: ClientId) -> bool {
        if self.config.maxmemory_clients == 0 || !self.is_over_memory() {
            return false;
        }
        self.clients.count_memory(client);
        // What is written at the end of the turn takes memory until then.
        for id in &self.pending_writes {
            let large = |client: &Client| client.reply_capacity() > REPLY_BUFFER_BYTES;
            if self.clients.get(*id).is_some_and(large) {
                self.clients.count_memory(*id);
            }
        }
        !self.clients_to_evict().is_empty()
    }

    /// The clients that have to go, the largest first, for the others to be below the limit.
    pub fn clients_to_evict(&mut self) -> Vec<ClientId> {
        if self.config.maxmemory_clients == 0 {
            return Vec::new();
        }
        let most = self.clients_memory_max();
        let mut sum = self.clients.counted_bytes as u64;
        if most == 0 || sum <= most {
            return Vec::new();
        }
        let mut candidates: Vec<(usize, ClientId)> = self
            .clients
            .iter()
            .filter(|(_, client)| client.is_limited() && !client.has(client_flag::NO_EVICT))
            .map(|(id, client)| (client.counted_bytes, id))
            .collect();
        candidates.sort_unstable_by(|one, other| other.cmp(one));
        let mut evicted = Vec::new();
        for (bytes, id) in candidates {
            if sum <= most {
                break;
            }
            sum -= bytes as u64;
            evicted.push(id);
        }
        evicted
    }

    /// Regularly for each client: its reply buffer follows its replies, and INFO hears of the largest.
    pub fn client_cron(&mut self, id: ClientId) {
        let now_ms = self.clock.unix_ms();
        let Some(client) = self.clients.get(id) else { return };
        let input = client.connection.query_buffer_bytes + client.argument_bytes();
        let output = client.reply.capacity();
        self.clients.buffers.recent.note(now_ms / 1000, input, output);
        let Buffers { resizing, peak_reset_ms, .. } = self.clients.buffers;
        let Some(client) = self.clients.get_mut(id) else { return };
        if resizing {
            let wanted = client.reply_room.wanted();
            let before = std::mem::replace(&mut client.reply_room.bytes, wanted);
            self.stats.reply_buffer_shrinks += u64::from(wanted < before);
            self.stats.reply_buffer_expands += u64::from(wanted > before);
        }
        let room = &mut client.reply_room;
        if client.reply.is_empty() && client.reply.capacity() > room.bytes {
            client.reply.shrink_to(room.bytes);
        }
        if peak_reset_ms.is_some_and(|reset| now_ms - room.since_ms > reset) {
            room.since_ms = now_ms;
            room.peak = client.reply.unsent_len().min(room.bytes);
        }
        self.note_client_memory(id);
    }
}
