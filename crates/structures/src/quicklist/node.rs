//! A node of a quicklist, and how big it may be.

use crate::listpack::Element;
use crate::relocate::Judge;
use crate::{CompactBytes, Listpack};

/// Bytes of a listpack that is bounded by its number of elements.
const COUNTED_BYTES_MAX: usize = 8192;
const KIBIBYTE: usize = 1024;

/// `list-max-listpack-size`: how many elements or bytes a node may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeLimit {
    entries_max: usize,
    bytes_max: usize,
    plain_from: usize,
}

impl NodeLimit {
    /// The meaning of the parameter: a number of elements if positive, else -1 … -5 for 4 … 64 KiB.
    pub fn of_parameter(value: i32) -> Self {
        let (entries_max, bytes_max) = match value {
            1.. => (value.unsigned_abs() as usize, COUNTED_BYTES_MAX),
            0 => (1, COUNTED_BYTES_MAX),
            -1 => (usize::MAX, 4 * KIBIBYTE),
            -2 => (usize::MAX, 8 * KIBIBYTE),
            -3 => (usize::MAX, 16 * KIBIBYTE),
            -4 => (usize::MAX, 32 * KIBIBYTE),
            _ => (usize::MAX, 64 * KIBIBYTE),
        };
        Self { entries_max, bytes_max, plain_from: bytes_max + 1 }
    }

    /// Bytes from which an element has a node of its own, in place of what fits into none.
    #[must_use]
    pub fn with_plain_from(mut self, bytes: Option<usize>) -> Self {
        self.plain_from = bytes.unwrap_or(self.bytes_max + 1).min(self.bytes_max + 1);
        self
    }

    /// Whether a listpack of so many bytes and elements is too big.
    #[inline]
    pub fn is_exceeded_by(&self, bytes: usize, entries: usize) -> bool {
        bytes > self.bytes_max || entries > self.entries_max
    }

    /// Whether an element of so many bytes has a node of its own.
    #[inline]
    pub fn is_plain(&self, bytes: usize) -> bool {
        bytes >= self.plain_from
    }
}

/// What a node holds.
#[derive(Clone)]
pub(super) enum Content {
    Packed(Listpack),
    Plain(CompactBytes),
}

/// See the module text of the list.
#[derive(Clone)]
pub(super) struct Node {
    content: Content,
    count: u32,
}

/// Bytes that an element takes in a listpack at most beside its own.
const ELEMENT_OVERHEAD_MAX: usize = 10;

impl Node {
    /// A node of a listpack with so many elements; `None` if there are none.
    pub(super) fn packed(listpack: Listpack, count: usize) -> Option<Self> {
        (count > 0).then(|| Self { content: Content::Packed(listpack), count: count as u32 })
    }

    /// A node of one element.
    pub(super) fn of(bytes: &[u8], limit: &NodeLimit) -> Self {
        if limit.is_plain(bytes.len()) {
            return Self { content: Content::Plain(CompactBytes::new(bytes)), count: 1 };
        }
        let mut listpack = Listpack::new();
        listpack.push_back(bytes);
        Self { content: Content::Packed(listpack), count: 1 }
    }

    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        match &mut self.content {
            Content::Packed(listpack) => listpack.relocate(judge),
            Content::Plain(bytes) => bytes.relocate(judge),
        }
    }

    #[inline]
    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    pub(super) fn get(&self, offset: usize) -> Option<Element<'_>> {
        match &self.content {
            Content::Packed(listpack) => Some(listpack.get(listpack.nth(offset)?)),
            Content::Plain(bytes) => (offset == 0).then_some(Element::Bytes(bytes.as_bytes())),
        }
    }

    /// The listpack, if an element of so many bytes may be added.
    pub(super) fn with_room_for(
        &mut self,
        bytes: usize,
        limit: &NodeLimit,
    ) -> Option<&mut Listpack> {
        match &mut self.content {
            Content::Packed(listpack) if !limit.is_plain(bytes) => {
                let grown = listpack.byte_len() + bytes + ELEMENT_OVERHEAD_MAX;
                let fits = !limit.is_exceeded_by(grown, self.count as usize + 1);
                fits.then(|| {
                    self.count += 1;
                    listpack
                })
            }
            _ => None,
        }
    }

    /// Removes up to `count` elements from an offset on; how many there were.
    pub(super) fn remove(&mut self, offset: usize, count: usize) -> usize {
        let removed = count.min(self.count().saturating_sub(offset));
        if let Content::Packed(listpack) = &mut self.content
            && removed < self.count as usize
            && let Some(position) = listpack.nth(offset)
        {
            listpack.remove(position, removed);
        }
        // A node that loses all its elements is dropped by its list.
        self.count -= removed as u32;
        removed
    }

    /// Puts another element in the place of one; `None` if it must be a node of its own or does not fit.
    pub(super) fn replace(&mut self, offset: usize, bytes: &[u8], limit: &NodeLimit) -> Option<()> {
        match &mut self.content {
            Content::Packed(listpack) if !limit.is_plain(bytes.len()) => {
                let grown = listpack.byte_len() + bytes.len() + ELEMENT_OVERHEAD_MAX;
                let alone = self.count == 1;
                if !alone && limit.is_exceeded_by(grown, self.count as usize) {
                    return None;
                }
                let position = listpack.nth(offset)?;
                listpack.replace(position, bytes);
                Some(())
            }
            _ if self.count == 1 => {
                *self = Self::of(bytes, limit);
                Some(())
            }
            _ => None,
        }
    }

    /// Removes the elements equal to `text`, up to `max` of them, from the front or the back; how many.
    pub(super) fn remove_equal(&mut self, text: &[u8], max: usize, from_back: bool) -> usize {
        let removed = match &mut self.content {
            Content::Plain(bytes) => usize::from(max > 0 && bytes.as_bytes() == text),
            Content::Packed(listpack) if from_back => remove_equal_back(listpack, text, max),
            Content::Packed(listpack) => remove_equal_front(listpack, text, max),
        };
        self.count -= removed as u32;
        removed
    }

    /// Cuts the node in two: elements from an offset on go to the node returned.
    pub(super) fn split_off(&mut self, offset: usize) -> Option<Node> {
        let Content::Packed(listpack) = &mut self.content else { return None };
        let cut = listpack.nth(offset)?;
        let mut upper = Listpack::new();
        let mut at = Some(cut);
        let mut moved = 0;
        while let Some(position) = at {
            match listpack.get(position) {
                Element::Bytes(bytes) => upper.push_back(bytes),
                Element::Integer(integer) => upper.push_back_integer(integer),
            }
            moved += 1;
            at = listpack.next(position);
        }
        listpack.remove(cut, moved);
        self.count -= moved as u32;
        Node::packed(upper, moved)
    }

    pub(super) fn alloc_bytes(&self) -> usize {
        match &self.content {
            Content::Packed(listpack) => listpack.alloc_bytes(),
            Content::Plain(bytes) => bytes.alloc_bytes(),
        }
    }
}

fn remove_equal_front(listpack: &mut Listpack, text: &[u8], max: usize) -> usize {
    let (mut removed, mut from) = (0, listpack.first());
    while removed < max {
        let Some(found) = from.and_then(|from| listpack.find(from, text, 0)) else { break };
        from = listpack.remove(found, 1);
        removed += 1;
    }
    removed
}

fn remove_equal_back(listpack: &mut Listpack, text: &[u8], max: usize) -> usize {
    let (mut removed, mut at) = (0, listpack.last());
    while let Some(position) = at
        && removed < max
    {
        // What is before stays where it is.
        at = listpack.prev(position);
        if listpack.is_equal(position, text) {
            listpack.remove(position, 1);
            removed += 1;
        }
    }
    removed
}
