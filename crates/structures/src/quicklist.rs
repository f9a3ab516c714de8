//! Quicklist: a long list as a deque of nodes, each a listpack of bounded size or one big element alone.
//!
//! Invariants: no node is empty; a node's count is that of its listpack; `len` is their sum. A node is
//! within the [`NodeLimit`] that held when it was filled.

mod edit;
mod iter;
mod node;
#[cfg(test)]
mod tests;

use crate::Listpack;
use crate::listpack::Element;
use crate::relocate::{self, Judge};
pub use node::NodeLimit;
use node::{Content, Node};
use std::collections::VecDeque;

pub use iter::{Iter, IterBack};

/// See the module text.
#[derive(Clone, Default)]
pub struct Quicklist {
    nodes: VecDeque<Node>,
    len: usize,
}

/// An end of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Head,
    Tail,
}

/// A node as it is stored.
#[derive(Clone, Copy)]
pub enum NodeView<'a> {
    Packed(&'a Listpack),
    /// One big element.
    Plain(&'a [u8]),
}

/// A place in the list: a node and an element of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    node: usize,
    offset: usize,
}

impl Quicklist {
    pub fn new() -> Self {
        Self::default()
    }

    /// A list of the elements of a listpack.
    pub fn from_listpack(listpack: Listpack) -> Self {
        let len = listpack.len();
        let mut list = Self { nodes: VecDeque::new(), len };
        list.nodes.extend(Node::packed(listpack, len));
        list
    }

    /// The only node's listpack, if that is all there is.
    pub fn as_single_listpack(&self) -> Option<&Listpack> {
        match (self.nodes.len(), self.nodes.front().map(Node::content)) {
            (1, Some(Content::Packed(listpack))) => Some(listpack),
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
        self.nodes.iter().map(|node| match node.content() {
            Content::Packed(listpack) => NodeView::Packed(listpack),
            Content::Plain(bytes) => NodeView::Plain(bytes.as_bytes()),
        })
    }

    /// Nodes.
    pub fn node_len(&self) -> usize {
        self.nodes.len()
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

    /// The element of an index.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        let place = self.place_of(index)?;
        self.nodes.get(place.node)?.get(place.offset)
    }

    /// The elements from an index on.
    pub fn iter_from(&self, index: usize) -> Iter<'_> {
        Iter::new(self, index)
    }

    /// The first `count` elements, from the last of them to the front.
    pub fn iter_back_from(&self, count: usize) -> IterBack<'_> {
        IterBack::new(self, count)
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
        f.debug_list().entries(self.iter_from(0)).finish()
    }
}
