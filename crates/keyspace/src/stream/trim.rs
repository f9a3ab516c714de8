//! Trimming a stream at its old end.

use super::Stream;
use super::id::StreamId;
use super::node::{self, NodeRef};

/// What remains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrimTo {
    /// So many entries.
    MaxLen(u64),
    /// The entries from an ID on.
    MinId(StreamId),
}

/// What becomes of the references that groups have to what is deleted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum References {
    /// They stay.
    #[default]
    Keep,
    /// They go too.
    Delete,
    /// Only entries that all groups have acknowledged are deleted.
    Acknowledged,
}

/// How to trim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trim {
    pub to: TrimTo,
    /// Whole nodes only.
    pub approximate: bool,
    /// Entries deleted at most; 0: no limit. For approximate trimming.
    pub limit: u64,
    pub references: References,
}

impl Stream {
    /// Deletes entries from the oldest on; how many.
    pub fn trim(&mut self, trim: &Trim) -> u64 {
        let mut removed = 0;
        let mut next = self.nodes.oldest().map(|node| node.base);
        while let Some(base) = next {
            if matches!(trim.to, TrimTo::MaxLen(len) if self.len as u64 <= len) {
                break;
            }
            let Some(node) = self.nodes.get(base) else { break };
            let live = node::counts(node.pack).0 as u64;
            if trim.limit != 0 && removed + live > trim.limit {
                break;
            }
            let goes_whole = match trim.to {
                TrimTo::MaxLen(len) => self.len as u64 - live >= len,
                TrimTo::MinId(id) => node.last().is_some_and(|last| last.id < id),
            };
            next = self.nodes.after(base).map(|node| node.base);
            if trim.references == References::Keep && goes_whole {
                self.nodes.remove(base);
                self.len -= live as usize;
                removed += live;
                continue;
            }
            if trim.references == References::Keep && trim.approximate {
                break;
            }
            removed += self.trim_node(base, trim);
            if !goes_whole {
                break;
            }
        }
        if removed > 0 {
            self.renew_first_id();
        }
        removed
    }

    /// Deletes entries of a node one by one; how many.
    fn trim_node(&mut self, base: StreamId, trim: &Trim) -> u64 {
        let Some(pack) = self.nodes.get_mut(base) else { return 0 };
        let mut removed = 0;
        let mut next = NodeRef { base, pack }.first();
        while let Some(place) = next {
            let is_done = match trim.to {
                TrimTo::MaxLen(len) => self.len as u64 - removed <= len,
                TrimTo::MinId(id) => place.id >= id,
            };
            if is_done {
                break;
            }
            if !place.is_deleted && self.groups.may_delete(place.id, trim.references) {
                node::mark_deleted(pack, &place);
                removed += 1;
            }
            next = NodeRef { base, pack }.next(&place);
        }
        node::count_deleted(pack, removed);
        if node::counts(pack).0 == 0 {
            self.nodes.remove(base);
        }
        self.len -= removed as usize;
        removed
    }
}
