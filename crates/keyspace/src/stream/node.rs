//! One node of the entry log: a listpack of a master entry and the entries behind it.
//!
//! ```text
//! live | deleted | fields | field … | 0                           the master entry: counts, and the first entry's fields
//! flags | ms | seq | fields | field | value … | elements         an entry with fields of its own
//! flags | ms | seq | value … | elements                          an entry with the master's fields
//! ```
//!
//! `ms` and `seq` are differences to the ID under which the log knows the node. `elements` counts those of the entry
//! before it, so that a node can be read backwards.
//!
//! Invariant: the listpack is of this form; [`is_valid`] checks what comes from outside.

use structures::Listpack;
use structures::listpack::{Element, Position};

use super::id::StreamId;

/// The entry was deleted.
const DELETED: i64 = 1;
/// The entry has the master's fields.
const SAME_FIELDS: i64 = 2;
/// Elements of an entry before its values: flags, ms, seq.
const HEAD_LEN: usize = 3;

/// A node as it is read.
#[derive(Clone, Copy)]
pub(super) struct NodeRef<'a> {
    pub(super) base: StreamId,
    pub(super) pack: &'a Listpack,
}

/// Where an entry is in its node, and what stands before its values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) id: StreamId,
    pub(super) is_deleted: bool,
    /// Its flags.
    at: Position,
    /// Its first value, or field.
    content: Position,
    pairs: usize,
    same_fields: bool,
}

/// An entry of a stream.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub id: StreamId,
    pack: &'a Listpack,
    place: Place,
}

impl<'a> Entry<'a> {
    /// Its fields.
    #[expect(clippy::len_without_is_empty, reason = "no entry is without fields")]
    pub fn len(&self) -> usize {
        self.place.pairs
    }

    /// Fields and values.
    pub fn fields(&self) -> Fields<'a> {
        let pack = self.pack;
        Fields {
            pack,
            master: self.place.same_fields.then(|| master_fields(pack)).flatten(),
            at: Some(self.place.content),
            left: self.place.pairs,
        }
    }
}

/// The fields and values of an entry.
pub struct Fields<'a> {
    pack: &'a Listpack,
    /// The next field if it stands in the master entry.
    master: Option<Position>,
    at: Option<Position>,
    left: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (Element<'a>, Element<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut at = self.at?;
        let field = match self.master {
            Some(master) => {
                self.master = self.pack.next(master);
                self.pack.get(master)
            }
            None => {
                let field = self.pack.get(at);
                at = self.pack.next(at)?;
                field
            }
        };
        self.at = self.pack.next(at);
        Some((field, self.pack.get(at)))
    }
}

/// A number at a place; 0 if there is none, which the invariant excludes.
#[inline]
fn number(pack: &Listpack, at: Position) -> i64 {
    match pack.get(at) {
        Element::Integer(integer) => integer,
        Element::Bytes(_) => 0,
    }
}

fn count(pack: &Listpack, at: Position) -> usize {
    usize::try_from(number(pack, at)).unwrap_or(0)
}

fn skip(pack: &Listpack, at: Position, elements: usize) -> Option<Position> {
    let mut at = at;
    for _ in 0..elements {
        at = pack.next(at)?;
    }
    Some(at)
}

/// The master's first field.
fn master_fields(pack: &Listpack) -> Option<Position> {
    skip(pack, pack.first()?, HEAD_LEN)
}

/// (entries that live, entries that were deleted)
pub(super) fn counts(pack: &Listpack) -> (usize, usize) {
    let Some(live) = pack.first() else { return (0, 0) };
    let deleted = pack.next(live).map_or(0, |at| count(pack, at));
    (count(pack, live), deleted)
}

impl<'a> NodeRef<'a> {
    /// The first entry, deleted or not.
    pub(super) fn first(self) -> Option<Place> {
        let fields = skip(self.pack, self.pack.first()?, 2)?;
        let first = skip(self.pack, fields, count(self.pack, fields) + 2)?;
        self.read(first)
    }

    /// The last entry, deleted or not.
    pub(super) fn last(self) -> Option<Place> {
        self.read_before_end(self.pack.last()?)
    }

    /// The entry whose count of elements stands at a place; `None` for the end of the master entry.
    fn read_before_end(self, end: Position) -> Option<Place> {
        let elements = count(self.pack, end);
        if elements == 0 {
            return None;
        }
        let mut at = end;
        for _ in 0..elements {
            at = self.pack.prev(at)?;
        }
        self.read(at)
    }

    #[inline]
    fn read(self, at: Position) -> Option<Place> {
        let pack = self.pack;
        let flags = number(pack, at);
        let ms = pack.next(at)?;
        let seq = pack.next(ms)?;
        let id = StreamId {
            ms: self.base.ms.wrapping_add_signed(number(pack, ms)),
            seq: self.base.seq.wrapping_add_signed(number(pack, seq)),
        };
        let mut content = pack.next(seq)?;
        let same_fields = flags & SAME_FIELDS != 0;
        let pairs = if same_fields {
            count(pack, skip(pack, pack.first()?, 2)?)
        } else {
            let pairs = count(pack, content);
            content = pack.next(content)?;
            pairs
        };
        Some(Place { id, is_deleted: flags & DELETED != 0, at, content, pairs, same_fields })
    }

    #[inline]
    pub(super) fn next(self, place: &Place) -> Option<Place> {
        let elements = if place.same_fields { place.pairs } else { 2 * place.pairs };
        self.read(skip(self.pack, place.content, elements + 1)?)
    }

    pub(super) fn prev(self, place: &Place) -> Option<Place> {
        self.read_before_end(self.pack.prev(place.at)?)
    }

    pub(super) fn entry(self, place: Place) -> Entry<'a> {
        Entry { id: place.id, pack: self.pack, place }
    }

    /// All entries, deleted ones too.
    pub(super) fn places(self) -> impl Iterator<Item = Place> {
        std::iter::successors(self.first(), move |place| self.next(place))
    }
}

/// A node of one entry, which has the ID of the node.
pub(super) fn new(fields: &[&[u8]]) -> Listpack {
    let mut pack = Listpack::new();
    let names = fields.iter().step_by(2).map(|name| Element::Bytes(name));
    let pairs = (fields.len() / 2) as i64;
    let head = [1, 0, pairs].map(Element::Integer);
    let values = values_of(fields);
    let entry_head = [SAME_FIELDS, 0, 0].map(Element::Integer);
    let end = [Element::Integer(HEAD_LEN as i64 + pairs)];
    pack.push_back_elements(
        head.into_iter()
            .chain(names)
            .chain([Element::Integer(0)])
            .chain(entry_head)
            .chain(values)
            .chain(end),
    );
    pack
}

fn values_of<'a>(fields: &'a [&'a [u8]]) -> impl Iterator<Item = Element<'a>> + Clone {
    fields.iter().skip(1).step_by(2).map(|value| Element::Bytes(value))
}

/// Adds an entry behind all others; `fields` are names and values in turn.
pub(super) fn append(pack: &mut Listpack, base: StreamId, id: StreamId, fields: &[&[u8]]) {
    let ms = Element::Integer(id.ms.wrapping_sub(base.ms) as i64);
    let seq = Element::Integer(id.seq.wrapping_sub(base.seq) as i64);
    let pairs = (fields.len() / 2) as i64;
    if has_fields(pack, fields) {
        let head = [Element::Integer(SAME_FIELDS), ms, seq];
        let end = [Element::Integer(HEAD_LEN as i64 + pairs)];
        pack.push_back_elements(head.into_iter().chain(values_of(fields)).chain(end));
    } else {
        let head = [Element::Integer(0), ms, seq, Element::Integer(pairs)];
        let content = fields.iter().map(|text| Element::Bytes(text));
        let end = [Element::Integer(HEAD_LEN as i64 + 1 + 2 * pairs)];
        pack.push_back_elements(head.into_iter().chain(content).chain(end));
    }
    let (live, _) = counts(pack);
    if let Some(first) = pack.first() {
        pack.replace_integer(first, live as i64 + 1);
    }
}

/// Whether the master entry has just the fields of these pairs.
fn has_fields(pack: &Listpack, fields: &[&[u8]]) -> bool {
    let Some(pairs) = pack.first().and_then(|first| skip(pack, first, 2)) else { return false };
    if count(pack, pairs) != fields.len() / 2 {
        return false;
    }
    let mut at = pairs;
    fields.iter().step_by(2).all(|name| match pack.next(at) {
        Some(next) => {
            at = next;
            pack.is_equal(at, name)
        }
        None => false,
    })
}

/// Marks an entry as deleted, where it stays; to be counted by [`count_deleted`].
pub(super) fn mark_deleted(pack: &mut Listpack, place: &Place) {
    let flags = number(pack, place.at);
    pack.replace_integer(place.at, flags | DELETED);
}

/// Counts entries that were marked as deleted.
pub(super) fn count_deleted(pack: &mut Listpack, marked: u64) {
    let (live, deleted) = counts(pack);
    if let Some(first) = pack.first() {
        pack.replace_integer(first, (live as i64).saturating_sub_unsigned(marked));
    }
    if let Some(second) = pack.first().and_then(|first| pack.next(first)) {
        pack.replace_integer(second, (deleted as i64).saturating_add_unsigned(marked));
    }
}

/// Whether a listpack from outside is a node: counts that are right, and entries that end where they say.
pub(super) fn is_valid(pack: &Listpack) -> bool {
    check(pack).is_some()
}

fn check(pack: &Listpack) -> Option<()> {
    let strictly = |at: Position| match pack.get(at) {
        Element::Integer(integer) => Some(integer),
        Element::Bytes(_) => None,
    };
    let counted = |at: Position| usize::try_from(strictly(at)?).ok();
    let live_at = pack.first()?;
    let deleted_at = pack.next(live_at)?;
    let fields_at = pack.next(deleted_at)?;
    let (live, deleted) = (counted(live_at)?, counted(deleted_at)?);
    let master_pairs = counted(fields_at)?;
    let end = skip(pack, pack.next(fields_at)?, master_pairs)?;
    if strictly(end)? != 0 {
        return None;
    }
    let (mut seen_live, mut seen_deleted) = (0, 0);
    let mut next = pack.next(end);
    while let Some(at) = next {
        let flags = strictly(at)?;
        let ms = pack.next(at)?;
        let seq = pack.next(ms)?;
        strictly(ms)?;
        strictly(seq)?;
        let content = pack.next(seq)?;
        let elements = if flags & SAME_FIELDS != 0 {
            master_pairs
        } else {
            counted(content)?.checked_mul(2)?.checked_add(1)?
        };
        let end = skip(pack, content, elements)?;
        if counted(end)? != elements + HEAD_LEN {
            return None;
        }
        if flags & DELETED != 0 {
            seen_deleted += 1;
        } else {
            seen_live += 1;
        }
        next = pack.next(end);
    }
    (seen_live == live && seen_deleted == deleted).then_some(())
}
