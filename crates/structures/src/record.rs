//! A key with its value, expiry and access time in one allocation behind a thin pointer.
//!
//! ```text
//! u32 header | [i64 expiry_ms] | key length | [value length] | key | payload
//!   bits 0..=1 kind, 2 has expiry, 3..=4 key length width, 5..=6 value length width,
//!   7 has metadata elsewhere, 8..=31 access
//! ```
//!
//! The payload is the bytes of a string at once behind the key, or an `i64` or a `V` at the
//! next multiple of eight. The allocation is the size class of its contents, so it can be reused
//! for whatever has the same class; `docs/formats/keyspace.md` counts the bytes.

mod compact_bytes;
mod field_record;
#[cfg(test)]
mod tests;

use crate::hashtable::{HashSeed, Item};
use crate::packed::{self, class_size, read_len, width_code, write_len};
use crate::relocate::{self, Judge};
pub use compact_bytes::CompactBytes;
pub use field_record::FieldRecord;
use std::marker::PhantomData;
use std::ptr::NonNull;

const KIND: u8 = 3;
const KIND_BYTES: u8 = 0;
const KIND_RAW: u8 = 1;
const KIND_INTEGER: u8 = 2;
const KIND_VALUE: u8 = 3;
const HAS_EXPIRY: u8 = 1 << 2;
const KEY_WIDTH_SHIFT: u32 = 3;
const VALUE_WIDTH_SHIFT: u32 = 5;
const HAS_METADATA: u8 = 1 << 7;
const ACCESS_SHIFT: u32 = 8;
const HEADER_SIZE: usize = 4;
const EXPIRY_SIZE: usize = 8;
/// Largest access word: 24 bits.
pub const ACCESS_MAX: u32 = (1 << 24) - 1;

/// See the module text.
pub struct Record<V> {
    memory: NonNull<u8>,
    owns: PhantomData<V>,
}

// SAFETY: a record owns its allocation and the value in it.
unsafe impl<V: Send> Send for Record<V> {}

/// What a record holds, borrowed.
#[derive(Debug, PartialEq, Eq)]
pub enum View<'a, V> {
    /// A string; `raw` says that it has been changed in place, which OBJECT ENCODING shows.
    Bytes {
        bytes: &'a [u8],
        raw: bool,
    },
    Integer(i64),
    Value(&'a V),
}

/// What a record holds, to change in place.
#[derive(Debug, PartialEq, Eq)]
pub enum ViewMut<'a, V> {
    Bytes(&'a mut [u8]),
    Integer(&'a mut i64),
    Value(&'a mut V),
}

/// What a record is to hold.
#[derive(Debug)]
pub enum NewPayload<'a, V> {
    Bytes { bytes: &'a [u8], raw: bool },
    Integer(i64),
    Value(V),
}

/// What a record held.
#[derive(Debug, PartialEq, Eq)]
pub enum OwnedPayload<V> {
    Bytes { bytes: Vec<u8>, raw: bool },
    Integer(i64),
    Value(V),
}

/// The lengths and flags from which every offset follows.
#[derive(Clone, Copy)]
struct Shape {
    flags: u8,
    key_len: usize,
    /// Bytes of the payload.
    payload_len: usize,
}

impl Shape {
    fn new<V>(key_len: usize, has_expiry: bool, payload: &NewPayload<'_, V>) -> Self {
        let (kind, payload_len) = match payload {
            NewPayload::Bytes { bytes, raw: false } => (KIND_BYTES, bytes.len()),
            NewPayload::Bytes { bytes, raw: true } => (KIND_RAW, bytes.len()),
            NewPayload::Integer(_) => (KIND_INTEGER, size_of::<i64>()),
            NewPayload::Value(_) => (KIND_VALUE, size_of::<V>()),
        };
        let mut flags = kind | width_code(key_len) << KEY_WIDTH_SHIFT;
        if kind <= KIND_RAW {
            flags |= width_code(payload_len) << VALUE_WIDTH_SHIFT;
        }
        Self { flags, key_len, payload_len }.with_expiry(has_expiry)
    }

    #[inline]
    fn with_expiry(mut self, has_expiry: bool) -> Self {
        self.flags = self.flags & !HAS_EXPIRY | if has_expiry { HAS_EXPIRY } else { 0 };
        self
    }

    #[inline]
    fn has_expiry(self) -> bool {
        self.flags & HAS_EXPIRY != 0
    }

    #[inline]
    fn is_bytes(self) -> bool {
        self.flags & KIND <= KIND_RAW
    }

    #[inline]
    fn key_len_at(self) -> usize {
        key_len_at(self.flags)
    }

    #[inline]
    fn payload_len_at(self) -> usize {
        self.key_len_at() + (1 << (self.flags >> KEY_WIDTH_SHIFT & 3))
    }

    #[inline]
    fn key_at(self) -> usize {
        key_at(self.flags)
    }

    #[inline]
    fn payload_at(self) -> usize {
        let end = self.key_at() + self.key_len;
        if self.is_bytes() { end } else { (end + packed::ALIGN - 1) & !(packed::ALIGN - 1) }
    }

    #[inline]
    fn size(self) -> usize {
        self.payload_at() + self.payload_len
    }

    #[inline]
    fn class(self) -> usize {
        class_size(self.size())
    }
}

#[inline]
fn key_len_at(flags: u8) -> usize {
    HEADER_SIZE + if flags & HAS_EXPIRY != 0 { EXPIRY_SIZE } else { 0 }
}

#[inline]
fn key_at(flags: u8) -> usize {
    let value_width =
        if flags & KIND <= KIND_RAW { 1 << (flags >> VALUE_WIDTH_SHIFT & 3) } else { 0 };
    key_len_at(flags) + (1 << (flags >> KEY_WIDTH_SHIFT & 3)) + value_width
}

impl<V> Record<V> {
    const ALIGN_CHECK: () = assert!(align_of::<V>() <= packed::ALIGN);

    /// A record of a key, its expiry and what it holds.
    pub fn new(key: &[u8], payload: NewPayload<'_, V>, expiry_ms: Option<i64>) -> Self {
        let () = Self::ALIGN_CHECK;
        let shape = Shape::new(key.len(), expiry_ms.is_some(), &payload);
        let mut record = Self { memory: packed::allocate(shape.class()), owns: PhantomData };
        record.write_head(shape, 0, expiry_ms);
        // SAFETY: the allocation has the shape's size, so room for the key at its place.
        unsafe { record.at(shape.key_at()).copy_from_nonoverlapping(key.as_ptr(), key.len()) };
        record.write_payload(shape, payload);
        record
    }

    pub fn new_bytes(key: &[u8], bytes: &[u8], raw: bool, expiry_ms: Option<i64>) -> Self {
        Self::new(key, NewPayload::Bytes { bytes, raw }, expiry_ms)
    }

    pub fn new_integer(key: &[u8], integer: i64, expiry_ms: Option<i64>) -> Self {
        Self::new(key, NewPayload::Integer(integer), expiry_ms)
    }

    pub fn new_value(key: &[u8], value: V, expiry_ms: Option<i64>) -> Self {
        Self::new(key, NewPayload::Value(value), expiry_ms)
    }

    #[inline]
    fn at(&self, offset: usize) -> *mut u8 {
        self.memory.as_ptr().wrapping_add(offset)
    }

    #[inline]
    fn header(&self) -> u32 {
        // SAFETY: every record begins with its header, and allocations are aligned.
        unsafe { self.memory.cast::<u32>().read() }
    }

    #[inline]
    fn flags(&self) -> u8 {
        self.header() as u8
    }

    #[inline]
    fn shape(&self) -> Shape {
        let flags = self.flags();
        let mut shape = Shape { flags, key_len: 0, payload_len: 0 };
        // SAFETY: the lengths stand where the flags say, written by write_head.
        shape.key_len = unsafe { read_len(self.at(shape.key_len_at()), flags >> KEY_WIDTH_SHIFT) };
        shape.payload_len = match flags & KIND {
            KIND_INTEGER => size_of::<i64>(),
            KIND_VALUE => size_of::<V>(),
            // SAFETY: as above.
            _ => unsafe { read_len(self.at(shape.payload_len_at()), flags >> VALUE_WIDTH_SHIFT) },
        };
        shape
    }

    /// Writes everything before the key.
    #[inline]
    fn write_head(&mut self, shape: Shape, access: u32, expiry_ms: Option<i64>) {
        debug_assert_eq!(shape.has_expiry(), expiry_ms.is_some());
        let header = u32::from(shape.flags) | access << ACCESS_SHIFT;
        // SAFETY: the allocation has the shape's size; the places below follow from the shape.
        unsafe { self.memory.cast::<u32>().write(header) };
        if let Some(expiry_ms) = expiry_ms {
            // SAFETY: as above; the place need not be aligned.
            unsafe { self.at(HEADER_SIZE).cast::<i64>().write_unaligned(expiry_ms) };
        }
        let key_width = shape.flags >> KEY_WIDTH_SHIFT;
        // SAFETY: as above.
        unsafe { write_len(self.at(shape.key_len_at()), key_width, shape.key_len) };
        if shape.is_bytes() {
            let width = shape.flags >> VALUE_WIDTH_SHIFT;
            // SAFETY: as above.
            unsafe { write_len(self.at(shape.payload_len_at()), width, shape.payload_len) };
        }
    }

    /// Writes the payload without dropping what was there.
    #[inline]
    fn write_payload(&mut self, shape: Shape, payload: NewPayload<'_, V>) {
        let place = self.at(shape.payload_at());
        match payload {
            NewPayload::Bytes { bytes, .. } => {
                // SAFETY: the allocation has the shape's size, and the bytes are elsewhere since
                // this record is borrowed mutably.
                unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
            }
            // SAFETY: as above; payloads other than bytes are aligned.
            NewPayload::Integer(integer) => unsafe { place.cast::<i64>().write(integer) },
            // SAFETY: as above.
            NewPayload::Value(value) => unsafe { place.cast::<V>().write(value) },
        }
    }

    /// Takes a value out of the payload, which must be overwritten or forgotten then.
    #[inline]
    fn move_value_out(&mut self) -> Option<V> {
        let shape = self.shape();
        (shape.flags & KIND == KIND_VALUE).then(|| {
            // SAFETY: a record of this kind holds a value there; callers do not use it again.
            unsafe { self.at(shape.payload_at()).cast::<V>().read() }
        })
    }

    /// Gives the record another shape, in place if the size class is the same. The key goes
    /// along, and `carried` bytes after it, padding counted; the rest of the payload is garbage.
    fn reshape(&mut self, to: Shape, expiry_ms: Option<i64>, carried: usize) {
        let from = self.shape();
        let access = self.access();
        let moved = from.key_len + carried;
        let source = self.at(from.key_at());
        debug_assert!(to.key_at() + moved <= to.class());
        if from.class() == to.class() {
            // SAFETY: both places are within the allocation.
            unsafe { source.copy_to(self.at(to.key_at()), moved) };
        } else {
            let memory = packed::allocate(to.class());
            let target = memory.as_ptr().wrapping_add(to.key_at());
            // SAFETY: the target is within the new allocation, the source within the old one.
            unsafe { source.copy_to_nonoverlapping(target, moved) };
            // SAFETY: the old allocation has the class of the old shape; its contents have moved.
            unsafe { packed::free(self.memory, from.class()) };
            self.memory = memory;
        }
        self.write_head(to, access, expiry_ms);
    }

    #[inline]
    pub fn key(&self) -> &[u8] {
        let flags = self.flags();
        // SAFETY: the length stands where the flags say, and the key has that length.
        unsafe {
            let len = read_len(self.at(key_len_at(flags)), flags >> KEY_WIDTH_SHIFT);
            std::slice::from_raw_parts(self.at(key_at(flags)), len)
        }
    }

    #[inline]
    pub fn expiry_ms(&self) -> Option<i64> {
        (self.flags() & HAS_EXPIRY != 0).then(|| {
            // SAFETY: the flag says that the expiry is there.
            unsafe { self.at(HEADER_SIZE).cast::<i64>().read_unaligned() }
        })
    }

    /// Sets or clears the expiry; may move the record to another allocation.
    pub fn set_expiry(&mut self, expiry_ms: Option<i64>) {
        let from = self.shape();
        let to = from.with_expiry(expiry_ms.is_some());
        // The expiry has the size of the alignment, so the padding of the payload stays the same.
        let carried = from.size() - from.key_at() - from.key_len;
        self.reshape(to, expiry_ms, carried);
    }

    #[inline]
    pub fn view(&self) -> View<'_, V> {
        let shape = self.shape();
        let place = self.at(shape.payload_at());
        match shape.flags & KIND {
            // SAFETY: a record of this kind holds an aligned integer there.
            KIND_INTEGER => View::Integer(unsafe { place.cast::<i64>().read() }),
            // SAFETY: a record of this kind holds an aligned value there.
            KIND_VALUE => View::Value(unsafe { &*place.cast::<V>() }),
            kind => View::Bytes {
                // SAFETY: the bytes were written with this length.
                bytes: unsafe { std::slice::from_raw_parts(place, shape.payload_len) },
                raw: kind == KIND_RAW,
            },
        }
    }

    #[inline]
    pub fn view_mut(&mut self) -> ViewMut<'_, V> {
        let shape = self.shape();
        let place = self.at(shape.payload_at());
        match shape.flags & KIND {
            // SAFETY: a record of this kind holds an aligned integer there, borrowed mutably.
            KIND_INTEGER => ViewMut::Integer(unsafe { &mut *place.cast::<i64>() }),
            // SAFETY: a record of this kind holds an aligned value there, borrowed mutably.
            KIND_VALUE => ViewMut::Value(unsafe { &mut *place.cast::<V>() }),
            _ => {
                // SAFETY: the bytes were written with this length; they are borrowed mutably.
                ViewMut::Bytes(unsafe { std::slice::from_raw_parts_mut(place, shape.payload_len) })
            }
        }
    }

    /// The out-of-line value, if that is what the record holds.
    #[inline]
    pub fn value(&self) -> Option<&V> {
        match self.view() {
            View::Value(value) => Some(value),
            _ => None,
        }
    }

    #[inline]
    pub fn value_mut(&mut self) -> Option<&mut V> {
        match self.view_mut() {
            ViewMut::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Replaces what the record holds; the expiry is kept or cleared. The allocation is reused if
    /// it has the right size class. Returns the out-of-line value that was there: it may be too
    /// big to be dropped at once.
    pub fn replace_payload(&mut self, payload: NewPayload<'_, V>, keep_expiry: bool) -> Option<V> {
        let expiry_ms = if keep_expiry { self.expiry_ms() } else { None };
        self.replace(payload, expiry_ms)
    }

    /// Replaces what the record holds and its expiry, like `replace_payload`.
    #[inline]
    pub fn replace(&mut self, payload: NewPayload<'_, V>, expiry_ms: Option<i64>) -> Option<V> {
        let mut shape = Shape::new(self.shape().key_len, expiry_ms.is_some(), &payload);
        shape.flags |= self.flags() & HAS_METADATA;
        let old = self.move_value_out();
        self.reshape(shape, expiry_ms, 0);
        self.write_payload(shape, payload);
        old
    }

    /// Changes the length of a string, keeping its beginning and filling up with zero bytes;
    /// it counts as raw then. Returns its bytes, or `None` if the record holds something else.
    pub fn resize_bytes(&mut self, len: usize) -> Option<&mut [u8]> {
        let from = self.shape();
        if !from.is_bytes() {
            return None;
        }
        let mut to = from;
        to.payload_len = len;
        to.flags = from.flags & !(3 << VALUE_WIDTH_SHIFT) & !KIND
            | KIND_RAW
            | width_code(len) << VALUE_WIDTH_SHIFT;
        let kept = from.payload_len.min(len);
        self.reshape(to, self.expiry_ms(), kept);
        let fresh = self.at(to.payload_at() + kept);
        // SAFETY: the allocation has room for `len` bytes of payload.
        unsafe { fresh.write_bytes(0, len - kept) };
        match self.view_mut() {
            ViewMut::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Frees the record and returns what it held.
    pub fn into_payload(mut self) -> OwnedPayload<V> {
        let owned = match self.view() {
            View::Bytes { bytes, raw } => OwnedPayload::Bytes { bytes: bytes.to_vec(), raw },
            View::Integer(integer) => OwnedPayload::Integer(integer),
            View::Value(_) => {
                let value = self.move_value_out().expect("the kind was just seen");
                self.free_memory();
                std::mem::forget(self);
                return OwnedPayload::Value(value);
            }
        };
        drop(self);
        owned
    }

    /// Frees the record and returns its out-of-line value.
    pub fn into_value(self) -> Option<V> {
        match self.into_payload() {
            OwnedPayload::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The same payload, expiry and access word under another key.
    pub fn with_key(mut self, key: &[u8]) -> Self {
        let expiry_ms = self.expiry_ms();
        let access = self.access();
        let renamed = match self.view() {
            View::Bytes { bytes, raw } => Self::new_bytes(key, bytes, raw, expiry_ms),
            View::Integer(integer) => Self::new_integer(key, integer, expiry_ms),
            View::Value(_) => {
                let value = self.move_value_out().expect("the kind was just seen");
                self.free_memory();
                std::mem::forget(self);
                Self::new_value(key, value, expiry_ms)
            }
        };
        renamed.set_access(access);
        renamed
    }

    /// Frees the allocation without dropping a value in it.
    fn free_memory(&mut self) {
        // SAFETY: the allocation has the class of the shape; callers forget the record.
        unsafe { packed::free(self.memory, self.shape().class()) };
    }

    /// The access word: what the eviction policy keeps of past use, 24 bits.
    #[inline]
    pub fn access(&self) -> u32 {
        self.header() >> ACCESS_SHIFT
    }

    /// Sets the access word (its low 24 bits). Needs no exclusive borrow: a read command notes
    /// its access, and records are not shared between threads.
    #[inline]
    pub fn set_access(&self, access: u32) {
        let header = self.header() & ((1 << ACCESS_SHIFT) - 1) | access << ACCESS_SHIFT;
        // SAFETY: the header is in place, and no reference to it is ever handed out.
        unsafe { self.memory.cast::<u32>().write(header) };
    }

    /// Whether its owner keeps more of the key in another place.
    #[inline]
    pub fn has_metadata(&self) -> bool {
        self.flags() & HAS_METADATA != 0
    }

    /// Notes whether there is more of the key in another place. A record under another key begins without.
    pub fn set_has_metadata(&mut self, has_metadata: bool) {
        let bit = u32::from(HAS_METADATA);
        let header = self.header() & !bit | if has_metadata { bit } else { 0 };
        // SAFETY: the header is in place, and no reference to it is ever handed out.
        unsafe { self.memory.cast::<u32>().write(header) };
    }

    /// Moves the record to another allocation if `judge` says so.
    pub fn relocate(&mut self, judge: &mut Judge<'_>) {
        let class = self.shape().class();
        // SAFETY: the allocation has the class of the shape, and only the record refers to it.
        unsafe { relocate::packed(&mut self.memory, class, judge) };
    }

    /// Size of the allocation, without what a value owns.
    pub fn alloc_bytes(&self) -> usize {
        self.shape().class()
    }
}

impl<V> Drop for Record<V> {
    fn drop(&mut self) {
        let value = self.move_value_out();
        self.free_memory();
        drop(value);
    }
}

impl<V> Item for Record<V> {
    type Key = [u8];

    #[inline]
    fn key(&self) -> &[u8] {
        Record::key(self)
    }

    #[inline]
    fn hash_key(seed: &HashSeed, key: &[u8]) -> u64 {
        seed.hash(key)
    }

    #[inline]
    fn matches(&self, key: &[u8]) -> bool {
        Record::key(self) == key
    }

    #[inline]
    fn prefetch(&self) {
        crate::prefetch::read(self.memory.as_ptr());
    }
}
