//! Data types: a trait, and how the server calls it.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use module_abi::{Opaque, TYPE_NAME_BYTES, TypeMethods};

use super::api::{api, c_text};
use super::context::Context;
use super::entry::protect;
use super::strings::{OwnedWord, Word};
use crate::{Error, Result};

/// A type of values of one's own. The server may free large ones in another thread.
pub trait DataType: Sized + Send + 'static {
    /// Nine letters, digits, `-` or `_`, which no other type has: saved files name the type by them.
    const NAME: &'static str;
    /// Of what `save` writes, 0 to 1023.
    const ENCODING_VERSION: i32 = 0;

    /// Writes the value into a saved file.
    fn save(&self, to: &mut Saver);

    /// Reads what `save` wrote, in this or an earlier version. An error ends the load of the file, and the server tells why.
    fn load(from: &mut Loader, version: i32) -> Result<Self>;

    /// Commands that make the value anew, for an append-only file without a saved part.
    fn rewrite(&self, key: &[u8], to: &mut Rewriter);

    /// Bytes that the value takes beside its own struct.
    fn memory_bytes(&self) -> usize {
        0
    }

    /// Parts of which the value consists: with many of them the server frees it in another thread.
    fn free_effort(&self) -> usize {
        1
    }

    /// What is equal in two values of equal contents, for DEBUG DIGEST.
    fn digest(&self, _digest: &mut Digest) {}

    /// The value of a copy of the key; `None` refuses COPY.
    fn copy(&self) -> Option<Self> {
        None
    }
}

/// Where the server's handle of a type is kept.
#[derive(Debug)]
pub struct TypeHandle {
    pointer: AtomicPtr<c_void>,
}

impl TypeHandle {
    #[allow(clippy::new_without_default, reason = "made once per type, by the macro")]
    pub const fn new() -> TypeHandle {
        TypeHandle { pointer: AtomicPtr::new(null_mut()) }
    }
}

/// A type that the module declares; [`crate::module!`] implements it.
pub trait Registered {
    fn handle() -> &'static TypeHandle;
}

/// A type that can be created when the module is loaded.
pub trait Creatable {
    fn create(context: &mut Context) -> Result<()>;
}

pub(crate) fn type_pointer<T: Registered>() -> Opaque {
    T::handle().pointer.load(Ordering::Acquire)
}

/// Takes back a value that the server did not take.
pub(crate) fn forget_value<T>(value: *mut T) {
    // SAFETY: the value came out of a box and is nobody's.
    drop(unsafe { Box::from_raw(value) });
}

impl<T: DataType + Registered> Creatable for T {
    fn create(context: &mut Context) -> Result<()> {
        if T::NAME.len() != TYPE_NAME_BYTES {
            return Err(Error::err(format!("the type's name is not nine letters: {}", T::NAME)));
        }
        let methods = TypeMethods {
            version: 3,
            rdb_load: Some(load::<T>),
            rdb_save: Some(save::<T>),
            aof_rewrite: Some(rewrite::<T>),
            mem_usage: Some(memory::<T>),
            digest: Some(digest::<T>),
            free: Some(free::<T>),
            free_effort: Some(free_effort::<T>),
            copy: Some(copy::<T>),
            ..TypeMethods::default()
        };
        let name = c_text(T::NAME);
        // SAFETY: the context is that of a load, and the table is read during the call.
        let pointer = unsafe {
            (api().CreateDataType)(
                context.raw(),
                name.as_ptr(),
                T::ENCODING_VERSION,
                &raw const methods,
            )
        };
        if pointer.is_null() {
            return Err(Error::err(format!("the type {} could not be created", T::NAME)));
        }
        T::handle().pointer.store(pointer, Ordering::Release);
        Ok(())
    }
}

/// # Safety
/// A value that the server got from this type.
unsafe fn value<'a, T>(value: Opaque) -> &'a T {
    // SAFETY: values of the type are boxed `T`s, which nobody changes during a method.
    unsafe { &*value.cast::<T>() }
}

unsafe extern "C" fn load<T: DataType>(io: Opaque, version: c_int) -> Opaque {
    let mut loader = Loader { io, failed: false };
    let loaded = protect(|| T::load(&mut loader, version));
    // What was read behind a failure is nothing.
    match loaded {
        Ok(value) if !loader.failed => Box::into_raw(Box::new(value)).cast(),
        _ => null_mut(),
    }
}

unsafe extern "C" fn save<T: DataType>(io: Opaque, given: Opaque) {
    // SAFETY: the server gives a value of this type.
    let value = unsafe { value::<T>(given) };
    end(protect(|| {
        value.save(&mut Saver { io });
        Ok(())
    }));
}

unsafe extern "C" fn rewrite<T: DataType>(io: Opaque, key: Opaque, given: Opaque) {
    // SAFETY: as above; the key's name stays during the call.
    let (value, key) = unsafe { (value::<T>(given), Word::new(super::entry::RawString(key))) };
    end(protect(|| {
        value.rewrite(key.bytes(), &mut Rewriter { io });
        Ok(())
    }));
}

/// A file of which a part is missing must not look whole: these run in a process that saves, which ends.
fn end(result: Result<()>) {
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::abort();
    }
}

unsafe extern "C" fn memory<T: DataType>(given: Opaque) -> usize {
    // SAFETY: the server gives a value of this type.
    let value = unsafe { value::<T>(given) };
    size_of::<T>() + protect(|| Ok(value.memory_bytes())).unwrap_or(0)
}

unsafe extern "C" fn digest<T: DataType>(to: Opaque, given: Opaque) {
    // SAFETY: as above.
    let value = unsafe { value::<T>(given) };
    // A digest is for tests, which see that it is not what it should be.
    let _ = protect(|| {
        value.digest(&mut Digest { to });
        Ok(())
    });
}

unsafe extern "C" fn free<T: DataType>(given: Opaque) {
    // A value whose drop panics is gone all the same.
    let _ = protect(|| {
        // SAFETY: the server gives the value back, and will not use it any more.
        drop(unsafe { Box::from_raw(given.cast::<T>()) });
        Ok(())
    });
}

unsafe extern "C" fn free_effort<T: DataType>(_key: Opaque, given: Opaque) -> usize {
    // SAFETY: the server gives a value of this type.
    let value = unsafe { value::<T>(given) };
    protect(|| Ok(value.free_effort())).unwrap_or(1)
}

unsafe extern "C" fn copy<T: DataType>(_from: Opaque, _to: Opaque, given: Opaque) -> Opaque {
    // SAFETY: as above.
    let value = unsafe { value::<T>(given) };
    let copied = protect(|| Ok(value.copy())).unwrap_or(None);
    copied.map_or(null_mut(), |value| Box::into_raw(Box::new(value)).cast())
}

/// Writes a value into a saved file.
#[derive(Debug)]
pub struct Saver {
    io: Opaque,
}

impl Saver {
    pub fn unsigned(&mut self, number: u64) {
        // SAFETY: the server's handle of the file.
        unsafe { (api().SaveUnsigned)(self.io, number) };
    }

    pub fn signed(&mut self, number: i64) {
        // SAFETY: as above.
        unsafe { (api().SaveSigned)(self.io, number) };
    }

    pub fn double(&mut self, number: f64) {
        // SAFETY: as above.
        unsafe { (api().SaveDouble)(self.io, number) };
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        // SAFETY: as above; the bytes are read during the call.
        unsafe { (api().SaveStringBuffer)(self.io, bytes.as_ptr().cast(), bytes.len()) };
    }
}

/// Reads a value from a saved file. Each read may fail, at the end of a damaged file say.
#[derive(Debug)]
pub struct Loader {
    io: Opaque,
    failed: bool,
}

impl Loader {
    fn checked<T>(&mut self, read: T) -> Result<T> {
        // SAFETY: the server's handle of the file.
        self.failed |= unsafe { (api().IsIOError)(self.io) } != 0;
        if self.failed { Err(Error::err("the file ends or is damaged")) } else { Ok(read) }
    }

    pub fn unsigned(&mut self) -> Result<u64> {
        // SAFETY: as above.
        let number = unsafe { (api().LoadUnsigned)(self.io) };
        self.checked(number)
    }

    pub fn signed(&mut self) -> Result<i64> {
        // SAFETY: as above.
        let number = unsafe { (api().LoadSigned)(self.io) };
        self.checked(number)
    }

    pub fn double(&mut self) -> Result<f64> {
        // SAFETY: as above.
        let number = unsafe { (api().LoadDouble)(self.io) };
        self.checked(number)
    }

    pub fn bytes(&mut self) -> Result<Vec<u8>> {
        let mut len = 0;
        // SAFETY: as above.
        let start = unsafe { (api().LoadStringBuffer)(self.io, &raw mut len) };
        if start.is_null() {
            self.failed = true;
            return self.checked(Vec::new());
        }
        // SAFETY: the server gives so many bytes, which are the module's to free.
        let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), len) }.to_vec();
        // SAFETY: as above.
        unsafe { (api().Free)(start.cast()) };
        self.checked(bytes)
    }
}

/// Writes commands into an append-only file.
#[derive(Debug)]
pub struct Rewriter {
    io: Opaque,
}

impl Rewriter {
    pub fn command(&mut self, name: &str, arguments: &[&[u8]]) {
        let name = c_text(name);
        let words: Vec<OwnedWord> = arguments.iter().map(|word| OwnedWord::new(word)).collect();
        let raw: Vec<_> = words.iter().map(|word| word.word().raw()).collect();
        // SAFETY: `v` takes an array of strings and its length.
        unsafe { (api().EmitAOF)(self.io, name.as_ptr(), c"v".as_ptr(), raw.as_ptr(), raw.len()) };
    }
}

/// Gathers what makes values equal. Parts whose order means nothing each end with [`Digest::end`].
#[derive(Debug)]
pub struct Digest {
    to: Opaque,
}

impl Digest {
    pub fn bytes(&mut self, bytes: &[u8]) {
        // SAFETY: the server's digest; the bytes are read during the call.
        unsafe { (api().DigestAddStringBuffer)(self.to, bytes.as_ptr().cast(), bytes.len()) };
    }

    pub fn integer(&mut self, number: i64) {
        // SAFETY: as above.
        unsafe { (api().DigestAddLongLong)(self.to, number) };
    }

    pub fn end(&mut self) {
        // SAFETY: as above.
        unsafe { (api().DigestEndSequence)(self.to) };
    }
}
