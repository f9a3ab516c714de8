//! Walking a quicklist, forwards and backwards.

use super::Quicklist;
use super::node::Content;
use crate::Listpack;
use crate::listpack::{Element, Position};

/// Forwards.
pub struct Iter<'a> {
    list: &'a Quicklist,
    next_node: usize,
    /// Where it stands in the present node, if that is a listpack.
    here: Option<(&'a Listpack, Position)>,
}

impl<'a> Iter<'a> {
    pub(super) fn new(list: &'a Quicklist, index: usize) -> Self {
        let mut iter = Iter { list, next_node: list.nodes.len(), here: None };
        if let Some(place) = list.place_of(index) {
            iter.next_node = place.node;
            if place.offset > 0 {
                iter.next_node += 1;
                iter.here = match list.nodes.get(place.node).map(|node| node.content()) {
                    Some(Content::Packed(pack)) => pack.nth(place.offset).map(|at| (pack, at)),
                    _ => None,
                };
            }
        }
        iter
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        if self.here.is_none() {
            let node = self.list.nodes.get(self.next_node)?;
            self.next_node += 1;
            match node.content() {
                Content::Plain(bytes) => return Some(Element::Bytes(bytes.as_bytes())),
                Content::Packed(pack) => self.here = pack.first().map(|at| (pack, at)),
            }
        }
        let (pack, at) = self.here?;
        self.here = pack.next(at).map(|at| (pack, at));
        Some(pack.get(at))
    }
}

/// Backwards.
pub struct IterBack<'a> {
    list: &'a Quicklist,
    /// Nodes before the present one.
    nodes_left: usize,
    here: Option<(&'a Listpack, Position)>,
}

impl<'a> IterBack<'a> {
    pub(super) fn new(list: &'a Quicklist, count: usize) -> Self {
        let mut iter = IterBack { list, nodes_left: 0, here: None };
        let last = count.min(list.len).checked_sub(1).and_then(|last| list.place_of(last));
        if let Some(place) = last {
            iter.nodes_left = place.node;
            match list.nodes.get(place.node).map(|node| node.content()) {
                Some(Content::Packed(pack)) => {
                    iter.here = pack.nth(place.offset).map(|at| (pack, at));
                }
                _ => iter.nodes_left += 1,
            }
        }
        iter
    }
}

impl<'a> Iterator for IterBack<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        if self.here.is_none() {
            self.nodes_left = self.nodes_left.checked_sub(1)?;
            match self.list.nodes.get(self.nodes_left)?.content() {
                Content::Plain(bytes) => return Some(Element::Bytes(bytes.as_bytes())),
                Content::Packed(pack) => self.here = pack.last().map(|at| (pack, at)),
            }
        }
        let (pack, at) = self.here?;
        self.here = pack.prev(at).map(|at| (pack, at));
        Some(pack.get(at))
    }
}
