//! The consumer groups of a stream.

use super::id::StreamId;
use super::trim::References;

/// See the module text.
#[derive(Clone, Default)]
pub struct Groups {}

impl Groups {
    pub fn is_empty(&self) -> bool {
        true
    }

    pub fn len(&self) -> usize {
        0
    }

    /// Whether every group has delivered the entry and none waits for its acknowledgement.
    pub fn all_acknowledged(&self, _id: StreamId) -> bool {
        true
    }

    /// Takes the entry from the pending entries of all groups and consumers.
    pub fn drop_references(&mut self, _id: StreamId) {}

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
        0
    }

    /// Bytes they take beside the stream, inferred from up to `samples` of them (0: all).
    pub fn memory_bytes(&self, _samples: usize) -> usize {
        0
    }
}
