//! The entries of a range of IDs, forward or backward.

use super::id::StreamId;
use super::node::{Entry, NodeRef, Place};
use super::nodes::NodeIter;

/// Living entries in ascending order.
pub struct Range<'a> {
    nodes: NodeIter<'a>,
    node: Option<(NodeRef<'a>, Option<Place>)>,
    start: StreamId,
    end: StreamId,
}

impl<'a> Range<'a> {
    pub(super) fn new(nodes: NodeIter<'a>, start: StreamId, end: StreamId) -> Self {
        Self { nodes, node: None, start, end }
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let Some((node, next)) = &mut self.node else {
                let node = self.nodes.next()?;
                self.node = Some((node, node.first()));
                continue;
            };
            let Some(place) = *next else {
                self.node = None;
                continue;
            };
            *next = node.next(&place);
            if place.id > self.end {
                return None;
            }
            if !place.is_deleted && place.id >= self.start {
                return Some(node.entry(place));
            }
        }
    }
}

/// Living entries in descending order.
pub struct RangeBack<'a> {
    nodes: NodeIter<'a>,
    node: Option<(NodeRef<'a>, Option<Place>)>,
    start: StreamId,
    end: StreamId,
}

impl<'a> RangeBack<'a> {
    pub(super) fn new(nodes: NodeIter<'a>, start: StreamId, end: StreamId) -> Self {
        Self { nodes, node: None, start, end }
    }
}

impl<'a> Iterator for RangeBack<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let Some((node, next)) = &mut self.node else {
                let node = self.nodes.next_back()?;
                self.node = Some((node, node.last()));
                continue;
            };
            let Some(place) = *next else {
                self.node = None;
                continue;
            };
            *next = node.prev(&place);
            if place.id < self.start {
                return None;
            }
            if !place.is_deleted && place.id <= self.end {
                return Some(node.entry(place));
            }
        }
    }
}
