//! How many entries a group has read, and how many it has not: counted where that is possible without looking at all.
//!
//! A count of entries ever added serves as the position of an entry, as long as it is known which of those before it
//! were deleted: all up to the first living one, or none. `max_deleted_id` tells the highest that was deleted by its
//! ID; if a living one is before it, deleted entries may lie anywhere between.

use super::Stream;
use super::group::Group;
use super::id::StreamId;

impl Stream {
    /// Whether entries behind `id` may have been deleted between living ones.
    fn has_gaps_behind(&self, id: StreamId) -> bool {
        !self.is_empty()
            && !self.max_deleted_id.is_zero()
            && self.first_id() <= self.max_deleted_id
            && id <= self.max_deleted_id
    }

    /// How many entries of all that ever were here have IDs up to `id`; `None` if that cannot be told.
    pub fn entries_up_to(&self, id: StreamId) -> Option<u64> {
        let len = self.len() as u64;
        if self.entries_added == 0 {
            return Some(0);
        }
        if self.is_empty() && id <= self.last_id {
            return Some(self.entries_added);
        }
        if !id.is_zero() && id < self.max_deleted_id {
            return None;
        }
        if id == self.last_id {
            return Some(self.entries_added);
        }
        if id > self.last_id {
            return None;
        }
        let first = self.first_id();
        if self.max_deleted_id.is_zero() || self.max_deleted_id < first {
            let before_first = self.entries_added.wrapping_sub(len);
            if id < first {
                return Some(before_first);
            }
            if id == first {
                return Some(before_first.wrapping_add(1));
            }
        }
        None
    }

    /// How many entries wait for being delivered to a group; `None` if that cannot be told.
    pub fn lag_of(&self, group: &Group) -> Option<u64> {
        if self.entries_added == 0 || self.is_empty() {
            return Some(0);
        }
        let first = self.first_id();
        if group.last_id < first && self.max_deleted_id < first {
            return Some(self.len() as u64);
        }
        let read = match group.entries_read {
            Some(read) if !self.has_gaps_behind(group.last_id) => Some(read),
            _ => self.entries_up_to(group.last_id),
        };
        read.map(|read| self.entries_added.wrapping_sub(read))
    }

    /// What a group has read once it has read the next entry too, whose ID is `id`.
    pub fn entries_read_after(&self, group: &Group, id: StreamId) -> Option<u64> {
        // Behind an entry that is gone there may have been others.
        let counts_on = group.last_id >= self.first_id() && !self.has_gaps_behind(group.last_id);
        match group.entries_read {
            Some(read) if counts_on => Some(read.wrapping_add(1)),
            _ => self.entries_up_to(id),
        }
    }
}
