//! Which nodes of a quicklist are compressed: those that have at least `depth` others on either side.

use super::Quicklist;

/// Nodes that one change can add at most beside the one it changes.
const ADDED_MAX: usize = 2;

impl Quicklist {
    /// Sees to the invariant after a node was changed: it has been decompressed for that.
    #[inline]
    pub(super) fn settle_node(&mut self, index: usize) {
        let depth = usize::from(self.depth);
        if depth > 0
            && index >= depth
            && index + depth < self.nodes.len()
            && let Some(node) = self.nodes.get_mut(index)
        {
            node.compress();
        }
    }

    /// Sees to the invariant after nodes around `index` were changed, added or removed.
    pub(super) fn settle(&mut self, index: usize) {
        let depth = usize::from(self.depth);
        if depth == 0 {
            return;
        }
        let len = self.nodes.len();
        for place in 0..depth.min(len) {
            for place in [place, len - 1 - place] {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.decompress();
                }
            }
        }
        // Where nodes came in, others have left the ends.
        for step in 0..ADDED_MAX {
            self.settle_node(depth + step);
            if let Some(place) = len.checked_sub(depth + step + 1) {
                self.settle_node(place);
            }
        }
        for place in index.saturating_sub(ADDED_MAX)..=index + ADDED_MAX {
            self.settle_node(place);
        }
    }

    /// Sees to the invariant after any nodes were changed or removed.
    pub(super) fn settle_all(&mut self) {
        if self.depth > 0 {
            self.settle(0);
            (0..self.nodes.len()).for_each(|place| self.settle_node(place));
        }
    }
}
