//! Changing a quicklist.

use super::node::{Content, Node, NodeLimit};
use super::{End, Place, Quicklist};
use crate::listpack::Element;

impl Quicklist {
    pub fn push(&mut self, end: End, bytes: &[u8], limit: &NodeLimit) {
        self.len += 1;
        let node = match end {
            End::Head => self.nodes.front_mut(),
            End::Tail => self.nodes.back_mut(),
        };
        if let Some(listpack) = node.and_then(|node| node.with_room_for(bytes.len(), limit)) {
            match end {
                End::Head => listpack.push_front(bytes),
                End::Tail => listpack.push_back(bytes),
            }
            return;
        }
        let node = Node::of(bytes, limit);
        match end {
            End::Head => self.nodes.push_front(node),
            End::Tail => self.nodes.push_back(node),
        }
    }

    /// Removes the element at an end, after `look` has seen it.
    pub fn pop<R>(&mut self, end: End, look: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let node = match end {
            End::Head => self.nodes.front_mut()?,
            End::Tail => self.nodes.back_mut()?,
        };
        let offset = if end == End::Head { 0 } else { node.count() - 1 };
        let seen = look(node.get(offset)?);
        node.remove(offset, 1);
        self.len -= 1;
        if node.count() == 0 {
            match end {
                End::Head => self.nodes.pop_front(),
                End::Tail => self.nodes.pop_back(),
            };
        }
        Some(seen)
    }

    /// Puts another element in the place of one; false if there is none.
    pub fn replace(&mut self, index: usize, bytes: &[u8], limit: &NodeLimit) -> bool {
        let Some(place) = self.place_of(index) else { return false };
        let Some(node) = self.nodes.get_mut(place.node) else { return false };
        if node.replace(place.offset, bytes, limit).is_none() {
            self.remove_range(index, 1);
            self.insert(index, bytes, limit);
        }
        true
    }

    /// Inserts before the element of an index, or at the end.
    pub fn insert(&mut self, index: usize, bytes: &[u8], limit: &NodeLimit) {
        let Some(Place { node, offset }) = self.place_of(index) else {
            return self.push(End::Tail, bytes, limit);
        };
        if index == 0 {
            return self.push(End::Head, bytes, limit);
        }
        self.len += 1;
        if let Some(listpack) =
            self.nodes.get_mut(node).and_then(|node| node.with_room_for(bytes.len(), limit))
        {
            let position = listpack.nth(offset);
            listpack.insert_before(position, bytes);
            return;
        }
        if offset > 0 {
            let upper = self.nodes.get_mut(node).and_then(|node| node.split_off(offset));
            for (step, part) in
                [Some(Node::of(bytes, limit)), upper].into_iter().flatten().enumerate()
            {
                self.nodes.insert(node + 1 + step, part);
            }
            self.merge(node + 1, limit);
            self.merge(node, limit);
            return;
        }
        // Between two nodes: at the end of the one before if it has room.
        let before = node.checked_sub(1).and_then(|before| self.nodes.get_mut(before));
        match before.and_then(|before| before.with_room_for(bytes.len(), limit)) {
            Some(listpack) => listpack.push_back(bytes),
            None => self.nodes.insert(node, Node::of(bytes, limit)),
        }
    }

    /// Joins a node with the one behind it if both fit into one.
    fn merge(&mut self, index: usize, limit: &NodeLimit) {
        let [Some(low), Some(high)] = [index, index + 1].map(|index| self.nodes.get(index)) else {
            return;
        };
        let (Content::Packed(low_pack), Content::Packed(high_pack)) =
            (low.content(), high.content())
        else {
            return;
        };
        let count = low.count() + high.count();
        if limit.is_exceeded_by(low_pack.byte_len() + high_pack.byte_len(), count) {
            return;
        }
        let mut joined = low_pack.clone();
        for (_, element) in high_pack.iter() {
            match element {
                Element::Bytes(bytes) => joined.push_back(bytes),
                Element::Integer(integer) => joined.push_back_integer(integer),
            }
        }
        if let Some(node) = Node::packed(joined, count) {
            self.nodes.remove(index + 1);
            if let Some(place) = self.nodes.get_mut(index) {
                *place = node;
            }
        }
    }

    /// Removes up to `count` elements from an index on; how many there were.
    pub fn remove_range(&mut self, index: usize, count: usize) -> usize {
        let Some(mut place) = self.place_of(index) else { return 0 };
        let wanted = count.min(self.len - index);
        let (mut left, first) = (wanted, place.node);
        let mut emptied = 0..0;
        while left > 0 {
            let Some(node) = self.nodes.get_mut(place.node) else { break };
            left -= node.remove(place.offset, left);
            if node.count() == 0 {
                emptied = if emptied.is_empty() {
                    place.node..place.node + 1
                } else {
                    emptied.start..place.node + 1
                };
            }
            place = Place { node: place.node + 1, offset: 0 };
        }
        debug_assert!(emptied.is_empty() || emptied.start <= first + 1);
        self.nodes.drain(emptied);
        self.len -= wanted;
        wanted
    }

    /// Removes the elements equal to `text`, up to `max` of them, beginning at an end; how many.
    pub fn remove_equal(&mut self, text: &[u8], max: usize, from: End) -> usize {
        let mut left = max;
        let mut each = |node: &mut Node| left -= node.remove_equal(text, left, from == End::Tail);
        match from {
            End::Head => self.nodes.iter_mut().for_each(&mut each),
            End::Tail => self.nodes.iter_mut().rev().for_each(&mut each),
        }
        self.nodes.retain(|node| node.count() > 0);
        self.len -= max - left;
        max - left
    }
}
