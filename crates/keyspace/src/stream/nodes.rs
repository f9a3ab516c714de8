//! The nodes of a stream in the order of their IDs.
//!
//! The newest node, to which entries are added, is at hand; those before it are in a tree. A stream of one node owns
//! nothing but that node.
//!
//! Invariant: without a newest node there are none, and it has the highest ID.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ops::Bound;

use crate::relocate::Judge;
use structures::Listpack;

use super::id::StreamId;
use super::node::NodeRef;

/// Nodes looked at in one piece of defragmentation.
const RELOCATED_NODES: usize = 16;

/// See the module text.
#[derive(Clone, Default)]
pub(super) struct Nodes {
    older: BTreeMap<StreamId, Listpack>,
    newest: Option<(StreamId, Listpack)>,
}

impl Nodes {
    pub(super) fn len(&self) -> usize {
        self.older.len() + usize::from(self.newest.is_some())
    }

    /// Adds a node with a higher ID than any.
    pub(super) fn push(&mut self, base: StreamId, pack: Listpack) {
        debug_assert!(self.newest.as_ref().is_none_or(|(newest, _)| *newest < base));
        if let Some((base, pack)) = self.newest.replace((base, pack)) {
            self.older.insert(base, pack);
        }
    }

    /// Adds a node anywhere; false if there is one of this ID.
    pub(super) fn insert(&mut self, base: StreamId, pack: Listpack) -> bool {
        match &self.newest {
            Some((newest, _)) if base == *newest => false,
            Some((newest, _)) if base < *newest => match self.older.entry(base) {
                btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(pack);
                    true
                }
                btree_map::Entry::Occupied(_) => false,
            },
            _ => {
                self.push(base, pack);
                true
            }
        }
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
            _ => self.older.range(..=id).next_back().map(|(base, _)| *base),
        }
    }

    /// The node after one.
    pub(super) fn after(&self, base: StreamId) -> Option<NodeRef<'_>> {
        let newest = self.newest().filter(|newest| newest.base > base)?;
        let behind = (Bound::Excluded(base), Bound::Unbounded);
        Some(self.older.range(behind).next().map_or(newest, node))
    }

    pub(super) fn get(&self, base: StreamId) -> Option<NodeRef<'_>> {
        match &self.newest {
            Some((newest, pack)) if *newest == base => Some(NodeRef { base, pack }),
            _ => self.older.get(&base).map(|pack| NodeRef { base, pack }),
        }
    }

    pub(super) fn get_mut(&mut self, base: StreamId) -> Option<&mut Listpack> {
        match &mut self.newest {
            Some((newest, pack)) if *newest == base => Some(pack),
            _ => self.older.get_mut(&base),
        }
    }

    pub(super) fn remove(&mut self, base: StreamId) {
        if self.newest.as_ref().is_some_and(|(newest, _)| *newest == base) {
            self.newest = self.older.pop_last();
        } else {
            self.older.remove(&base);
        }
    }

    pub(super) fn iter(&self) -> NodeIter<'_> {
        NodeIter { older: self.older.range(..), newest: self.newest() }
    }

    /// The nodes in which entries from `start` to `end` can be.
    pub(super) fn range(&self, start: StreamId, end: StreamId) -> NodeIter<'_> {
        let newest = self.newest().filter(|newest| newest.base <= end);
        let first = self.base_of(start).unwrap_or(StreamId::MIN);
        // What is in the newest node, or in none, needs no look into the tree.
        let nothing = first > end || newest.is_some_and(|newest| newest.base <= first);
        let last = if nothing { Bound::Excluded(first) } else { Bound::Included(end) };
        NodeIter { older: self.older.range((Bound::Included(first), last)), newest }
    }

    /// Moves some nodes from an ID on as `judge` says; where to go on, `None` at the end.
    pub(super) fn relocate(&mut self, from: StreamId, judge: &mut Judge<'_>) -> Option<StreamId> {
        let mut nodes = self.older.range_mut(from..);
        for (_, pack) in nodes.by_ref().take(RELOCATED_NODES) {
            pack.relocate(judge);
        }
        if let Some((next, _)) = nodes.next() {
            return Some(*next);
        }
        if let Some((_, pack)) = &mut self.newest {
            pack.relocate(judge);
        }
        None
    }

    /// Bytes of all nodes, inferred from up to `samples` of them (0: all).
    pub(super) fn memory_bytes(&self, samples: usize) -> usize {
        // A leaf of the tree has eleven places, and most are filled to the half at least.
        let in_tree = self.older.len() * (size_of::<(StreamId, Listpack)>() * 3 / 2);
        let looked_at = if samples == 0 { self.len() } else { samples.min(self.len()) };
        if looked_at == 0 {
            return 0;
        }
        let sampled: usize = self.iter().take(looked_at).map(|node| node.pack.alloc_bytes()).sum();
        in_tree + sampled / looked_at * self.len() + sampled % looked_at
    }
}

/// Nodes in their order, from both ends.
pub(super) struct NodeIter<'a> {
    older: btree_map::Range<'a, StreamId, Listpack>,
    newest: Option<NodeRef<'a>>,
}

fn node<'a>((base, pack): (&StreamId, &'a Listpack)) -> NodeRef<'a> {
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
