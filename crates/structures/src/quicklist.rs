//! Quicklist: a long list as a deque of nodes, each a listpack of bounded size or one big element alone.
//!
//! Nodes that lie far enough from both ends may be compressed; they are decompressed for a look and for a change.
//! A list keeps the node size and the depth that were configured when it was made.
//!
//! Invariants: no node is empty; a node's count is that of its listpack; `len` is their sum. A node is
//! within the list's [`NodeLimit`]. The first and the last `depth` nodes are not compressed, and the others are if
//! that saves enough.

mod compression;
mod edit;
mod limit;
mod node;
#[cfg(test)]
mod tests;
mod visit;

use crate::Listpack;
use crate::relocate::{self, Judge};
pub use edit::Side;
pub use limit::NodeLimit;
use node::Node;
pub use node::NodeView;
use std::collections::VecDeque;

/// See the module text.
#[derive(Clone)]
pub struct Quicklist {
    nodes: VecDeque<Node>,
    len: usize,
    /// `list-max-listpack-size` and `list-compress-depth` of this list.
    fill: i16,
    depth: u16,
}

/// An end of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Head,
    Tail,
}

/// A place in the list: a node and an element of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    node: usize,
    offset: usize,
}

impl Quicklist {
    pub fn new(limit: &NodeLimit) -> Self {
        Self { nodes: VecDeque::new(), len: 0, fill: limit.fill, depth: limit.depth }
    }

    /// A list of the elements of a listpack.
    pub fn from_listpack(listpack: Listpack, limit: &NodeLimit) -> Self {
        let len = listpack.len();
        let mut list = Self { len, ..Self::new(limit) };
        list.nodes.extend(Node::packed(listpack, len));
        list
    }

    /// The only node's listpack, if that is all there is.
    pub fn as_single_listpack(&self) -> Option<&Listpack> {
        match (self.nodes.len(), self.nodes.front().map(Node::view)) {
            (1, Some(NodeView::Packed(listpack))) => Some(listpack),
            _ => None,
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The nodes from head to tail.
    pub fn nodes(&self) -> impl Iterator<Item = NodeView<'_>> {
        self.nodes.iter().map(Node::view)
    }

    /// Nodes.
    pub fn node_len(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes of the contents of all nodes if none were compressed.
    pub fn content_bytes(&self) -> usize {
        self.nodes.iter().map(Node::byte_len).sum()
    }

    /// `list-max-listpack-size` of this list.
    pub fn fill(&self) -> i16 {
        self.fill
    }

    /// `list-compress-depth` of this list.
    pub fn depth(&self) -> u16 {
        self.depth
    }

    /// The node and offset of an index, from the nearer end.
    fn place_of(&self, index: usize) -> Option<Place> {
        if index >= self.len {
            return None;
        }
        if index <= self.len / 2 {
            let mut rest = index;
            for (node, held) in self.nodes.iter().enumerate() {
                if rest < held.count() {
                    return Some(Place { node, offset: rest });
                }
                rest -= held.count();
            }
        } else {
            let mut end = self.len;
            for (node, held) in self.nodes.iter().enumerate().rev() {
                end -= held.count();
                if index >= end {
                    return Some(Place { node, offset: index - end });
                }
            }
        }
        None
    }

    /// Moves a node if `judge` says so, and with the first the list of nodes; false beyond the end.
    pub fn relocate_node(&mut self, index: usize, judge: &mut Judge<'_>) -> bool {
        if index == 0 {
            relocate::deque(&mut self.nodes, judge);
        }
        let node = self.nodes.get_mut(index);
        node.map(|node| node.relocate(judge)).is_some()
    }

    /// Bytes of all nodes, inferred from up to `samples` of them (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        let nodes = self.nodes.len();
        let samples = if samples == 0 { nodes } else { samples.min(nodes) };
        let sampled: usize = self.nodes.iter().take(samples).map(Node::alloc_bytes).sum();
        let contents = sampled.checked_div(samples).map_or(0, |mean| mean * nodes);
        size_of::<Self>() + self.nodes.capacity() * size_of::<Node>() + contents
    }
}

impl std::fmt::Debug for Quicklist {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = f.debug_list();
        self.visit(0, |element| {
            list.entry(&element);
            true
        });
        list.finish()
    }
}
