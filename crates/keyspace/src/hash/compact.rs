//! The listpack encoding: fields and values in turn, in the order in which the fields came.

use super::FieldView;
use crate::relocate::Judge;
use structures::Listpack;
use structures::listpack::Position;

/// Passing from field to field.
const VALUE: usize = 1;

#[derive(Clone)]
pub(super) struct CompactHash {
    listpack: Listpack,
}

impl CompactHash {
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        self.listpack.relocate(judge);
    }

    pub(super) fn new() -> Self {
        Self { listpack: Listpack::new() }
    }

    /// Takes a listpack of fields and values in turn, each field once.
    pub(super) fn of_listpack(listpack: Listpack) -> Self {
        Self { listpack }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.listpack.as_bytes()
    }

    #[inline]
    pub(super) fn prefetch(&self) {
        self.listpack.prefetch();
    }

    pub(super) fn len(&self) -> usize {
        self.listpack.len() / 2
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listpack.is_empty()
    }

    pub(super) fn has_room_for(&self, field: &[u8], value: &[u8]) -> bool {
        self.listpack.has_room_for(field.len().saturating_add(value.len()))
    }

    #[inline]
    fn find(&self, field: &[u8]) -> Option<Position> {
        self.listpack.find(self.listpack.first()?, field, VALUE)
    }

    #[inline]
    fn value_of(&self, field: &[u8]) -> Option<Position> {
        self.listpack.next(self.find(field)?)
    }

    fn view(&self, position: Position) -> Option<FieldView<'_>> {
        let value = self.listpack.next(position)?;
        Some(FieldView {
            field: self.listpack.get(position),
            value: self.listpack.get(value),
            expiry_ms: None,
        })
    }

    #[inline]
    pub(super) fn get(&self, field: &[u8]) -> Option<FieldView<'_>> {
        self.view(self.find(field)?)
    }

    pub(super) fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        if let Some(position) = self.value_of(field) {
            self.listpack.replace(position, value);
            return false;
        }
        self.listpack.push_back_all([field, value]);
        true
    }

    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let Some(position) = self.find(field) else { return false };
        self.listpack.remove(position, 2);
        true
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = FieldView<'_>> {
        let next = |position: &Position| self.listpack.next(self.listpack.next(*position)?);
        std::iter::successors(self.listpack.first(), next)
            .filter_map(|position| self.view(position))
    }

    pub(super) fn random(&self, random: &mut impl FnMut() -> u64) -> Option<FieldView<'_>> {
        self.view(self.listpack.nth(super::volatile::below(random(), self.len()) * 2)?)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.listpack.alloc_bytes()
    }
}
