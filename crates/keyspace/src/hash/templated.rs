//! The template encodings: values only, in the order of the names in a shared template.

use structures::{CompactBytes, Listpack, class_size};

use super::template::{KeyTemplate, Template};
use super::{Element, FieldView};
use crate::relocate::{Judge, RelocateCursor};

/// Values that defragmentation looks at in one piece.
const RELOCATED_AT_ONCE: usize = 256;

/// Bytes up to which the values of an array are one allocation.
const PACKED_BYTES_MAX: usize = 4096;
/// Bytes that say where a value ends.
const END_SIZE: usize = 2;

/// Values of a hash whose template has their names.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    Listpack(&'a Listpack),
    /// What `packed` made.
    Packed(&'a CompactBytes),
    Array(&'a ValueArray),
}

/// Values in one allocation, unless they take too much: where each of them ends, and then all of them.
pub(super) fn packed(values: &[&[u8]]) -> Option<CompactBytes> {
    let content = values.iter().try_fold(0usize, |sum, value| sum.checked_add(value.len()))?;
    let size = values.len().checked_mul(END_SIZE)?.checked_add(content)?;
    if size > PACKED_BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::with_capacity(size);
    let mut end = 0;
    for value in values {
        end += value.len();
        bytes.extend_from_slice(&(end as u16).to_le_bytes());
    }
    values.iter().for_each(|value| bytes.extend_from_slice(value));
    Some(CompactBytes::new(&bytes))
}

/// A value of those that `packed` put together, `count` in all.
fn packed_value(bytes: &[u8], index: usize, count: usize) -> Option<&[u8]> {
    let (ends, content) = bytes.split_at_checked(count * END_SIZE)?;
    let (ends, _) = ends.as_chunks::<END_SIZE>();
    let end = |index: usize| Some(usize::from(u16::from_le_bytes(*ends.get(index)?)));
    let begin = if index == 0 { 0 } else { end(index - 1)? };
    content.get(begin..end(index)?)
}

/// Values that are too long, or too many, for a listpack.
#[derive(Clone)]
pub(super) struct ValueArray {
    values: Box<[CompactBytes]>,
}

impl ValueArray {
    pub(super) fn of<'v>(values: impl Iterator<Item = &'v [u8]>) -> Box<ValueArray> {
        Box::new(ValueArray { values: values.map(CompactBytes::new).collect() })
    }

    pub(super) fn set(&mut self, index: usize, value: &[u8]) {
        self.values[index] = CompactBytes::new(value);
    }

    /// The values in their new places, others between them: for each value of the result, the one that is new,
    /// or `None` for the next of those that were there.
    pub(super) fn merge<'v>(&mut self, values: impl Iterator<Item = Option<&'v [u8]>>) {
        let mut old = std::mem::take(&mut self.values).into_iter();
        let merged = values.map_while(|new| new.map(CompactBytes::new).or_else(|| old.next()));
        self.values = merged.collect();
    }

    /// Removes the values for which `removed` is true.
    pub(super) fn remove(&mut self, removed: impl Fn(usize) -> bool) {
        let mut values = std::mem::take(&mut self.values).into_vec();
        let mut index = 0..;
        values.retain(|_| !index.next().is_some_and(&removed));
        self.values = values.into_boxed_slice();
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Bytes it takes.
    pub(super) fn memory_bytes(&self, samples: usize) -> usize {
        let looked_at = if samples == 0 { self.len() } else { samples.min(self.len()) };
        let bytes: usize = self.values[..looked_at].iter().map(CompactBytes::alloc_bytes).sum();
        class_size(size_of::<ValueArray>())
            + class_size(size_of_val(&*self.values))
            + bytes * self.len() / looked_at.max(1)
    }

    /// Moves a piece as `judge` says; true while there is more.
    pub(super) fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        let begin = usize::try_from(cursor.at).unwrap_or(usize::MAX).min(self.values.len());
        let end = (begin + RELOCATED_AT_ONCE).min(self.values.len());
        self.values[begin..end].iter_mut().for_each(|value| value.relocate(judge));
        cursor.at = end as u64;
        end < self.values.len()
    }
}

/// A hash of either template encoding, to be read.
#[derive(Clone, Copy)]
pub(super) struct TemplatedHash<'a> {
    pub(super) template: &'a KeyTemplate,
    pub(super) values: Values<'a>,
}

impl<'a> TemplatedHash<'a> {
    pub(super) fn template(self) -> &'a Template {
        self.template
    }

    pub(super) fn len(self) -> usize {
        self.template.len()
    }

    pub(super) fn is_empty(self) -> bool {
        self.template.is_empty()
    }

    fn value(self, index: usize) -> Option<Element<'a>> {
        match self.values {
            Values::Listpack(listpack) => Some(listpack.get(listpack.nth(index)?)),
            Values::Packed(packed) => {
                packed_value(packed.as_bytes(), index, self.len()).map(Element::Bytes)
            }
            Values::Array(array) => array.values.get(index).map(|v| Element::Bytes(v.as_bytes())),
        }
    }

    fn view(self, index: usize) -> Option<FieldView<'a>> {
        Some(FieldView {
            field: Element::Bytes(self.template().name(index)),
            value: self.value(index)?,
            expiry_ms: None,
        })
    }

    #[inline]
    pub(super) fn get(self, field: &[u8]) -> Option<FieldView<'a>> {
        self.view(self.template.find(field).ok()?)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = FieldView<'a>> {
        let (listpack, direct) = match self.values {
            Values::Listpack(listpack) => (Some(listpack), 0),
            Values::Packed(_) | Values::Array(_) => (None, self.len()),
        };
        let in_turn = listpack.into_iter().flat_map(|l| l.iter().map(|(_, element)| element));
        let direct = (0..direct).filter_map(move |index| self.value(index));
        self.template().names().zip(in_turn.chain(direct)).map(|(name, value)| FieldView {
            field: Element::Bytes(name),
            value,
            expiry_ms: None,
        })
    }

    pub(super) fn random(self, random: &mut impl FnMut() -> u64) -> Option<FieldView<'a>> {
        self.view(super::volatile::below(random(), self.len()))
    }
}
