//! The consumer groups of a stream, in the order of their names.

use crate::relocate::Judge;
use structures::class_size;
use structures::relocate::{boxed, vec};

use super::group::Group;
use super::id::StreamId;
use super::trim::References;

/// See the module text.
#[derive(Clone, Default)]
pub struct Groups {
    /// By name; boxed, so that one that is added moves only pointers.
    #[expect(clippy::vec_box, reason = "groups are moved when one is added before them")]
    groups: Vec<Box<Group>>,
}

impl Groups {
    /// Moves what a group consists of as `judge` says; false beyond the last.
    pub(super) fn relocate(&mut self, index: usize, judge: &mut Judge<'_>) -> bool {
        if index == 0 {
            vec(&mut self.groups, judge);
        }
        let Some(group) = self.groups.get_mut(index) else { return false };
        boxed(group, judge);
        group.relocate(judge);
        true
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub fn len(&self) -> usize {
        self.groups.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(|group| &**group)
    }

    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.groups.binary_search_by(|group| group.name().cmp(name))
    }

    pub fn get(&self, name: &[u8]) -> Option<&Group> {
        self.place(name).ok().map(|place| &*self.groups[place])
    }

    pub fn get_mut(&mut self, name: &[u8]) -> Option<&mut Group> {
        self.place(name).ok().map(|place| &mut *self.groups[place])
    }

    /// Adds a group; false if there is one of its name.
    pub fn add(&mut self, group: Group) -> bool {
        let place = self.place(group.name());
        if let Err(place) = place {
            self.groups.insert(place, Box::new(group));
        }
        place.is_err()
    }

    pub fn remove(&mut self, name: &[u8]) -> Option<Box<Group>> {
        self.place(name).ok().map(|place| self.groups.remove(place))
    }

    /// Whether every group has delivered the entry and none waits for its acknowledgement.
    pub fn all_acknowledged(&self, id: StreamId) -> bool {
        self.iter().all(|group| id <= group.last_id && group.pending(id).is_none())
    }

    /// Takes the entry from the pending entries of all groups and consumers.
    pub fn drop_references(&mut self, id: StreamId) {
        for group in &mut self.groups {
            group.acknowledge(id);
        }
    }

    /// Does with references to an entry what is asked for; whether the entry may be deleted then.
    pub fn may_delete(&mut self, id: StreamId, references: References) -> bool {
        match references {
            References::Keep => true,
            References::Delete => {
                self.drop_references(id);
                true
            }
            References::Acknowledged => self.all_acknowledged(id),
        }
    }

    /// About how many allocations dropping them frees.
    pub fn free_effort(&self) -> usize {
        self.iter().map(Group::free_effort).sum()
    }

    /// Bytes they take beside the stream, inferred from up to `samples` of them (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        let sampled = if samples == 0 { self.len() } else { samples.min(self.len()) };
        let sum: usize = self.iter().take(sampled).map(Group::memory_bytes).sum();
        let pointers = class_size(self.groups.capacity() * size_of::<Box<Group>>());
        pointers + sum.checked_div(sampled).unwrap_or(0) * self.len()
    }
}
