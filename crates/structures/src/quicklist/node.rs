//! A node of a quicklist: a listpack or one big element, compressed if it lies far from both ends.

use super::limit::NodeLimit;
use crate::listpack::Element;
use crate::relocate::Judge;
use crate::{CompactBytes, Listpack};
use stdx::lzf;

/// Contents of fewer bytes are not compressed.
const COMPRESSED_FROM: usize = 48;
/// What compressing must save at least.
const SAVED_BYTES_MIN: usize = 8;
/// Bytes of the plain length in front of compressed data.
const PLAIN_LEN_BYTES: usize = 4;
/// Bytes that an element is taken to need in a listpack beside its own, when one is asked whether it has room.
const ELEMENT_OVERHEAD: usize = 8;

/// What a node holds.
#[derive(Clone)]
enum Content {
    Packed(Listpack),
    Plain(CompactBytes),
    /// Either of them: the length of its bytes, and these in LZF.
    Compressed {
        is_plain: bool,
        data: CompactBytes,
    },
}

/// A node as it is stored.
#[derive(Clone, Copy)]
pub enum NodeView<'a> {
    Packed(&'a Listpack),
    /// One big element.
    Plain(&'a [u8]),
    /// Either of them, in LZF.
    Compressed {
        is_plain: bool,
        data: &'a [u8],
        plain_len: usize,
    },
}

/// See the module text of the list.
#[derive(Clone)]
pub(super) struct Node {
    content: Content,
    count: u32,
    /// Compressing it was of no use. Forgotten when it changes.
    is_incompressible: bool,
}

impl Node {
    fn new(content: Content, count: usize) -> Self {
        Self { content, count: count as u32, is_incompressible: false }
    }

    /// A node of a listpack with so many elements; `None` if there are none.
    pub(super) fn packed(listpack: Listpack, count: usize) -> Option<Self> {
        (count > 0).then(|| Self::new(Content::Packed(listpack), count))
    }

    /// A node of one element.
    pub(super) fn of(bytes: &[u8], limit: &NodeLimit) -> Self {
        if limit.is_plain(bytes.len()) {
            return Self::plain(bytes);
        }
        let mut listpack = Listpack::new();
        listpack.push_back(bytes);
        Self::new(Content::Packed(listpack), 1)
    }

    /// A node that is one element.
    pub(super) fn plain(bytes: &[u8]) -> Self {
        Self::new(Content::Plain(CompactBytes::new(bytes)), 1)
    }

    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        match &mut self.content {
            Content::Packed(listpack) => listpack.relocate(judge),
            Content::Plain(bytes) | Content::Compressed { data: bytes, .. } => {
                bytes.relocate(judge);
            }
        }
    }

    pub(super) fn view(&self) -> NodeView<'_> {
        match &self.content {
            Content::Packed(listpack) => NodeView::Packed(listpack),
            Content::Plain(bytes) => NodeView::Plain(bytes.as_bytes()),
            Content::Compressed { is_plain, data } => {
                let (plain_len, data) = split_data(data);
                NodeView::Compressed { is_plain: *is_plain, data, plain_len }
            }
        }
    }

    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// Bytes of the content when it is not compressed.
    pub(super) fn byte_len(&self) -> usize {
        match self.view() {
            NodeView::Packed(listpack) => listpack.byte_len(),
            NodeView::Plain(bytes) => bytes.len(),
            NodeView::Compressed { plain_len, .. } => plain_len,
        }
    }

    /// Whether it is one big element.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.content, Content::Plain(_) | Content::Compressed { is_plain: true, .. })
    }

    /// Shows the content, which is decompressed for that if need be.
    #[inline]
    pub(super) fn with_content<R>(&self, show: impl FnOnce(Shown<'_>) -> R) -> R {
        match &self.content {
            Content::Packed(listpack) => show(Shown::Packed(listpack)),
            Content::Plain(bytes) => show(Shown::Plain(bytes.as_bytes())),
            Content::Compressed { is_plain, data } => match decompressed(*is_plain, data) {
                Content::Plain(bytes) => show(Shown::Plain(bytes.as_bytes())),
                Content::Packed(listpack) => show(Shown::Packed(&listpack)),
                Content::Compressed { .. } => unreachable!("it is not compressed twice"),
            },
        }
    }

    /// Compresses the content, if that saves enough.
    pub(super) fn compress(&mut self) {
        let (is_plain, bytes) = match &self.content {
            Content::Packed(listpack) => (false, listpack.as_bytes()),
            Content::Plain(bytes) => (true, bytes.as_bytes()),
            Content::Compressed { .. } => return,
        };
        if self.is_incompressible {
            return;
        }
        match compressed(bytes) {
            Some(data) => self.content = Content::Compressed { is_plain, data },
            None => self.is_incompressible = true,
        }
    }

    pub(super) fn decompress(&mut self) {
        if let Content::Compressed { is_plain, data } = &self.content {
            self.content = decompressed(*is_plain, data);
        }
    }

    /// The listpack, to be changed; `None` of a big element.
    fn listpack_mut(&mut self) -> Option<&mut Listpack> {
        self.decompress();
        self.is_incompressible = false;
        match &mut self.content {
            Content::Packed(listpack) => Some(listpack),
            _ => None,
        }
    }

    /// The element of an offset.
    pub(super) fn get<R>(&self, offset: usize, look: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        self.with_content(|content| match content {
            Shown::Packed(listpack) => Some(look(listpack.get(listpack.nth(offset)?))),
            Shown::Plain(bytes) => (offset == 0).then(|| look(Element::Bytes(bytes))),
        })
    }

    /// Whether an element of so many bytes may be added to its listpack.
    #[inline]
    pub(super) fn has_room_for(&self, bytes: usize, limit: &NodeLimit) -> bool {
        if self.is_plain() || limit.is_plain(bytes) {
            return false;
        }
        let grown = self.byte_len() + bytes + ELEMENT_OVERHEAD;
        !limit.is_exceeded_by(grown, self.count() + 1)
    }

    /// Adds an element, for which there is room, before the one of an offset or at the end.
    pub(super) fn insert(&mut self, offset: usize, bytes: &[u8]) {
        let is_last = offset == self.count();
        let Some(listpack) = self.listpack_mut() else { return };
        if offset == 0 {
            listpack.push_front(bytes);
        } else if is_last {
            listpack.push_back(bytes);
        } else {
            listpack.insert_before(listpack.nth(offset), bytes);
        }
        self.count += 1;
    }

    /// Removes up to `count` elements from an offset on; how many there were.
    pub(super) fn remove(&mut self, offset: usize, count: usize) -> usize {
        let removed = count.min(self.count().saturating_sub(offset));
        // A node that loses all its elements is dropped by its list.
        if removed > 0
            && removed < self.count()
            && let Some(listpack) = self.listpack_mut()
            && let Some(position) = listpack.nth(offset)
        {
            listpack.remove(position, removed);
        }
        self.count -= removed as u32;
        removed
    }

    /// Puts another element in the place of one; false if it does not belong into a node of this kind.
    pub(super) fn replace(&mut self, offset: usize, bytes: &[u8], limit: &NodeLimit) -> bool {
        if self.is_plain() {
            if limit.is_plain(bytes.len()) {
                *self = Self::new(Content::Plain(CompactBytes::new(bytes)), 1);
                return true;
            }
            return false;
        }
        if limit.is_plain(bytes.len()) {
            return false;
        }
        let Some(listpack) = self.listpack_mut() else { return false };
        // It may grow beyond the limit by that, but not without end.
        match listpack.nth(offset).filter(|_| listpack.has_room_for(bytes.len())) {
            Some(position) => {
                listpack.replace(position, bytes);
                true
            }
            None => false,
        }
    }

    /// Removes the elements equal to `text`, up to `max` of them, from the front or the back; how many.
    pub(super) fn remove_equal(&mut self, text: &[u8], max: usize, from_back: bool) -> usize {
        let has_any = max > 0
            && self.with_content(|content| match content {
                Shown::Packed(listpack) => {
                    listpack.first().is_some_and(|first| listpack.find(first, text, 0).is_some())
                }
                Shown::Plain(bytes) => bytes == text,
            });
        if !has_any {
            return 0;
        }
        let removed = match self.listpack_mut() {
            None => 1,
            Some(listpack) if from_back => remove_equal_back(listpack, text, max),
            Some(listpack) => remove_equal_front(listpack, text, max),
        };
        self.count -= removed as u32;
        removed
    }

    /// Cuts the node in two: elements from an offset on go to the node returned.
    pub(super) fn split_off(&mut self, offset: usize) -> Option<Node> {
        let listpack = self.listpack_mut()?;
        let cut = listpack.nth(offset)?;
        let mut upper = Listpack::new();
        let moved = append(&mut upper, listpack, Some(cut));
        listpack.remove(cut, moved);
        self.count -= moved as u32;
        Node::packed(upper, moved)
    }

    /// Whether it and the node behind it fit into one.
    pub(super) fn can_join(&self, behind: &Node, limit: &NodeLimit) -> bool {
        if self.is_plain() || behind.is_plain() {
            return false;
        }
        // Two listpacks have two heads and ends, one has one.
        let bytes = self.byte_len() + behind.byte_len() - Listpack::EMPTY_BYTES;
        !limit.is_exceeded_by(bytes, self.count() + behind.count())
    }

    /// Adds the elements of the node behind it, which fits.
    pub(super) fn join(&mut self, behind: &Node) {
        let Some(listpack) = self.listpack_mut() else { return };
        behind.with_content(|content| {
            if let Shown::Packed(behind) = content {
                append(listpack, behind, behind.first());
            }
        });
        self.count += behind.count;
    }

    pub(super) fn alloc_bytes(&self) -> usize {
        match &self.content {
            Content::Packed(listpack) => listpack.alloc_bytes(),
            Content::Plain(bytes) => bytes.alloc_bytes(),
            Content::Compressed { data, .. } => data.alloc_bytes(),
        }
    }
}

/// A node's content as it is read.
pub(super) enum Shown<'a> {
    Packed(&'a Listpack),
    Plain(&'a [u8]),
}

fn split_data(data: &CompactBytes) -> (usize, &[u8]) {
    match data.as_bytes().split_first_chunk::<PLAIN_LEN_BYTES>() {
        Some((len, data)) => (u32::from_le_bytes(*len) as usize, data),
        None => (0, &[]),
    }
}

fn compressed(bytes: &[u8]) -> Option<CompactBytes> {
    if bytes.len() < COMPRESSED_FROM {
        return None;
    }
    let plain_len = u32::try_from(bytes.len()).ok()?;
    let most = bytes.len() - SAVED_BYTES_MIN;
    let data = lzf::Compressor::default().compress(bytes, most)?;
    Some(CompactBytes::new(&[&plain_len.to_le_bytes()[..], &data].concat()))
}

fn decompressed(is_plain: bool, data: &CompactBytes) -> Content {
    let (plain_len, data) = split_data(data);
    let bytes = lzf::decompress(data, plain_len).expect("it is what compressing has made");
    if is_plain {
        Content::Plain(CompactBytes::new(&bytes))
    } else {
        Content::Packed(Listpack::from_valid(&bytes))
    }
}

/// Adds elements of another listpack, from a place on, at the end; how many.
fn append(
    listpack: &mut Listpack,
    other: &Listpack,
    from: Option<crate::listpack::Position>,
) -> usize {
    let mut added = 0;
    let mut at = from;
    while let Some(position) = at {
        match other.get(position) {
            Element::Bytes(bytes) => listpack.push_back(bytes),
            Element::Integer(integer) => listpack.push_back_integer(integer),
        }
        added += 1;
        at = other.next(position);
    }
    added
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
