//! The list type: a listpack while it is small, a quicklist above; it goes back when it has shrunk to half of that.

#[cfg(test)]
mod tests;

use structures::{Boxed, Listpack, OneOfTwo, Two, class_size};

use crate::element::{Element, Needle};
use crate::relocate::{Judge, RelocateCursor};

pub use structures::quicklist::{End, NodeLimit, NodeView, Quicklist, Side};

/// Nodes looked at in one piece of defragmentation.
const RELOCATED_NODES: usize = 16;

/// How a list is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListEncoding {
    Listpack,
    Quicklist,
}

impl ListEncoding {
    pub const fn name(self) -> &'static str {
        match self {
            ListEncoding::Listpack => "listpack",
            ListEncoding::Quicklist => "quicklist",
        }
    }
}

type Repr = OneOfTwo<Listpack, Boxed<Quicklist>>;

/// See the module text. One word, so that a `Value` holds it without an allocation.
#[derive(Clone)]
pub struct List {
    repr: Repr,
}

fn large(list: Quicklist) -> Repr {
    Repr::new(Two::Large(Boxed::new(list)))
}

impl Default for List {
    fn default() -> Self {
        Self::new()
    }
}

impl List {
    pub fn new() -> Self {
        Self { repr: Repr::new(Two::Small(Listpack::new())) }
    }

    /// Asks the processor for what a command reads first.
    #[inline]
    pub fn prefetch(&self) {
        match self.repr.get() {
            Two::Small(pack) => pack.prefetch(),
            Two::Large(large) => structures::prefetch::read(&raw const **large),
        }
    }

    pub fn encoding(&self) -> ListEncoding {
        match self.repr.get() {
            Two::Small(_) => ListEncoding::Listpack,
            Two::Large(_) => ListEncoding::Quicklist,
        }
    }

    /// The bytes of a small list.
    pub fn listpack_bytes(&self) -> Option<&[u8]> {
        match self.repr.get() {
            Two::Small(pack) => Some(pack.as_bytes()),
            Two::Large(_) => None,
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        match self.repr.get() {
            Two::Small(pack) => pack.len(),
            Two::Large(list) => list.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self.repr.get() {
            Two::Small(pack) => pack.is_empty(),
            Two::Large(list) => list.is_empty(),
        }
    }

    /// Becomes a quicklist if elements that are about to come, of so many bytes in all, are too many for a listpack.
    pub fn expect(&mut self, bytes: usize, count: usize, limit: &NodeLimit) {
        if let Two::Small(pack) = self.repr.get_mut() {
            let total = pack.byte_len().saturating_add(bytes);
            if limit.is_exceeded_by(total, pack.len().saturating_add(count)) {
                let list = Quicklist::from_listpack(std::mem::take(pack), limit);
                self.repr = large(list);
            }
        }
    }

    /// A list that is a quicklist until [`List::settle`].
    pub fn new_quicklist(limit: &NodeLimit) -> Self {
        Self { repr: large(Quicklist::new(limit)) }
    }

    /// A list of nodes that were stored as such.
    pub fn from_nodes(nodes: Quicklist) -> Self {
        Self { repr: large(nodes) }
    }

    /// Becomes a listpack again if it has become small enough. To be called after elements were removed.
    pub fn shrink(&mut self, limit: &NodeLimit) {
        self.become_listpack_unless(|bytes, count| limit.is_half_exceeded_by(bytes, count));
    }

    /// Becomes a listpack if it is small enough to be one. To be called of a list that is complete.
    pub fn settle(&mut self, limit: &NodeLimit) {
        self.become_listpack_unless(|bytes, count| limit.is_exceeded_by(bytes, count));
    }

    fn become_listpack_unless(&mut self, is_too_big: impl Fn(usize, usize) -> bool) {
        if let Two::Large(list) = self.repr.get_mut()
            && let Some(pack) = list.as_single_listpack()
            && !is_too_big(pack.byte_len(), list.len())
        {
            self.repr = Repr::new(Two::Small(pack.clone()));
        }
    }

    /// Adds an element that was announced with `expect`.
    pub fn push(&mut self, end: End, bytes: &[u8], limit: &NodeLimit) {
        match self.repr.get_mut() {
            Two::Small(pack) => match end {
                End::Head => pack.push_front(bytes),
                End::Tail => pack.push_back(bytes),
            },
            Two::Large(list) => list.push(end, bytes, limit),
        }
    }

    /// Removes the element at an end, after `look` has seen it.
    pub fn pop<R>(&mut self, end: End, look: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        match self.repr.get_mut() {
            Two::Large(list) => list.pop(end, look),
            Two::Small(pack) => {
                let position = match end {
                    End::Head => pack.first()?,
                    End::Tail => pack.last()?,
                };
                let seen = look(pack.get(position));
                pack.remove(position, 1);
                Some(seen)
            }
        }
    }

    /// Shows the element of an index.
    pub fn get<R>(&self, index: usize, look: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        match self.repr.get() {
            Two::Small(pack) => pack.nth(index).map(|position| look(pack.get(position))),
            Two::Large(list) => list.get(index, look),
        }
    }

    /// Puts another element, announced with `expect`, in the place of one; false if there is none.
    pub fn set(&mut self, index: usize, bytes: &[u8], limit: &NodeLimit) -> bool {
        match self.repr.get_mut() {
            Two::Large(list) => list.replace(index, bytes, limit),
            Two::Small(pack) => {
                let position = pack.nth(index);
                if let Some(position) = position {
                    pack.replace(position, bytes);
                }
                position.is_some()
            }
        }
    }

    /// Inserts an element, announced with `expect`, beside the one of an index, or at the end if there is none.
    pub fn insert(&mut self, index: usize, side: Side, bytes: &[u8], limit: &NodeLimit) {
        match self.repr.get_mut() {
            Two::Large(list) => list.insert(index, side, bytes, limit),
            Two::Small(pack) => {
                pack.insert_before(pack.nth(index + usize::from(side == Side::After)), bytes);
            }
        }
    }

    /// Removes up to `count` elements from an index on; how many there were.
    pub fn remove_range(&mut self, index: usize, count: usize) -> usize {
        match self.repr.get_mut() {
            Two::Large(list) => list.remove_range(index, count),
            Two::Small(pack) => {
                let removed = count.min(pack.len().saturating_sub(index));
                if removed > 0
                    && let Some(position) = pack.nth(index)
                {
                    pack.remove(position, removed);
                }
                removed
            }
        }
    }

    /// Removes the elements equal to `text`, up to `max` of them, beginning at an end; how many.
    pub fn remove_equal(&mut self, text: &[u8], max: usize, from: End) -> usize {
        match self.repr.get_mut() {
            Two::Large(list) => list.remove_equal(text, max, from),
            Two::Small(pack) => {
                let limit = NodeLimit::of_parameter(0);
                let mut list = Quicklist::from_listpack(std::mem::take(pack), &limit);
                let removed = list.remove_equal(text, max, from);
                if let Some(rest) = list.as_single_listpack() {
                    *pack = rest.clone();
                }
                removed
            }
        }
    }

    /// Index of the first element equal to `text`.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let needle = Needle::new(text);
        let (mut index, mut found) = (0, false);
        self.visit(0, |element| {
            found = needle.is(element);
            index += usize::from(!found);
            !found
        });
        found.then_some(index)
    }

    /// Shows the elements from an index on, until `look` returns false.
    #[inline]
    pub fn visit(&self, index: usize, mut look: impl FnMut(Element<'_>) -> bool) {
        match self.repr.get() {
            Two::Small(pack) => {
                pack.visit(pack.nth(index), &mut look);
            }
            Two::Large(list) => list.visit(index, look),
        }
    }

    /// Shows the first `count` elements, from the last of them to the front, until `look` returns false.
    pub fn visit_back(&self, count: usize, mut look: impl FnMut(Element<'_>) -> bool) {
        match self.repr.get() {
            Two::Small(pack) => {
                let last = count.min(pack.len()).checked_sub(1);
                pack.visit_back(last.and_then(|last| pack.nth(last)), &mut look);
            }
            Two::Large(list) => list.visit_back(count, look),
        }
    }

    /// Shows so many elements from an index on.
    #[inline]
    pub fn visit_range(&self, index: usize, count: usize, mut look: impl FnMut(Element<'_>)) {
        self.visit(index, up_to(count, &mut look));
    }

    /// Shows so many elements of the first `end`, from the last of them to the front.
    pub fn visit_range_back(&self, end: usize, count: usize, mut look: impl FnMut(Element<'_>)) {
        self.visit_back(end, up_to(count, &mut look));
    }

    /// About how many allocations dropping the list frees.
    pub fn free_effort(&self) -> usize {
        match self.repr.get() {
            Two::Small(_) => 1,
            Two::Large(list) => list.node_len(),
        }
    }

    /// Bytes the list takes beside its value, inferred from up to `samples` nodes (0: all).
    pub fn memory_bytes(&self, samples: usize) -> usize {
        match self.repr.get() {
            Two::Small(pack) => pack.alloc_bytes(),
            Two::Large(list) => class_size(size_of::<Quicklist>()) + list.memory_bytes(samples),
        }
    }

    /// Moves some nodes as `judge` says; true while there are more.
    pub(crate) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        match self.repr.get_mut() {
            Two::Small(pack) => {
                pack.relocate(judge);
                false
            }
            Two::Large(list) => {
                if cursor.at == 0 {
                    Boxed::relocate(list, judge);
                }
                let first = usize::try_from(cursor.at).unwrap_or(usize::MAX);
                cursor.at += RELOCATED_NODES as u64;
                (first..first.saturating_add(RELOCATED_NODES))
                    .all(|index| list.relocate_node(index, judge))
            }
        }
    }

    /// The nodes of a quicklist; a listpack counts as one.
    pub fn nodes(&self) -> Box<dyn Iterator<Item = NodeView<'_>> + '_> {
        match self.repr.get() {
            Two::Small(pack) => Box::new(std::iter::once(NodeView::Packed(pack))),
            Two::Large(list) => Box::new(list.nodes()),
        }
    }

    /// Nodes of a quicklist; one of a listpack.
    pub fn node_len(&self) -> usize {
        match self.repr.get() {
            Two::Small(_) => 1,
            Two::Large(list) => list.node_len(),
        }
    }

    /// The quicklist, if it is one.
    pub fn quicklist(&self) -> Option<&Quicklist> {
        match self.repr.get() {
            Two::Small(_) => None,
            Two::Large(list) => Some(list),
        }
    }
}

/// `look`, until it was called so many times.
#[inline]
fn up_to(count: usize, mut look: impl FnMut(Element<'_>)) -> impl FnMut(Element<'_>) -> bool {
    let mut left = count;
    move |element| {
        if left == 0 {
            return false;
        }
        look(element);
        left -= 1;
        left > 0
    }
}
