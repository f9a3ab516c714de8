//! The template encodings: values only, in the order of the names in a shared template.

use structures::{CompactBytes, Listpack, class_size};

use super::template::{KeyTemplate, Template};
use super::{Element, ElementText, FieldView};
use crate::relocate::{Judge, RelocateCursor};

/// Values that defragmentation looks at in one piece.
const RELOCATED_AT_ONCE: usize = 256;

/// Values of a hash whose template has their names.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    Listpack(&'a Listpack),
    Array(&'a ValueArray),
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

    pub(super) fn from_listpack(listpack: &Listpack) -> Box<ValueArray> {
        let text = |(_, element)| CompactBytes::new(ElementText::default().of(element));
        Box::new(ValueArray { values: listpack.iter().map(text).collect() })
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

    pub(super) fn values(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.values.iter().map(CompactBytes::as_bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
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
        let (listpack, array) = match self.values {
            Values::Listpack(listpack) => (Some(listpack), None),
            Values::Array(array) => (None, Some(array)),
        };
        let packed = listpack.into_iter().flat_map(|l| l.iter().map(|(_, element)| element));
        let apart = array.into_iter().flat_map(|array| array.values().map(Element::Bytes));
        self.template().names().zip(packed.chain(apart)).map(|(name, value)| FieldView {
            field: Element::Bytes(name),
            value,
            expiry_ms: None,
        })
    }

    pub(super) fn random(self, random: &mut impl FnMut() -> u64) -> Option<FieldView<'a>> {
        self.view(super::volatile::below(random(), self.len()))
    }

    /// Bytes beside the record and the template.
    pub(super) fn memory_bytes(self, samples: usize) -> usize {
        match self.values {
            Values::Listpack(listpack) => listpack.alloc_bytes(),
            Values::Array(array) => {
                let looked_at = if samples == 0 { array.len() } else { samples.min(array.len()) };
                let bytes: usize =
                    array.values[..looked_at].iter().map(CompactBytes::alloc_bytes).sum();
                class_size(size_of::<ValueArray>())
                    + class_size(size_of_val(&*array.values))
                    + bytes * array.len() / looked_at.max(1)
            }
        }
    }
}
