//! The listpackex encoding: field, value and expiry in turn; those that expire in front, the earliest first.

use super::compact::CompactHash;
use super::{ElementText, FieldView};
use crate::relocate::Judge;
use structures::Listpack;
use structures::listpack::{Element, Position};

/// Passing from field to field.
const VALUE_AND_EXPIRY: usize = 2;

pub(super) struct VolatileHash {
    listpack: Listpack,
    indexed_ms: Option<i64>,
}

impl Clone for VolatileHash {
    fn clone(&self) -> Self {
        // The copy is in no database's index yet.
        Self { listpack: self.listpack.clone(), indexed_ms: None }
    }
}

impl VolatileHash {
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        self.listpack.relocate(judge);
    }

    pub(super) fn from_compact(compact: &CompactHash) -> Self {
        let mut hash = Self { listpack: Listpack::new(), indexed_ms: None };
        for view in compact.iter() {
            hash.insert(None, view.field, view.value, None);
        }
        hash
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.listpack.as_bytes()
    }

    pub(super) fn len(&self) -> usize {
        self.listpack.len() / 3
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listpack.is_empty()
    }

    pub(super) fn has_room_for(&self, field: &[u8], value: &[u8]) -> bool {
        self.listpack.has_room_for(field.len().saturating_add(value.len()))
    }

    fn find(&self, field: &[u8]) -> Option<Position> {
        self.listpack.find(self.listpack.first()?, field, VALUE_AND_EXPIRY)
    }

    /// Where the expiry of a field stands.
    fn expiry_position(&self, field: Position) -> Option<Position> {
        self.listpack.next(self.listpack.next(field)?)
    }

    fn expiry_at(&self, field: Position) -> Option<i64> {
        match self.listpack.get(self.expiry_position(field)?) {
            Element::Integer(at_ms) if at_ms != 0 => Some(at_ms),
            _ => None,
        }
    }

    fn view(&self, position: Position) -> Option<FieldView<'_>> {
        Some(FieldView {
            field: self.listpack.get(position),
            value: self.listpack.get(self.listpack.next(position)?),
            expiry_ms: self.expiry_at(position),
        })
    }

    pub(super) fn get(&self, field: &[u8]) -> Option<FieldView<'_>> {
        self.view(self.find(field)?)
    }

    /// Adds a field before another, or at the end.
    fn insert(
        &mut self,
        before: Option<Position>,
        field: Element<'_>,
        value: Element<'_>,
        expiry_ms: Option<i64>,
    ) {
        // Back to front, so that the place stays the same.
        let listpack = &mut self.listpack;
        let expiry = listpack.insert_integer_before(before, expiry_ms.unwrap_or(0));
        let value = insert_element(listpack, expiry, value);
        insert_element(listpack, value, field);
    }

    /// Where a field with this expiry belongs: in front of those that expire at the same time.
    fn place_for(&self, expiry_ms: i64) -> Option<Position> {
        self.positions()
            .find(|position| self.expiry_at(*position).is_none_or(|other| other >= expiry_ms))
    }

    pub(super) fn set(&mut self, field: &[u8], value: &[u8], keep_expiry: bool) -> bool {
        let Some(position) = self.find(field) else {
            self.insert(None, Element::Bytes(field), Element::Bytes(value), None);
            return true;
        };
        if keep_expiry || self.expiry_at(position).is_none() {
            if let Some(position) = self.listpack.next(position) {
                self.listpack.replace(position, value);
            }
        } else {
            self.listpack.remove(position, 3);
            self.insert(None, Element::Bytes(field), Element::Bytes(value), None);
        }
        false
    }

    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let Some(position) = self.find(field) else { return false };
        self.listpack.remove(position, 3);
        true
    }

    pub(super) fn set_expiry(&mut self, field: &[u8], expiry_ms: Option<i64>) -> bool {
        let Some(position) = self.find(field) else { return false };
        if self.expiry_at(position) == expiry_ms && expiry_ms.is_none() {
            return true;
        }
        let Some(view) = self.view(position) else { return false };
        let mut text = ElementText::default();
        let value = text.of(view.value).to_vec();
        self.listpack.remove(position, 3);
        let place = expiry_ms.and_then(|expiry_ms| self.place_for(expiry_ms));
        self.insert(place, Element::Bytes(field), Element::Bytes(&value), expiry_ms);
        true
    }

    fn positions(&self) -> impl Iterator<Item = Position> {
        let next = |position: &Position| self.listpack.next(self.expiry_position(*position)?);
        std::iter::successors(self.listpack.first(), next)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = FieldView<'_>> {
        self.positions().filter_map(|position| self.view(position))
    }

    /// The expiries, the earliest first.
    fn expiries(&self) -> impl Iterator<Item = i64> {
        self.positions().map_while(|position| self.expiry_at(position))
    }

    pub(super) fn volatile_len(&self) -> usize {
        self.expiries().count()
    }

    pub(super) fn expired_len(&self, now_ms: i64) -> usize {
        self.expiries().take_while(|at_ms| *at_ms < now_ms).count()
    }

    pub(super) fn next_expiry_ms(&self) -> Option<i64> {
        self.expiries().next()
    }

    pub(super) fn remove_expired(&mut self, now_ms: i64, count: usize) -> Vec<Box<[u8]>> {
        let expired: Vec<Box<[u8]>> = self
            .iter()
            .take_while(|view| view.expiry_ms.is_some_and(|at_ms| at_ms < now_ms))
            .take(count)
            .map(|view| Box::from(ElementText::default().of(view.field)))
            .collect();
        if let Some(first) = self.listpack.first() {
            self.listpack.remove(first, expired.len() * 3);
        }
        expired
    }

    pub(super) fn random(&self, random: &mut impl FnMut() -> u64) -> Option<FieldView<'_>> {
        self.view(self.listpack.nth(below(random(), self.len()) * 3)?)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        structures::class_size(size_of::<Self>()) + self.listpack.alloc_bytes()
    }

    pub(super) fn indexed_expiry_ms(&self) -> Option<i64> {
        self.indexed_ms
    }

    pub(super) fn set_indexed_expiry_ms(&mut self, at_ms: Option<i64>) {
        self.indexed_ms = at_ms;
    }
}

fn insert_element(listpack: &mut Listpack, before: Position, element: Element<'_>) -> Position {
    match element {
        Element::Bytes(bytes) => listpack.insert_before(Some(before), bytes),
        Element::Integer(integer) => listpack.insert_integer_before(Some(before), integer),
    }
}

/// A number below `limit` from a random one, all but evenly spread.
pub(super) fn below(random: u64, limit: usize) -> usize {
    ((u128::from(random) * limit as u128) >> 64) as usize
}
