//! Parked values: of modules' types that no loaded module has, kept as the bytes they were read as.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::module::{ModuleValue, Place, name_of_type};

/// A type of which values are parked, and how many.
#[derive(Debug)]
pub struct ParkedType {
    /// Nine letters.
    pub name: String,
    values: AtomicUsize,
    bytes: AtomicUsize,
    revived: AtomicU64,
    refused: AtomicU64,
}

impl ParkedType {
    /// The type that a number names, whatever the encoding version in it.
    pub fn of_id(type_id: u64) -> ParkedType {
        ParkedType {
            name: name_of_type(type_id),
            values: AtomicUsize::default(),
            bytes: AtomicUsize::default(),
            revived: AtomicU64::default(),
            refused: AtomicU64::default(),
        }
    }

    /// Values that are parked now.
    pub fn values(&self) -> usize {
        self.values.load(Ordering::Relaxed)
    }

    /// Bytes of these, as RDB files hold them.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Values that a module has taken back so far.
    pub fn revived(&self) -> u64 {
        self.revived.load(Ordering::Relaxed)
    }

    /// How often a module would not take one back.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether it has values, or has had some that a module was offered.
    pub fn is_to_be_told(&self) -> bool {
        self.values() > 0 || self.revived() > 0 || self.refused() > 0
    }

    /// Counts a value that a module has taken back.
    pub fn count_revived(&self) {
        self.revived.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a value that a module would not take back.
    pub fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// See the module text. It counts itself with its type as long as it is there, on whatever thread it ends.
pub struct ParkedValue {
    parked_type: Arc<ParkedType>,
    type_id: u64,
    fields: Arc<[u8]>,
    /// The modules as they were when one of them would not take the value back.
    refused_at: u64,
}

impl ParkedValue {
    /// `type_id` with the encoding version of the bytes; these are what follows it in an RDB file.
    pub fn new(parked_type: Arc<ParkedType>, type_id: u64, fields: Arc<[u8]>) -> ParkedValue {
        parked_type.values.fetch_add(1, Ordering::Relaxed);
        parked_type.bytes.fetch_add(fields.len(), Ordering::Relaxed);
        ParkedValue { parked_type, type_id, fields, refused_at: 0 }
    }

    /// The parked value that a module's value is, if it is one.
    pub fn of(value: &dyn ModuleValue) -> Option<&ParkedValue> {
        value.as_any().downcast_ref()
    }

    /// The same, to be changed.
    pub fn of_mut(value: &mut dyn ModuleValue) -> Option<&mut ParkedValue> {
        value.as_any_mut().downcast_mut()
    }

    pub fn parked_type(&self) -> &Arc<ParkedType> {
        &self.parked_type
    }

    pub fn fields(&self) -> &Arc<[u8]> {
        &self.fields
    }

    /// Whether the modules that are there have refused it already; they are told apart by a number that changes with them.
    pub fn is_refused_at(&self, modules: u64) -> bool {
        self.refused_at == modules
    }

    pub fn set_refused_at(&mut self, modules: u64) {
        self.refused_at = modules;
    }
}

impl Drop for ParkedValue {
    fn drop(&mut self) {
        self.parked_type.values.fetch_sub(1, Ordering::Relaxed);
        self.parked_type.bytes.fetch_sub(self.fields.len(), Ordering::Relaxed);
    }
}

impl ModuleValue for ParkedValue {
    fn type_name(&self) -> &str {
        &self.parked_type.name
    }

    fn type_id(&self) -> u64 {
        self.type_id
    }

    fn encoding_name(&self) -> &'static str {
        "parked"
    }

    fn free_effort(&self, _: Place<'_>) -> usize {
        1
    }

    fn memory_bytes(&self, _: Place<'_>, _: usize) -> usize {
        let counts = 2 * size_of::<usize>();
        structures::class_size(size_of::<ParkedValue>())
            + structures::class_size(counts + self.fields.len())
    }

    fn can_copy(&self) -> bool {
        true
    }

    fn duplicate(&self, _: Place<'_>, _: Place<'_>) -> Option<Box<dyn ModuleValue>> {
        let (parked_type, fields) = (self.parked_type.clone(), self.fields.clone());
        let mut copy = ParkedValue::new(parked_type, self.type_id, fields);
        copy.refused_at = self.refused_at;
        Some(Box::new(copy))
    }

    fn can_save(&self) -> bool {
        true
    }

    fn save(&self, _: Place<'_>) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(&self.fields))
    }

    fn digest(&self, _: Place<'_>, take: &mut dyn FnMut(Option<&[u8]>)) -> bool {
        take(Some(&self.fields));
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_themselves() {
        let parked_type = Arc::new(ParkedType::of_id(0));
        assert_eq!(parked_type.name, "AAAAAAAAA");
        let value = ParkedValue::new(parked_type.clone(), 3, Arc::from(&b"abc"[..]));
        let copy = value.duplicate(Place::default(), Place::default()).expect("a copy");
        assert_eq!((parked_type.values(), parked_type.bytes()), (2, 6));
        assert_eq!(copy.save(Place::default()).as_deref(), Some(&b"abc"[..]));
        assert_eq!(ModuleValue::type_id(&*copy), 3);
        drop(copy);
        drop(value);
        assert_eq!((parked_type.values(), parked_type.bytes()), (0, 0));
    }
}
