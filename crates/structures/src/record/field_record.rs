//! A hash field with its value and expiry in one allocation behind a thin pointer.

use crate::hashtable::{HashSeed, Item};
use crate::packed::{self, class_size, read_len, width_code, write_len};
use crate::relocate::{self, Judge};
use std::ptr::NonNull;

const FIELD_WIDTH_SHIFT: u32 = 0;
const VALUE_WIDTH_SHIFT: u32 = 2;
const HAS_EXPIRY: u8 = 1 << 4;
const EXPIRY_SIZE: usize = 8;

/// A field of a hash.
///
/// ```text
/// u8 flags | [i64 expiry_ms] | field length | value length | field | value
///   bits 0..=1 field length width, 2..=3 value length width, 4 has expiry
/// ```
///
/// As with `Record`, the allocation is the size class of its contents.
pub struct FieldRecord {
    memory: NonNull<u8>,
}

// SAFETY: it owns its bytes.
unsafe impl Send for FieldRecord {}

#[derive(Clone, Copy)]
struct Shape {
    flags: u8,
    field_len: usize,
    value_len: usize,
}

impl Shape {
    fn new(field_len: usize, value_len: usize, has_expiry: bool) -> Self {
        let flags = width_code(field_len) << FIELD_WIDTH_SHIFT
            | width_code(value_len) << VALUE_WIDTH_SHIFT
            | if has_expiry { HAS_EXPIRY } else { 0 };
        Self { flags, field_len, value_len }
    }

    fn field_len_at(self) -> usize {
        1 + if self.flags & HAS_EXPIRY != 0 { EXPIRY_SIZE } else { 0 }
    }

    fn value_len_at(self) -> usize {
        self.field_len_at() + (1 << (self.flags >> FIELD_WIDTH_SHIFT & 3))
    }

    fn field_at(self) -> usize {
        self.value_len_at() + (1 << (self.flags >> VALUE_WIDTH_SHIFT & 3))
    }

    fn value_at(self) -> usize {
        self.field_at() + self.field_len
    }

    fn class(self) -> usize {
        class_size(self.value_at() + self.value_len)
    }
}

impl FieldRecord {
    pub fn new(field: &[u8], value: &[u8], expiry_ms: Option<i64>) -> Self {
        let shape = Shape::new(field.len(), value.len(), expiry_ms.is_some());
        let mut record = Self { memory: packed::allocate(shape.class()) };
        record.write_head(shape, expiry_ms);
        // SAFETY: the allocation has the shape's size, so room for the field at its place.
        unsafe {
            record.at(shape.field_at()).copy_from_nonoverlapping(field.as_ptr(), field.len())
        };
        // SAFETY: likewise for the value.
        unsafe {
            record.at(shape.value_at()).copy_from_nonoverlapping(value.as_ptr(), value.len())
        };
        record
    }

    #[inline]
    fn at(&self, offset: usize) -> *mut u8 {
        self.memory.as_ptr().wrapping_add(offset)
    }

    #[inline]
    fn shape(&self) -> Shape {
        // SAFETY: every record begins with its flags.
        let flags = unsafe { self.memory.read() };
        let mut shape = Shape { flags, field_len: 0, value_len: 0 };
        // SAFETY: the lengths stand where the flags say, written by write_head.
        shape.field_len =
            unsafe { read_len(self.at(shape.field_len_at()), flags >> FIELD_WIDTH_SHIFT) };
        // SAFETY: as above.
        shape.value_len =
            unsafe { read_len(self.at(shape.value_len_at()), flags >> VALUE_WIDTH_SHIFT) };
        shape
    }

    fn write_head(&mut self, shape: Shape, expiry_ms: Option<i64>) {
        // SAFETY: the allocation has the shape's size; the places below follow from the shape.
        unsafe { self.memory.write(shape.flags) };
        if let Some(expiry_ms) = expiry_ms {
            // SAFETY: as above; the place need not be aligned.
            unsafe { self.at(1).cast::<i64>().write_unaligned(expiry_ms) };
        }
        let (field_width, value_width) =
            (shape.flags >> FIELD_WIDTH_SHIFT, shape.flags >> VALUE_WIDTH_SHIFT);
        // SAFETY: as above.
        unsafe { write_len(self.at(shape.field_len_at()), field_width, shape.field_len) };
        // SAFETY: as above.
        unsafe { write_len(self.at(shape.value_len_at()), value_width, shape.value_len) };
    }

    /// Gives the record another shape, in place if the size class is the same. The field goes
    /// along and the first `carried` bytes of the value; the rest of the value is garbage.
    fn reshape(&mut self, to: Shape, expiry_ms: Option<i64>, carried: usize) {
        let from = self.shape();
        let moved = from.field_len + carried;
        let source = self.at(from.field_at());
        if from.class() == to.class() {
            // SAFETY: both places are within the allocation.
            unsafe { source.copy_to(self.at(to.field_at()), moved) };
        } else {
            let memory = packed::allocate(to.class());
            let target = memory.as_ptr().wrapping_add(to.field_at());
            // SAFETY: the target is within the new allocation, the source within the old one.
            unsafe { source.copy_to_nonoverlapping(target, moved) };
            // SAFETY: the old allocation has the class of the old shape.
            unsafe { packed::free(self.memory, from.class()) };
            self.memory = memory;
        }
        self.write_head(to, expiry_ms);
    }

    #[inline]
    pub fn field(&self) -> &[u8] {
        let shape = self.shape();
        // SAFETY: the field was written there with this length.
        unsafe { std::slice::from_raw_parts(self.at(shape.field_at()), shape.field_len) }
    }

    #[inline]
    pub fn value(&self) -> &[u8] {
        let shape = self.shape();
        // SAFETY: the value was written there with this length.
        unsafe { std::slice::from_raw_parts(self.at(shape.value_at()), shape.value_len) }
    }

    #[inline]
    pub fn expiry_ms(&self) -> Option<i64> {
        // SAFETY: every record begins with its flags.
        let flags = unsafe { self.memory.read() };
        (flags & HAS_EXPIRY != 0).then(|| {
            // SAFETY: the flag says that the expiry is there.
            unsafe { self.at(1).cast::<i64>().read_unaligned() }
        })
    }

    /// Sets or clears the expiry; may move the record to another allocation.
    pub fn set_expiry(&mut self, expiry_ms: Option<i64>) {
        let from = self.shape();
        let to = Shape::new(from.field_len, from.value_len, expiry_ms.is_some());
        self.reshape(to, expiry_ms, from.value_len);
    }

    /// Replaces value and expiry; the allocation is reused if it has the right size class.
    pub fn replace(&mut self, value: &[u8], expiry_ms: Option<i64>) {
        let to = Shape::new(self.shape().field_len, value.len(), expiry_ms.is_some());
        self.reshape(to, expiry_ms, 0);
        // SAFETY: the allocation has the shape's size, and the value is elsewhere since this
        // record is borrowed mutably.
        unsafe { self.at(to.value_at()).copy_from_nonoverlapping(value.as_ptr(), value.len()) };
    }

    /// Replaces the value and keeps the expiry.
    pub fn set_value(&mut self, value: &[u8]) {
        self.replace(value, self.expiry_ms());
    }

    /// Moves the bytes to another allocation if `judge` says so.
    pub fn relocate(&mut self, judge: &mut Judge<'_>) {
        let class = self.alloc_bytes();
        // SAFETY: the allocation has this class, and only this refers to it.
        unsafe { relocate::packed(&mut self.memory, class, judge) };
    }

    /// Size of the allocation.
    pub fn alloc_bytes(&self) -> usize {
        self.shape().class()
    }
}

impl Drop for FieldRecord {
    fn drop(&mut self) {
        // SAFETY: the allocation has the class of the shape and is not used again.
        unsafe { packed::free(self.memory, self.shape().class()) };
    }
}

impl Clone for FieldRecord {
    fn clone(&self) -> Self {
        Self::new(self.field(), self.value(), self.expiry_ms())
    }
}

impl std::fmt::Debug for FieldRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (field, value) = (self.field().escape_ascii(), self.value().escape_ascii());
        write!(f, "FieldRecord(\"{field}\" = \"{value}\", expiry {:?})", self.expiry_ms())
    }
}

impl Item for FieldRecord {
    type Key = [u8];

    #[inline]
    fn key(&self) -> &[u8] {
        self.field()
    }

    #[inline]
    fn hash_key(seed: &HashSeed, key: &[u8]) -> u64 {
        seed.hash(key)
    }

    #[inline]
    fn matches(&self, key: &[u8]) -> bool {
        self.field() == key
    }

    fn prefetch(&self) {
        crate::prefetch::read(self.memory.as_ptr());
    }
}
