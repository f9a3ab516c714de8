//! The field sets that a client has prepared for HIMPORT: names for templates, and in which order their values come.

use std::collections::BTreeMap;

use keyspace::hash::HeldTemplate;

/// About what a map takes for an entry beside its content.
const ENTRY_BYTES: usize = 32;

/// One of them.
pub struct Fieldset {
    pub template: HeldTemplate,
    /// For each name of the template, which value is its.
    pub order: Box<[u32]>,
}

/// Those of one client.
#[derive(Default)]
pub struct Fieldsets {
    by_name: BTreeMap<Box<[u8]>, Fieldset>,
    bytes: usize,
}

fn bytes_of(name: &[u8], fieldset: &Fieldset) -> usize {
    ENTRY_BYTES + name.len() + size_of::<Fieldset>() + size_of_val(&*fieldset.order)
}

impl Fieldsets {
    /// Adds one, in place of one of that name.
    pub fn insert(&mut self, name: &[u8], fieldset: Fieldset) {
        self.remove(name);
        self.bytes += bytes_of(name, &fieldset);
        self.by_name.insert(name.into(), fieldset);
    }

    pub fn get(&self, name: &[u8]) -> Option<&Fieldset> {
        self.by_name.get(name)
    }

    /// Removes one; whether it was there.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let removed = self.by_name.remove(name);
        self.bytes -= removed.as_ref().map_or(0, |fieldset| bytes_of(name, fieldset));
        removed.is_some()
    }

    /// Removes all; how many there were.
    pub fn clear(&mut self) -> usize {
        std::mem::take(self).by_name.len()
    }

    pub fn memory_bytes(&self) -> usize {
        self.bytes
    }
}
