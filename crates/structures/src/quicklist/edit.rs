//! Changing a quicklist.

use super::node::Node;
use super::{End, NodeLimit, Place, Quicklist};
use crate::Listpack;
use crate::listpack::Element;

/// Before or behind an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Before,
    After,
}

impl Quicklist {
    /// The limit of this list, with the threshold of big elements that holds now.
    #[inline]
    fn own_limit(&self, limit: &NodeLimit) -> NodeLimit {
        limit.of_list(self.fill, self.depth)
    }

    pub fn push(&mut self, end: End, bytes: &[u8], limit: &NodeLimit) {
        let limit = self.own_limit(limit);
        self.len += 1;
        let node = match end {
            End::Head => self.nodes.front_mut(),
            End::Tail => self.nodes.back_mut(),
        };
        if let Some(node) = node
            && node.has_room_for(bytes.len(), &limit)
        {
            node.insert(if end == End::Head { 0 } else { node.count() }, bytes);
            return;
        }
        let node = Node::of(bytes, &limit);
        match end {
            End::Head => self.nodes.push_front(node),
            End::Tail => self.nodes.push_back(node),
        }
        self.settle(self.end_index(end));
    }

    fn end_index(&self, end: End) -> usize {
        if end == End::Head { 0 } else { self.nodes.len().saturating_sub(1) }
    }

    /// Adds a node behind the others as it is, whatever the limit.
    pub fn append_listpack(&mut self, listpack: Listpack) {
        let count = listpack.len();
        self.len += count;
        self.nodes.extend(Node::packed(listpack, count));
        self.settle(self.end_index(End::Tail));
    }

    /// Adds a node of one element behind the others.
    pub fn append_plain(&mut self, bytes: &[u8]) {
        self.len += 1;
        self.nodes.push_back(Node::plain(bytes));
        self.settle(self.end_index(End::Tail));
    }

    /// Removes the element at an end, after `look` has seen it.
    pub fn pop<R>(&mut self, end: End, look: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let node = match end {
            End::Head => self.nodes.front_mut()?,
            End::Tail => self.nodes.back_mut()?,
        };
        let offset = if end == End::Head { 0 } else { node.count() - 1 };
        let seen = node.get(offset, look)?;
        node.remove(offset, 1);
        self.len -= 1;
        if node.count() == 0 {
            match end {
                End::Head => self.nodes.pop_front(),
                End::Tail => self.nodes.pop_back(),
            };
            self.settle(self.end_index(end));
        }
        Some(seen)
    }

    /// Puts another element in the place of one; false if there is none.
    pub fn replace(&mut self, index: usize, bytes: &[u8], limit: &NodeLimit) -> bool {
        let Some(Place { node, offset }) = self.place_of(index) else { return false };
        let own_limit = self.own_limit(limit);
        let Some(held) = self.nodes.get_mut(node) else { return false };
        if held.replace(offset, bytes, &own_limit) {
            self.settle_node(node);
            return true;
        }
        if held.is_plain() {
            self.insert(index, Side::After, bytes, limit);
            self.remove_range(index, 1);
            return true;
        }
        // The new element gets a node between the two parts of the old one. If it does not come first, its neighbours may
        // be joined with theirs.
        let upper = held.split_off(offset + 1);
        held.remove(offset, 1);
        let is_lower_empty = held.count() == 0;
        self.insert_nodes(node + 1, [Some(Node::of(bytes, &own_limit)), upper]);
        if is_lower_empty {
            self.nodes.remove(node);
            self.settle(node);
        } else {
            self.merge_around(node + 1, &own_limit);
        }
        true
    }

    /// Inserts beside the element of an index, or at the end if there is none.
    pub fn insert(&mut self, index: usize, side: Side, bytes: &[u8], limit: &NodeLimit) {
        let Some(Place { node, offset }) = self.place_of(index) else {
            return self.push(End::Tail, bytes, limit);
        };
        let limit = self.own_limit(limit);
        self.len += 1;
        let after = side == Side::After;
        let offset = offset + usize::from(after);
        let held = &mut self.nodes[node];
        if held.has_room_for(bytes.len(), &limit) {
            held.insert(offset, bytes);
            return self.settle_node(node);
        }
        let at_edge = if after { offset == held.count() } else { offset == 0 };
        if at_edge {
            return self.insert_between(node + usize::from(after), side, bytes, &limit);
        }
        let Some(mut upper) = held.split_off(offset) else { return };
        if limit.is_plain(bytes.len()) {
            self.insert_nodes(node + 1, [Some(Node::of(bytes, &limit)), Some(upper)]);
            return self.settle(node + 1);
        }
        // It goes to the half without the element it is put beside.
        if after {
            upper.insert(0, bytes);
        } else {
            held.insert(held.count(), bytes);
        }
        self.insert_nodes(node + 1, [Some(upper), None]);
        self.merge_around(node + usize::from(!after), &limit);
    }

    /// Inserts where a node ends and another begins, `node` being the one behind: into the farther one, if it has room.
    fn insert_between(&mut self, node: usize, side: Side, bytes: &[u8], limit: &NodeLimit) {
        let farther = if side == Side::After { Some(node) } else { node.checked_sub(1) };
        let held = farther.and_then(|farther| Some((farther, self.nodes.get_mut(farther)?)));
        if let Some((farther, held)) = held
            && held.has_room_for(bytes.len(), limit)
        {
            held.insert(if side == Side::After { 0 } else { held.count() }, bytes);
            self.settle_node(farther);
        } else {
            self.insert_nodes(node, [Some(Node::of(bytes, limit)), None]);
            self.settle(node);
        }
    }

    fn insert_nodes(&mut self, index: usize, nodes: [Option<Node>; 2]) {
        for (step, node) in nodes.into_iter().flatten().enumerate() {
            self.nodes.insert(index + step, node);
        }
    }

    /// Joins nodes around one where two fit into one: its two neighbours on either side first, then with itself.
    fn merge_around(&mut self, center: usize, limit: &NodeLimit) {
        let mut center = center;
        if let Some(far) = center.checked_sub(2)
            && self.merge(far, limit)
        {
            center -= 1;
        }
        self.merge(center + 1, limit);
        if let Some(before) = center.checked_sub(1)
            && self.merge(before, limit)
        {
            center -= 1;
        }
        self.merge(center, limit);
        self.settle(center);
    }

    /// Joins a node with the one behind it if both fit into one.
    fn merge(&mut self, index: usize, limit: &NodeLimit) -> bool {
        let [Some(low), Some(high)] = [index, index + 1].map(|index| self.nodes.get(index)) else {
            return false;
        };
        let fits = low.can_join(high, limit);
        if fits && let Some(behind) = self.nodes.remove(index + 1) {
            self.nodes[index].join(&behind);
        }
        fits
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
        self.settle(first);
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
        self.settle_all();
        max - left
    }
}
