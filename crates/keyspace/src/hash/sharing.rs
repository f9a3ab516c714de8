//! Hashes that share their names: how they come to a template, change it, and part from it.

use std::borrow::Cow;

use structures::Listpack;

use super::template::{HeldTemplate, KeyTemplate, Template, Templates, order};
use super::templated::{ValueArray, packed};
use super::{CompactHash, Element, ElementText, FieldView, Hash, HashLimits, Repr, VolatileHash};
use crate::element::to_vec;

/// A field with its value.
type Pair<'a> = [&'a [u8]; 2];

/// Values beside their template, not in a listpack.
fn array(template: KeyTemplate, values: &[&[u8]]) -> Repr {
    match packed(values) {
        Some(values) => Repr::TemplatePacked { template, values },
        None => {
            let values = ValueArray::of(values.iter().copied());
            Repr::TemplateArray { template, values }
        }
    }
}

/// Whether a listpack may hold a value.
fn is_short(value: &[u8], limits: &HashLimits) -> bool {
    value.len() <= limits.listpack_value_bytes_max
}

impl Hash {
    /// A hash of a template's fields with these values, which stand in the order of its names.
    pub fn from_template(template: &HeldTemplate, values: &[&[u8]], limits: &HashLimits) -> Hash {
        debug_assert_eq!(template.len(), values.len());
        let bytes = values.iter().fold(0usize, |sum, value| sum.saturating_add(value.len()));
        let packed = values.len() <= limits.listpack_entries_max
            && values.iter().all(|value| is_short(value, limits))
            && Listpack::new().has_room_for(bytes);
        let key_template = KeyTemplate::new(template);
        let repr = if packed {
            let elements: Vec<_> = values.iter().map(|value| Element::Bytes(value)).collect();
            Repr::TemplateListpack { template: key_template, values: Listpack::of(&elements) }
        } else {
            array(key_template, values)
        };
        Hash { repr }
    }

    /// The template, if the hash has one.
    pub fn template(&self) -> Option<&Template> {
        match &self.repr {
            Repr::TemplateListpack { template, .. }
            | Repr::TemplatePacked { template, .. }
            | Repr::TemplateArray { template, .. } => Some(template),
            _ => None,
        }
    }

    /// The values of a hash with a template, if a listpack holds them.
    pub fn template_listpack(&self) -> Option<&Listpack> {
        match &self.repr {
            Repr::TemplateListpack { values, .. } => Some(values),
            _ => None,
        }
    }

    /// Whether the hash could have a template, and has none. One whose fields may expire could not.
    pub fn is_sharable(&self) -> bool {
        match &self.repr {
            Repr::Compact(fields) => !fields.is_empty(),
            Repr::Table(fields) => !fields.is_empty() && !fields.expects_expiry(),
            _ => false,
        }
    }

    /// The names in the order of a template, and the values that belong to them.
    fn sorted(&self) -> (Vec<Cow<'_, [u8]>>, Vec<Element<'_>>) {
        let mut pairs = Vec::with_capacity(self.len());
        self.for_each(|view| {
            let name = match view.field {
                Element::Bytes(name) => Cow::Borrowed(name),
                integer => Cow::Owned(to_vec(integer)),
            };
            pairs.push((name, view.value));
        });
        pairs.sort_unstable_by(|left, right| order(&left.0, &right.0));
        pairs.into_iter().unzip()
    }

    /// Gives a sharable hash the template of its fields; `only_known`: unless it would be a new one. Whether it has one
    /// now: its number, and how many had it before.
    pub fn share(&mut self, templates: &Templates, only_known: bool) -> Option<(u32, usize)> {
        if !self.is_sharable() {
            return None;
        }
        let (names, values) = self.sorted();
        let names: Vec<&[u8]> = names.iter().map(|name| &**name).collect();
        let held = if only_known { templates.find(&names)? } else { templates.make(&names) };
        let before = held.keys();
        let template = KeyTemplate::new(&held);
        let repr = if matches!(self.repr, Repr::Compact(_)) {
            Repr::TemplateListpack { template, values: Listpack::of(&values) }
        } else {
            let values: Vec<&[u8]> = values
                .iter()
                .filter_map(|value| match value {
                    Element::Bytes(bytes) => Some(*bytes),
                    // A table stores no integers.
                    Element::Integer(_) => None,
                })
                .collect();
            array(template, &values)
        };
        self.repr = repr;
        Some((held.id(), before))
    }

    /// Parts from the template: the hash has its fields for itself, in the encoding of its size.
    pub fn unshare(&mut self, limits: &HashLimits) {
        if self.template().is_none() {
            return;
        }
        let mut limits = *limits;
        // As in Redis only the names are looked at where the values are compact already.
        let is_short = |view: FieldView<'_>| {
            ElementText::default().of(view.field).len() <= limits.listpack_value_bytes_max
        };
        if matches!(self.repr, Repr::TemplateListpack { .. }) && self.iter().all(is_short) {
            limits.listpack_value_bytes_max = usize::MAX;
        }
        let mut own = Hash::new();
        own.expect_fields(self.len(), &limits);
        self.for_each(|view| {
            let (mut field, mut value) = (ElementText::default(), ElementText::default());
            own.set(field.of(view.field), value.of(view.value), false, &limits);
        });
        *self = own;
    }

    /// Takes an encoding that can hold expiries, whether or not any comes.
    pub fn expect_expiry(&mut self, limits: &HashLimits) {
        self.unshare(limits);
        match &mut self.repr {
            Repr::Compact(fields) if !fields.is_empty() => {
                self.repr = Repr::Volatile(Box::new(VolatileHash::from_compact(fields)));
            }
            Repr::Table(fields) => fields.expect_expiry(),
            _ => {}
        }
    }

    /// Sets several fields; returns how many are new.
    pub fn set_all(&mut self, pairs: &[Pair<'_>], keep_expiry: bool, limits: &HashLimits) -> usize {
        if self.template().is_some() {
            return self.set_shared(pairs, limits);
        }
        if pairs.len() > 1 {
            self.expect_fields(pairs.len(), limits);
        }
        let set = |[field, value]: &&Pair<'_>| self.set(field, value, keep_expiry, limits);
        pairs.iter().filter(set).count()
    }

    /// The same for a hash with a template.
    pub(super) fn set_shared(&mut self, pairs: &[Pair<'_>], limits: &HashLimits) -> usize {
        let mut new: Vec<Pair<'_>> = Vec::new();
        for [field, value] in pairs {
            match self.template().map(|template| template.find(field)) {
                Some(Ok(index)) => self.replace_shared(index, value, limits),
                _ => new.push([*field, *value]),
            }
        }
        if !new.is_empty() {
            // As in Redis values count that are replaced again at once.
            let all_short = new.iter().all(|pair| is_short(pair[1], limits));
            new.sort_by(|left, right| order(left[0], right[0]));
            // What is set last stays.
            new.dedup_by(|later, earlier| {
                let again = later[0] == earlier[0];
                if again {
                    earlier[1] = later[1];
                }
                again
            });
            self.add_shared(&new, all_short, limits);
        }
        new.len()
    }

    fn replace_shared(&mut self, index: usize, value: &[u8], limits: &HashLimits) {
        if let Repr::TemplateListpack { values, .. } = &mut self.repr {
            if is_short(value, limits)
                && values.has_room_for(value.len())
                && let Some(position) = values.nth(index)
            {
                values.replace(position, value);
                return;
            }
            self.unpack_values();
        }
        match &mut self.repr {
            Repr::TemplateArray { values, .. } => values.set(index, value),
            Repr::TemplatePacked { template, .. } => {
                let template = template.clone();
                let mut values = self.stored_values();
                values[index] = value;
                self.repr = array(template, &values);
            }
            _ => {}
        }
    }

    /// The values of an array.
    fn stored_values(&self) -> Vec<&[u8]> {
        let mut values = Vec::with_capacity(self.len());
        self.for_each(|view| {
            // An array stores no integers.
            if let Element::Bytes(value) = view.value {
                values.push(value);
            }
        });
        values
    }

    /// Stores the values of a hash with a template each for itself.
    fn unpack_values(&mut self) {
        if let Repr::TemplateListpack { template, values } = &self.repr {
            let texts: Vec<Vec<u8>> = values.iter().map(|(_, element)| to_vec(element)).collect();
            let values: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
            self.repr = array(template.clone(), &values);
        }
    }

    /// Adds fields that are not in the template, sorted; `all_short` if the values may be compact.
    fn add_shared(&mut self, new: &[Pair<'_>], all_short: bool, limits: &HashLimits) {
        let Some(before) = self.template() else { return };
        let names: Vec<&[u8]> = new.iter().map(|pair| pair[0]).collect();
        let wider = before.with(&names);
        let bytes = new.iter().fold(0usize, |sum, pair| sum.saturating_add(pair[1].len()));
        let packed = wider.len() <= limits.listpack_entries_max
            && all_short
            && self.template_listpack().is_some_and(|values| values.has_room_for(bytes));
        if !packed {
            self.unpack_values();
        }
        let mut new = new.iter().peekable();
        let merged = wider.names().map(|name| new.next_if(|pair| pair[0] == name));
        let merged = merged.map(|pair| pair.map(|pair| pair[1]));
        if matches!(self.repr, Repr::TemplatePacked { .. }) {
            let mut old = self.stored_values().into_iter();
            let values: Vec<&[u8]> = merged.map_while(|new| new.or_else(|| old.next())).collect();
            self.repr = array(KeyTemplate::new(&wider), &values);
            return;
        }
        match &mut self.repr {
            Repr::TemplateListpack { template, values } => {
                let mut old = values.iter().map(|(_, element)| element);
                let next = |new: Option<_>| new.map(Element::Bytes).or_else(|| old.next());
                let widened = Listpack::of(&merged.map_while(next).collect::<Vec<_>>());
                drop(old);
                *values = widened;
                *template = KeyTemplate::new(&wider);
            }
            Repr::TemplateArray { template, values } => {
                values.merge(merged);
                *template = KeyTemplate::new(&wider);
            }
            _ => {}
        }
    }

    /// Removes several fields; `removed` hears of those that were there.
    pub fn remove_all<'f>(&mut self, fields: &[&'f [u8]], mut removed: impl FnMut(&'f [u8])) {
        if self.template().is_some() {
            self.take_all_shared(fields, |field, value| {
                if value.is_some() {
                    removed(field);
                }
            });
            return;
        }
        for field in fields {
            if self.remove(field) {
                removed(field);
            }
        }
    }

    /// Removes several fields of a hash with a template; `visit` gets each with its value, if it was there still.
    pub fn take_all_shared<'f>(
        &mut self,
        fields: &[&'f [u8]],
        mut visit: impl FnMut(&'f [u8], Option<Element<'_>>),
    ) {
        let Some(template) = self.template() else { return };
        let mut marks = vec![false; template.len()];
        let mut any = false;
        for field in fields {
            match template.find(field) {
                Ok(index) if !std::mem::replace(&mut marks[index], true) => {
                    any = true;
                    visit(field, self.get(field).map(|view| view.value));
                }
                _ => visit(field, None),
            }
        }
        if any {
            self.remove_shared(|index| marks[index]);
        }
    }

    /// Removes one field of a hash with a template.
    pub(super) fn remove_one_shared(&mut self, field: &[u8]) -> bool {
        let Some(Ok(removed)) = self.template().map(|template| template.find(field)) else {
            return false;
        };
        self.remove_shared(|index| index == removed);
        true
    }

    fn remove_shared(&mut self, removed: impl Fn(usize) -> bool) {
        let Some(narrower) = self.template().and_then(|template| template.without(&removed)) else {
            self.repr = Repr::Compact(CompactHash::new());
            return;
        };
        if matches!(self.repr, Repr::TemplatePacked { .. }) {
            let mut values = self.stored_values();
            let mut index = 0..;
            values.retain(|_| !index.next().is_some_and(&removed));
            self.repr = array(KeyTemplate::new(&narrower), &values);
            return;
        }
        match &mut self.repr {
            Repr::TemplateListpack { template, values } => {
                let kept = values.iter().enumerate().filter(|(index, _)| !removed(*index));
                let elements: Vec<Element<'_>> = kept.map(|(_, (_, element))| element).collect();
                let narrowed = Listpack::of(&elements);
                *values = narrowed;
                *template = KeyTemplate::new(&narrower);
            }
            Repr::TemplateArray { template, values } => {
                values.remove(&removed);
                *template = KeyTemplate::new(&narrower);
            }
            _ => {}
        }
    }
}
