//! Looking at the elements of a quicklist. They are shown, not handed out: some are decompressed only meanwhile.

use super::Quicklist;
use super::node::Shown;
use crate::listpack::Element;

impl Quicklist {
    /// Shows the element of an index.
    pub fn get<R>(&self, index: usize, look: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let place = self.place_of(index)?;
        self.nodes.get(place.node)?.get(place.offset, look)
    }

    /// Shows the elements from an index on, until `look` has had enough and returns false.
    pub fn visit(&self, index: usize, mut look: impl FnMut(Element<'_>) -> bool) {
        let Some(place) = self.place_of(index) else { return };
        let mut offset = place.offset;
        for node in self.nodes.range(place.node..) {
            let goes_on = node.with_content(|content| match content {
                Shown::Plain(bytes) => look(Element::Bytes(bytes)),
                Shown::Packed(listpack) => listpack.visit(listpack.nth(offset), &mut look),
            });
            if !goes_on {
                return;
            }
            offset = 0;
        }
    }

    /// Shows the first `count` elements from the last of them to the front, until `look` returns false.
    pub fn visit_back(&self, count: usize, mut look: impl FnMut(Element<'_>) -> bool) {
        let last = count.min(self.len).checked_sub(1);
        let Some(place) = last.and_then(|last| self.place_of(last)) else { return };
        let mut offset = Some(place.offset);
        for node in self.nodes.range(..=place.node).rev() {
            let from = offset.take().unwrap_or(node.count() - 1);
            let goes_on = node.with_content(|content| match content {
                Shown::Plain(bytes) => look(Element::Bytes(bytes)),
                Shown::Packed(listpack) => listpack.visit_back(listpack.nth(from), &mut look),
            });
            if !goes_on {
                return;
            }
        }
    }
}
