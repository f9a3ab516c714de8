//! The nodes of a stream in the order of their IDs.
//!
//! The newest node, to which entries are added, is at hand; those before it are in chunks of some dozens. A stream of one
//! node owns nothing but that node.
//!
//! Invariant: without a newest node there are none, and it has the highest ID.

use crate::relocate::Judge;
use structures::Listpack;

use super::id::StreamId;
use super::node::NodeRef;
use crate::ordered_chunks::{OrderedChunks, Place, Span};

/// Nodes looked at in one piece of defragmentation.
const RELOCATED_NODES: usize = 16;

/// See the module text.
#[derive(Clone, Default)]
pub(super) struct Nodes {
    older: OrderedChunks<(StreamId, Listpack)>,
    newest: Option<(StreamId, Listpack)>,
}

impl Nodes {
    pub(super) fn len(&self) -> usize {
        self.older.len() + usize::from(self.newest.is_some())
    }

    /// Adds a node with a higher ID than any.
    pub(super) fn push(&mut self, base: StreamId, pack: Listpack) {
        debug_assert!(self.newest.as_ref().is_none_or(|(newest, _)| *newest < base));
        if let Some(before) = self.newest.replace((base, pack)) {
            self.older.insert(self.older.end(), before);
        }
    }

    /// Adds a node anywhere; false if there is one of this ID.
    pub(super) fn insert(&mut self, base: StreamId, pack: Listpack) -> bool {
        match &self.newest {
            Some((newest, _)) if base == *newest => false,
            Some((newest, _)) if base < *newest => {
                let place = self.place_of(base);
                let is_new = self.older.at(place).is_none_or(|(there, _)| *there != base);
                if is_new {
                    self.older.insert(place, (base, pack));
                }
                is_new
            }
            _ => {
                self.push(base, pack);
                true
            }
        }
    }

    /// Where the older node of an ID is, or would be.
    fn place_of(&self, base: StreamId) -> Place {
        self.older.find(|(there, _)| *there < base)
    }

    /// The place of an older node that is there.
    fn place_of_existing(&self, base: StreamId) -> Option<Place> {
        let place = self.place_of(base);
        self.older.at(place).filter(|(there, _)| *there == base).map(|_| place)
    }

    /// Where the older nodes above an ID begin.
    fn place_above(&self, id: StreamId) -> Place {
        self.older.find(|(there, _)| *there <= id)
    }

    pub(super) fn newest(&self) -> Option<NodeRef<'_>> {
        self.newest.as_ref().map(|(base, pack)| NodeRef { base: *base, pack })
    }

    pub(super) fn newest_mut(&mut self) -> Option<(StreamId, &mut Listpack)> {
        self.newest.as_mut().map(|(base, pack)| (*base, pack))
    }

    pub(super) fn oldest(&self) -> Option<NodeRef<'_>> {
        self.iter().next()
    }

    /// The ID of the node in which an entry is, if it is anywhere.
    pub(super) fn base_of(&self, id: StreamId) -> Option<StreamId> {
        match &self.newest {
            Some((newest, _)) if *newest <= id => Some(*newest),
            _ => {
                let mut up_to = self.older.span(Place::FIRST, self.place_above(id));
                up_to.next_back().map(|(base, _)| *base)
            }
        }
    }

    /// The node after one.
    pub(super) fn after(&self, base: StreamId) -> Option<NodeRef<'_>> {
        let newest = self.newest().filter(|newest| newest.base > base)?;
        Some(self.older.at(self.place_above(base)).map_or(newest, node))
    }

    pub(super) fn get(&self, base: StreamId) -> Option<NodeRef<'_>> {
        match &self.newest {
            Some((newest, pack)) if *newest == base => Some(NodeRef { base, pack }),
            _ => self.older.at(self.place_of_existing(base)?).map(node),
        }
    }

    pub(super) fn get_mut(&mut self, base: StreamId) -> Option<&mut Listpack> {
        if self.newest.as_ref().is_none_or(|(newest, _)| *newest != base) {
            let place = self.place_of_existing(base)?;
            return self.older.at_mut(place).map(|(_, pack)| pack);
        }
        self.newest.as_mut().map(|(_, pack)| pack)
    }

    pub(super) fn remove(&mut self, base: StreamId) {
        if self.newest.as_ref().is_some_and(|(newest, _)| *newest == base) {
            self.newest = self.older.remove_last();
        } else if let Some(place) = self.place_of_existing(base) {
            self.older.remove(place);
        }
    }

    pub(super) fn iter(&self) -> NodeIter<'_> {
        NodeIter { older: self.older.span(Place::FIRST, self.older.end()), newest: self.newest() }
    }

    /// The nodes in which entries from `start` to `end` can be.
    pub(super) fn range(&self, start: StreamId, end: StreamId) -> NodeIter<'_> {
        let newest = self.newest().filter(|newest| newest.base <= end);
        let first = self.base_of(start).unwrap_or(StreamId::MIN);
        // What is in the newest node, or in none, needs no search.
        let nothing = first > end || newest.is_some_and(|newest| newest.base <= first);
        let older = if nothing {
            self.older.span(Place::FIRST, Place::FIRST)
        } else {
            self.older.span(self.place_of(first), self.place_above(end))
        };
        NodeIter { older, newest }
    }

    /// Moves some nodes from an ID on as `judge` says; where to go on, `None` at the end.
    pub(super) fn relocate(&mut self, from: StreamId, judge: &mut Judge<'_>) -> Option<StreamId> {
        let mut place = self.place_of(from);
        for _ in 0..RELOCATED_NODES {
            self.older.relocate_chunk(place, judge);
            let Some((_, pack)) = self.older.at_mut(place) else { break };
            pack.relocate(judge);
            place = self.older.after(place);
        }
        if let Some((next, _)) = self.older.at(place) {
            return Some(*next);
        }
        if let Some((_, pack)) = &mut self.newest {
            pack.relocate(judge);
        }
        None
    }

    /// Bytes of all nodes, inferred from up to `samples` of them (0: all).
    pub(super) fn memory_bytes(&self, samples: usize) -> usize {
        let looked_at = if samples == 0 { self.len() } else { samples.min(self.len()) };
        if looked_at == 0 {
            return 0;
        }
        let sampled: usize = self.iter().take(looked_at).map(|node| node.pack.alloc_bytes()).sum();
        self.older.memory_bytes() + sampled / looked_at * self.len() + sampled % looked_at
    }
}

/// Nodes in their order, from both ends.
pub(super) struct NodeIter<'a> {
    older: Span<'a, (StreamId, Listpack)>,
    newest: Option<NodeRef<'a>>,
}

fn node((base, pack): &(StreamId, Listpack)) -> NodeRef<'_> {
    NodeRef { base: *base, pack }
}

impl<'a> Iterator for NodeIter<'a> {
    type Item = NodeRef<'a>;

    fn next(&mut self) -> Option<NodeRef<'a>> {
        self.older.next().map(node).or_else(|| self.newest.take())
    }
}

impl DoubleEndedIterator for NodeIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.newest.take().or_else(|| self.older.next_back().map(node))
    }
}
