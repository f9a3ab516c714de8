//! The cluster as one node sees it: nodes, owners of slots, slots under way, epochs.

use std::collections::BTreeMap;

use crate::node::Node;
use crate::slots::SLOTS;

const NOBODY: u16 = u16::MAX;

/// The view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// This node comes first.
    pub(crate) nodes: Vec<Node>,
    /// Index of each slot's owner.
    owners: Vec<u16>,
    pub current_epoch: u64,
    pub last_vote_epoch: u64,
    /// Slots of ours on their way to another node, by its name.
    pub migrating: BTreeMap<u16, String>,
    /// Slots on their way to us.
    pub importing: BTreeMap<u16, String>,
}

impl View {
    /// A cluster of one node without slots.
    pub fn alone(id: String, shard_id: String) -> View {
        View::of(vec![Node::myself(id, shard_id)])
    }

    /// Of these nodes, the first of which is this one.
    pub(crate) fn of(nodes: Vec<Node>) -> View {
        let mut view = View {
            nodes,
            owners: vec![NOBODY; usize::from(SLOTS)],
            current_epoch: 0,
            last_vote_epoch: 0,
            migrating: BTreeMap::new(),
            importing: BTreeMap::new(),
        };
        for (index, node) in (0..NOBODY).zip(&view.nodes) {
            for slot in node.slots.iter() {
                view.owners[usize::from(slot)] = index;
            }
        }
        view
    }

    pub fn myself(&self) -> &Node {
        &self.nodes[0]
    }

    pub fn myself_mut(&mut self) -> &mut Node {
        &mut self.nodes[0]
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// Who owns a slot.
    pub fn owner(&self, slot: u16) -> Option<&Node> {
        let index = self.owners.get(usize::from(slot))?;
        self.nodes.get(usize::from(*index))
    }

    pub fn is_mine(&self, slot: u16) -> bool {
        self.owners.get(usize::from(slot)) == Some(&0)
    }

    /// Slots that somebody owns.
    pub fn assigned(&self) -> usize {
        self.owners.iter().filter(|owner| **owner != NOBODY).count()
    }

    /// Primaries that own slots.
    pub fn size(&self) -> usize {
        self.nodes.iter().filter(|node| node.is("master") && !node.slots.is_empty()).count()
    }

    /// Those of them that are not known to have failed.
    pub fn reachable(&self) -> usize {
        let primaries = self.nodes.iter().filter(|node| node.is("master"));
        primaries
            .filter(|node| !node.slots.is_empty() && !node.is("fail") && !node.is("fail?"))
            .count()
    }

    /// Makes this node the owner of a slot that has none; false if it has one.
    pub fn take_slot(&mut self, slot: u16) -> bool {
        if self.owner(slot).is_some() || !self.nodes[0].slots.insert(slot) {
            return false;
        }
        self.owners[usize::from(slot)] = 0;
        // Owning it ends the import.
        self.importing.remove(&slot);
        true
    }

    /// Leaves a slot without an owner; false if it had none.
    pub fn release_slot(&mut self, slot: u16) -> bool {
        let Some(owner) = self.owners.get_mut(usize::from(slot)) else { return false };
        let Some(node) = self.nodes.get_mut(usize::from(*owner)) else { return false };
        node.slots.remove(slot);
        *owner = NOBODY;
        true
    }

    /// Gives a slot to a node; false if there is no such node.
    pub fn give_slot(&mut self, slot: u16, id: &str) -> bool {
        let Some(index) = self.nodes.iter().position(|node| node.id == id) else { return false };
        self.release_slot(slot);
        let (Some(owner), Ok(number)) =
            (self.owners.get_mut(usize::from(slot)), u16::try_from(index))
        else {
            return false;
        };
        *owner = number;
        self.nodes[index].slots.insert(slot)
    }

    /// Forgets another node.
    pub fn forget(&mut self, id: &str) {
        let mut nodes = std::mem::take(&mut self.nodes);
        nodes.retain(|node| node.is("myself") || node.id != id);
        let renewed = View::of(nodes);
        self.nodes = renewed.nodes;
        self.owners = renewed.owners;
    }

    /// Forgets all others, all slots, and all that is under way.
    pub fn reset(&mut self) {
        self.nodes.truncate(1);
        self.owners.fill(NOBODY);
        let myself = self.myself_mut();
        myself.slots = crate::slots::SlotSet::default();
        self.migrating.clear();
        self.importing.clear();
    }

    /// The greatest epoch anybody has.
    pub fn max_epoch(&self) -> u64 {
        let epochs = self.nodes.iter().map(|node| node.config_epoch);
        epochs.max().unwrap_or(0).max(self.current_epoch)
    }

    /// Takes a new epoch for this node if it has not the greatest one alone; whether it did.
    pub fn bump_epoch(&mut self) -> bool {
        let greatest = self.max_epoch();
        if self.myself().config_epoch != 0 && self.myself().config_epoch == greatest {
            return false;
        }
        self.current_epoch = greatest + 1;
        self.myself_mut().config_epoch = self.current_epoch;
        true
    }
}
