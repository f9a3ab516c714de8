//! The order of a sorted set: a tree whose leaves hold slots in ascending order and whose branches count them.

use super::ScoredSet;
use super::member::{ScoredMember, bytes_of};
use crate::relocate::{self, Judge};
use std::cmp::Ordering;
use std::ptr::NonNull;

/// Slots of a full leaf.
const LEAF_MAX: usize = 64;
/// Slots by which a leaf grows.
const LEAF_STEP: usize = 16;
/// Children of a full branch.
const BRANCH_MAX: usize = 64;
/// Two neighbours with at most so many together become one.
const MERGE_MAX: usize = 32;

/// A member's score and where its bytes are.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) score: f64,
    member: NonNull<u8>,
}

impl Slot {
    #[inline]
    pub(super) fn of(member: &ScoredMember) -> Self {
        Self { score: member.score(), member: member.memory() }
    }

    /// The member's bytes, to be looked at at once.
    #[inline]
    pub(super) fn member(&self) -> &[u8] {
        // SAFETY: by the invariant of ScoredSet a slot in the tree, or about to enter or just leaving it, has a living
        // member.
        unsafe { bytes_of(self.member) }
    }

    /// The member's bytes for as long as the set does not change.
    #[inline]
    pub(super) fn member_of(self, _owner: &ScoredSet) -> &[u8] {
        // SAFETY: the slot comes from the owner's tree, and the owner is borrowed.
        unsafe { bytes_of(self.member) }
    }

    #[inline]
    fn compare(&self, other: &Slot) -> Ordering {
        if self.score < other.score {
            Ordering::Less
        } else if self.score > other.score {
            Ordering::Greater
        } else {
            self.member().cmp(other.member())
        }
    }
}

enum Node {
    Leaf(Vec<Slot>),
    Branch(Vec<Child>),
}

/// A node with what its parent needs to know of it.
struct Child {
    /// The lowest slot below.
    first: Slot,
    /// Slots below.
    len: usize,
    node: Node,
}

impl Child {
    fn of(node: Node) -> Option<Self> {
        Some(Self { first: node.first()?, len: node.len(), node })
    }

    fn refresh(&mut self) {
        self.len = self.node.len();
        if let Some(first) = self.node.first() {
            self.first = first;
        }
    }
}

impl Node {
    fn first(&self) -> Option<Slot> {
        match self {
            Node::Leaf(slots) => slots.first().copied(),
            Node::Branch(children) => children.first().map(|child| child.first),
        }
    }

    fn len(&self) -> usize {
        match self {
            Node::Leaf(slots) => slots.len(),
            Node::Branch(children) => children.iter().map(|child| child.len).sum(),
        }
    }

    /// Entries of the node itself.
    fn width(&self) -> usize {
        match self {
            Node::Leaf(slots) => slots.len(),
            Node::Branch(children) => children.len(),
        }
    }

    /// Adds a slot; what did not fit, for the parent to put behind this node.
    fn insert(&mut self, slot: Slot) -> Option<Child> {
        match self {
            Node::Leaf(slots) => {
                let at = slots.partition_point(|held| held.compare(&slot) == Ordering::Less);
                if slots.len() < LEAF_MAX {
                    if slots.len() == slots.capacity() {
                        slots.reserve_exact(LEAF_STEP);
                    }
                    slots.insert(at, slot);
                    return None;
                }
                // What grows at its end leaves full leaves behind.
                let cut = if at == LEAF_MAX { LEAF_MAX } else { LEAF_MAX / 2 };
                let mut upper = Vec::with_capacity(LEAF_MAX - cut + LEAF_STEP);
                upper.extend(slots.drain(cut..));
                let target = if at > cut || cut == LEAF_MAX { &mut upper } else { &mut *slots };
                let at = if at > cut || cut == LEAF_MAX { at - cut } else { at };
                target.insert(at, slot);
                slots.shrink_to(slots.len());
                Child::of(Node::Leaf(upper))
            }
            Node::Branch(children) => {
                let index = index_of(children, &slot);
                let child = &mut children[index];
                let overflow = child.node.insert(slot);
                if overflow.is_none() {
                    child.len += 1;
                    child.first = child.node.first().unwrap_or(child.first);
                    return None;
                }
                child.refresh();
                children.splice(index + 1..index + 1, overflow);
                if children.len() <= BRANCH_MAX {
                    return None;
                }
                let at_end = index + 2 == children.len();
                let cut = if at_end { children.len() - 1 } else { children.len() / 2 };
                let upper = children.split_off(cut);
                children.shrink_to_fit();
                Child::of(Node::Branch(upper))
            }
        }
    }

    /// Removes a slot that is there.
    fn remove(&mut self, slot: &Slot) -> bool {
        match self {
            Node::Leaf(slots) => {
                let Ok(at) = slots.binary_search_by(|held| held.compare(slot)) else {
                    return false;
                };
                slots.remove(at);
                if slots.capacity() - slots.len() > 2 * LEAF_STEP {
                    slots.shrink_to(slots.len() + LEAF_STEP / 2);
                }
                true
            }
            Node::Branch(children) => {
                let index = index_of(children, slot);
                let child = &mut children[index];
                if !child.node.remove(slot) {
                    return false;
                }
                if child.node.width() == 0 {
                    children.remove(index);
                    return true;
                }
                child.len -= 1;
                child.first = child.node.first().unwrap_or(child.first);
                if child.node.width() <= MERGE_MAX / 2 {
                    merge_around(children, index);
                }
                true
            }
        }
    }

    /// Gives a slot another score if it stays between its neighbours in the leaf.
    fn change_in_place(&mut self, old: &Slot, new: Slot) -> bool {
        match self {
            Node::Leaf(slots) => {
                let wanted = |held: &Slot| held.compare(old);
                let Ok(at) = slots.binary_search_by(wanted) else { return false };
                let above = |held: &Slot| held.compare(&new) == Ordering::Greater;
                let fits_before = at > 0 && !above(&slots[at - 1]);
                let fits_behind = slots.get(at + 1).is_some_and(above);
                if fits_before && fits_behind {
                    slots[at] = new;
                }
                fits_before && fits_behind
            }
            // The lowest slot of a leaf is not changed in place, so `first` stays right.
            Node::Branch(children) => {
                let index = index_of(children, old);
                children[index].node.change_in_place(old, new)
            }
        }
    }

    /// Lets the slot of a member refer to a copy of it.
    fn repoint(&mut self, slot: &Slot, copy: NonNull<u8>) {
        match self {
            Node::Leaf(slots) => {
                if let Ok(at) = slots.binary_search_by(|held| held.compare(slot)) {
                    slots[at].member = copy;
                }
            }
            Node::Branch(children) => {
                let index = index_of(children, slot);
                if let Some(child) = children.get_mut(index) {
                    child.node.repoint(slot, copy);
                    if child.first.member == slot.member {
                        child.first.member = copy;
                    }
                }
            }
        }
    }

    /// Moves the node of a rank, and those above it, if `judge` says so; the rank behind it.
    fn relocate(&mut self, rank: usize, judge: &mut Judge<'_>) -> usize {
        match self {
            Node::Leaf(slots) => {
                relocate::vec(slots, judge);
                slots.len()
            }
            Node::Branch(children) => {
                if rank == 0 {
                    relocate::vec(children, judge);
                }
                let mut before = 0;
                for child in children {
                    if rank < before + child.len {
                        return before + child.node.relocate(rank - before, judge);
                    }
                    before += child.len;
                }
                before
            }
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Node::Leaf(slots) => slots.capacity() * size_of::<Slot>(),
            Node::Branch(children) => {
                let below: usize = children.iter().map(|child| child.node.memory_bytes()).sum();
                children.capacity() * size_of::<Child>() + below
            }
        }
    }
}

/// The child that holds a slot, or should.
#[inline]
fn index_of(children: &[Child], slot: &Slot) -> usize {
    let above = children.partition_point(|child| child.first.compare(slot) != Ordering::Greater);
    above.saturating_sub(1)
}

/// Joins a narrow child with a neighbour if both are narrow.
fn merge_around(children: &mut Vec<Child>, index: usize) {
    for left in [index.wrapping_sub(1), index] {
        let [Some(low), Some(high)] = [left, left.wrapping_add(1)].map(|at| children.get(at))
        else {
            continue;
        };
        if low.node.width() + high.node.width() > MERGE_MAX {
            continue;
        }
        let high = children.remove(left + 1);
        let low = &mut children[left];
        match (&mut low.node, high.node) {
            (Node::Leaf(low), Node::Leaf(high)) => low.extend(high),
            (Node::Branch(low), Node::Branch(high)) => low.extend(high),
            // Children of one branch are all leaves or all branches.
            _ => continue,
        }
        low.len += high.len;
        return;
    }
}

/// See the module text.
pub(super) struct Tree {
    root: Node,
}

impl Default for Tree {
    fn default() -> Self {
        Self { root: Node::Leaf(Vec::new()) }
    }
}

impl Tree {
    pub(super) fn len(&self) -> usize {
        self.root.len()
    }

    pub(super) fn insert(&mut self, slot: Slot) {
        let Some(upper) = self.root.insert(slot) else { return };
        let lower = std::mem::replace(&mut self.root, Node::Branch(Vec::new()));
        self.root = Node::Branch(Child::of(lower).into_iter().chain([upper]).collect());
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let removed = self.root.remove(&slot);
        debug_assert!(removed, "every member has its slot");
        while let Node::Branch(children) = &mut self.root {
            if children.len() > 1 {
                break;
            }
            self.root = children.pop().map_or(Node::Leaf(Vec::new()), |child| child.node);
        }
    }

    /// Gives a member another score. The member's own score may have changed already.
    pub(super) fn change(&mut self, old: Slot, new: Slot) {
        if !self.root.change_in_place(&old, new) {
            self.remove(old);
            self.insert(new);
        }
    }

    /// Lets the slot of a member refer to a copy of it; the member and its copy must both live.
    pub(super) fn repoint(&mut self, slot: Slot, copy: NonNull<u8>) {
        self.root.repoint(&slot, copy);
    }

    /// Moves the node of a rank if `judge` says so; the rank behind it, `None` at the end.
    pub(super) fn relocate(&mut self, rank: usize, judge: &mut Judge<'_>) -> Option<usize> {
        let behind = self.root.relocate(rank, judge);
        (behind > rank && behind < self.len()).then_some(behind)
    }

    /// How many slots are lower.
    pub(super) fn rank(&self, slot: Slot) -> usize {
        self.count_leading(&|held: Slot| held.compare(&slot) == Ordering::Less)
    }

    pub(super) fn count_leading(&self, is_before: &impl Fn(Slot) -> bool) -> usize {
        let (mut node, mut count) = (&self.root, 0);
        loop {
            match node {
                Node::Leaf(slots) => {
                    return count + slots.partition_point(|slot| is_before(*slot));
                }
                Node::Branch(children) => {
                    let index = children.partition_point(|child| is_before(child.first));
                    let Some(index) = index.checked_sub(1) else { return count };
                    count += children[..index].iter().map(|child| child.len).sum::<usize>();
                    node = &children[index].node;
                }
            }
        }
    }

    /// The leaf that has the slot of a rank, and where in it; `None` beyond the end.
    fn leaf_at(&self, mut rank: usize) -> Option<(&[Slot], usize)> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(slots) => return (rank < slots.len()).then_some((slots, rank)),
                Node::Branch(children) => {
                    let child = children.iter().find(|child| {
                        let here = rank < child.len;
                        rank -= if here { 0 } else { child.len };
                        here
                    })?;
                    node = &child.node;
                }
            }
        }
    }

    pub(super) fn at(&self, rank: usize) -> Option<Slot> {
        self.leaf_at(rank).map(|(slots, at)| slots[at])
    }

    pub(super) fn iter_from(&self, rank: usize) -> impl Iterator<Item = Slot> {
        let (mut rest, mut next_rank): (&[Slot], usize) = (&[], rank);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                let (slots, at) = self.leaf_at(next_rank)?;
                rest = &slots[at..];
                next_rank += rest.len();
            }
            let (slot, behind) = rest.split_first()?;
            rest = behind;
            Some(*slot)
        })
    }

    pub(super) fn iter_back_from(&self, count: usize) -> impl Iterator<Item = Slot> {
        let (mut rest, mut left): (&[Slot], usize) = (&[], count.min(self.len()));
        std::iter::from_fn(move || {
            if rest.is_empty() {
                let (slots, at) = self.leaf_at(left.checked_sub(1)?)?;
                rest = &slots[..=at];
                left -= rest.len();
            }
            let (slot, before) = rest.split_last()?;
            rest = before;
            Some(*slot)
        })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.root.memory_bytes()
    }
}
