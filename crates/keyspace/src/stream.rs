//! The stream type: a log of entries under ascending IDs, and the groups that consume it.
//!
//! Entries lie in nodes of some hundred (`stream-node-max-*`), each a listpack as RDB stores it (`stream/node.rs`); the
//! nodes are found by the ID of their first entry (`stream/nodes.rs`).
//!
//! Invariants: no node is without living entries; `len` counts those of all nodes; `first_id` is that of the first
//! living entry, or 0-0.

mod consumers;
mod group;
pub mod groups;
mod id;
mod idempotence;
mod lag;
mod node;
mod nodes;
mod pending;
mod range;
mod slab;
#[cfg(test)]
mod tests;
mod trim;

use crate::relocate::{Judge, RelocateCursor};
use structures::listpack::LISTPACK_BYTES_MAX;
use structures::{Listpack, class_size};

pub use consumers::Consumer;
pub use group::{ConsumerRef, Group, PendingEntry};
pub use groups::Groups;
pub use id::{IdText, PartialId, StreamId};
pub use idempotence::{Idempotence, IdempotenceLimits};
use node::Place;
pub use node::{Entry, Fields};
use nodes::Nodes;
pub use range::{Range, RangeBack};
pub use trim::{References, Trim, TrimTo};

/// How big nodes become.
#[derive(Clone, Copy, Debug)]
pub struct NodeLimits {
    /// `stream-node-max-entries`; 0: no limit.
    pub entries_max: usize,
    /// `stream-node-max-bytes`; 0: no limit.
    pub bytes_max: usize,
}

/// A node has at most so many bytes, whatever is configured.
const NODE_BYTES_MAX: usize = 1 << 30;
/// Bytes of one entry at most.
const ENTRY_BYTES_MAX: usize = LISTPACK_BYTES_MAX / 2;

/// See the module text.
#[derive(Clone, Default)]
pub struct Stream {
    nodes: Nodes,
    len: usize,
    first_id: StreamId,
    /// The ID given out last.
    pub last_id: StreamId,
    /// The highest ID of an entry that was deleted by its ID.
    pub max_deleted_id: StreamId,
    /// Entries ever added.
    pub entries_added: u64,
    pub groups: Groups,
    pub idempotence_limits: IdempotenceLimits,
    idempotence: Option<Box<Idempotence>>,
}

impl Stream {
    pub fn new(idempotence_limits: IdempotenceLimits) -> Self {
        Self { idempotence_limits, ..Self::default() }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ID of the first entry; 0-0 if there is none.
    pub fn first_id(&self) -> StreamId {
        self.first_id
    }

    /// What producers have added, if any did so under an idempotent ID.
    pub fn idempotence(&self) -> Option<&Idempotence> {
        self.idempotence.as_deref()
    }

    /// What producers have added, if any did so under an idempotent ID.
    pub fn idempotence_mut(&mut self) -> Option<&mut Idempotence> {
        self.idempotence.as_deref_mut()
    }

    /// What producers have added, to be added to.
    pub fn idempotence_or_new(&mut self) -> &mut Idempotence {
        self.idempotence.get_or_insert_default()
    }

    /// Whether it remembers what any producer has added.
    pub fn has_producers(&self) -> bool {
        self.idempotence.as_ref().is_some_and(|memory| memory.producer_count() > 0)
    }

    /// Forgets what producers added too long ago.
    pub fn expire_producers(&mut self, now_ms: i64) {
        let limits = self.idempotence_limits;
        if let Some(memory) = &mut self.idempotence {
            memory.expire(&limits, now_ms);
        }
    }

    /// The ID that comes next if it is left to the server.
    pub fn next_id(&self, now_ms: i64) -> Option<StreamId> {
        match u64::try_from(now_ms) {
            Ok(ms) if ms > self.last_id.ms => Some(StreamId { ms, seq: 0 }),
            _ => self.last_id.next(),
        }
    }

    /// The ID that comes next in a millisecond; `None` if there is none.
    pub fn next_id_at(&self, ms: u64) -> Option<StreamId> {
        if ms == self.last_id.ms {
            self.last_id.seq.checked_add(1).map(|seq| StreamId { ms, seq })
        } else {
            (ms > self.last_id.ms).then_some(StreamId { ms, seq: 0 })
        }
    }

    /// Whether an entry of these fields and values can be kept at all.
    pub fn takes(fields: &[&[u8]]) -> bool {
        // Each text takes some bytes beside its own.
        let bytes: usize = fields.iter().map(|text| text.len().saturating_add(10)).sum();
        bytes < ENTRY_BYTES_MAX
    }

    /// The nodes: their IDs, and their bytes as RDB stores them.
    pub fn nodes(&self) -> impl Iterator<Item = (StreamId, &[u8])> {
        self.nodes.iter().map(|node| (node.base, node.pack.as_bytes()))
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Nodes that Redis's radix tree of our nodes' IDs would have: one for each place where IDs part, one for each run
    /// of bytes that they share, and one for what follows in an ID that stands alone. Redis keeps some more after removals.
    pub fn radix_tree_nodes(&self) -> usize {
        let ids: Vec<[u8; 16]> = self.nodes.iter().map(|node| node.base.to_bytes()).collect();
        radix_tree_nodes(&ids, 0).max(1)
    }

    /// Adds an entry; `fields` are names and values in turn. Its ID must be higher than `last_id`.
    pub fn append(&mut self, id: StreamId, fields: &[&[u8]], limits: &NodeLimits) {
        let bytes: usize = fields.iter().map(|text| text.len()).sum();
        let room = self.nodes.newest_mut().filter(|(_, pack)| has_room(pack, bytes, limits));
        match room {
            Some((base, pack)) => node::append(pack, base, id, fields),
            None => self.nodes.push(id, node::new(fields)),
        }
        self.len += 1;
        self.entries_added = self.entries_added.wrapping_add(1);
        self.last_id = id;
        if self.len == 1 {
            self.first_id = id;
        }
    }

    /// Moves some nodes as `judge` says, then some idempotent IDs, then a group at a time; true while there is more.
    pub(crate) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        if cursor.step == 0 {
            let from = StreamId { ms: cursor.at, seq: cursor.at_low };
            match self.nodes.relocate(from, judge) {
                Some(next) => (cursor.at, cursor.at_low) = (next.ms, next.seq),
                None => cursor.advance(None),
            }
            return true;
        }
        if cursor.step == 1 {
            let from = (cursor.at, cursor.at_low);
            match self.idempotence_mut().and_then(|ids| ids.relocate(from, judge)) {
                Some(next) => (cursor.at, cursor.at_low) = next,
                None => cursor.advance(None),
            }
            return true;
        }
        cursor.at += 1;
        self.groups.relocate(cursor.at as usize - 1, judge)
    }

    /// The living entries from `start` to `end`.
    #[inline]
    pub fn range(&self, start: StreamId, end: StreamId) -> Range<'_> {
        Range::new(self.nodes.range(start, end), start, end)
    }

    /// The living entries from `end` down to `start`.
    pub fn range_back(&self, start: StreamId, end: StreamId) -> RangeBack<'_> {
        RangeBack::new(self.nodes.range(start, end), start, end)
    }

    pub fn get(&self, id: StreamId) -> Option<Entry<'_>> {
        let (base, place) = self.find(id)?;
        Some(self.nodes.get(base)?.entry(place))
    }

    pub fn contains(&self, id: StreamId) -> bool {
        self.find(id).is_some()
    }

    pub fn first(&self) -> Option<Entry<'_>> {
        self.range(StreamId::MIN, StreamId::MAX).next()
    }

    pub fn last(&self) -> Option<Entry<'_>> {
        self.range_back(StreamId::MIN, StreamId::MAX).next()
    }

    fn find(&self, id: StreamId) -> Option<(StreamId, Place)> {
        if id < self.first_id || id > self.last_id {
            return None;
        }
        let base = self.nodes.base_of(id)?;
        let mut places = self.nodes.get(base)?.places().take_while(|place| place.id <= id);
        let place = places.find(|place| place.id == id && !place.is_deleted)?;
        Some((base, place))
    }

    /// Deletes an entry; false if it is not there. What groups know of it stays.
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some((base, place)) = self.find(id) else { return false };
        let Some(pack) = self.nodes.get_mut(base) else { return false };
        node::mark_deleted(pack, &place);
        node::count_deleted(pack, 1);
        if node::counts(pack).0 == 0 {
            self.nodes.remove(base);
        }
        self.len -= 1;
        self.max_deleted_id = self.max_deleted_id.max(id);
        if id == self.first_id {
            self.renew_first_id();
        }
        true
    }

    fn renew_first_id(&mut self) {
        self.first_id = self.first().map_or(StreamId::MIN, |entry| entry.id);
    }

    /// Adds a node read from RDB; false if it is none, or one of this ID is there.
    pub fn add_node(&mut self, base: StreamId, pack: Listpack) -> bool {
        if !node::is_valid(&pack) {
            return false;
        }
        let (live, _) = node::counts(&pack);
        if live == 0 || !self.nodes.insert(base, pack) {
            return false;
        }
        self.len += live;
        self.renew_first_id();
        true
    }

    /// About how many allocations dropping the stream frees.
    pub fn free_effort(&self) -> usize {
        let idempotence = self.idempotence.as_ref().map_or(0, |memory| memory.free_effort());
        self.nodes.len() + self.groups.free_effort() + idempotence
    }

    /// Bytes the stream takes beside its value, inferred from up to `samples` nodes (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        class_size(size_of::<Self>())
            + self.nodes.memory_bytes(samples)
            + self.groups.memory_bytes(samples)
            + self.idempotence.as_ref().map_or(0, |memory| memory.memory_bytes())
    }
}

/// Nodes of a radix tree of sorted texts that agree up to `depth`.
fn radix_tree_nodes(texts: &[[u8; 16]], depth: usize) -> usize {
    let (Some(first), Some(last)) = (texts.first(), texts.last()) else { return 0 };
    if texts.len() == 1 {
        return usize::from(depth < first.len());
    }
    let shared = first[depth..].iter().zip(&last[depth..]).take_while(|(one, other)| one == other);
    let parts_at = depth + shared.count();
    let below = texts.chunk_by(|one, other| one[parts_at] == other[parts_at]);
    let below: usize = below.map(|texts| radix_tree_nodes(texts, parts_at + 1)).sum();
    usize::from(parts_at > depth) + 1 + below
}

/// Whether the newest node may take an entry of so many bytes.
fn has_room(pack: &Listpack, bytes: usize, limits: &NodeLimits) -> bool {
    let total = pack.byte_len().saturating_add(bytes);
    if limits.bytes_max != 0 && total >= limits.bytes_max.min(NODE_BYTES_MAX) {
        return false;
    }
    let (live, deleted) = node::counts(pack);
    (limits.entries_max == 0 || live + deleted < limits.entries_max)
        && pack.has_room_for(bytes.saturating_mul(2))
}
