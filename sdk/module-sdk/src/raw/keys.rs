//! Open keys. They borrow the context: what could take a value away while it is in use needs the context for itself.

use std::time::Duration;

use module_abi::{NO_EXPIRE, Opaque, key_type, open_mode, status};

use super::api::api;
use super::context::Context;
use super::data_type::{DataType, Registered, forget_value, type_pointer};
use super::strings::{OwnedWord, Word};
use crate::{Error, Result};

/// A key open for reading.
#[derive(Debug)]
pub struct ReadKey<'c> {
    open: Open,
    _context: &'c Context,
}

/// A key open for writing.
#[derive(Debug)]
pub struct WriteKey<'c> {
    open: Open,
    _context: &'c mut Context,
}

/// Closed when dropped.
#[derive(Debug)]
struct Open {
    key: Opaque,
}

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: opened by `Context`, and closed once. A key that is not there may be closed as well.
        unsafe { (api().CloseKey)(self.key) };
    }
}

impl Open {
    fn kind(&self) -> i32 {
        // SAFETY: an open key, or none.
        unsafe { (api().KeyType)(self.key) }
    }

    /// The value, if there is one of this type.
    fn value<T: DataType + Registered>(&self) -> Result<Option<*mut T>> {
        match self.kind() {
            key_type::EMPTY => return Ok(None),
            key_type::MODULE => {}
            _ => return Err(Error::WRONG_TYPE),
        }
        // SAFETY: an open key with a value of a module.
        if unsafe { (api().ModuleTypeGetType)(self.key) } != type_pointer::<T>() {
            return Err(Error::WRONG_TYPE);
        }
        // SAFETY: as above. Values of this type are boxed `T`s.
        Ok(Some(unsafe { (api().ModuleTypeGetValue)(self.key) }.cast()))
    }

    fn expires_in(&self) -> Option<Duration> {
        // SAFETY: an open key, or none.
        let ms = unsafe { (api().GetExpire)(self.key) };
        u64::try_from(ms).ok().map(Duration::from_millis)
    }

    fn string(&self) -> Result<Option<(*const u8, usize)>> {
        match self.kind() {
            key_type::EMPTY => return Ok(None),
            key_type::STRING => {}
            _ => return Err(Error::WRONG_TYPE),
        }
        let mut len = 0;
        // SAFETY: an open key with a string.
        let start = unsafe { (api().StringDMA)(self.key, &raw mut len, open_mode::READ) };
        Ok(Some((start.cast_const().cast(), len)))
    }
}

impl Context {
    /// Opens a key for reading.
    pub fn read(&self, name: Word<'_>) -> ReadKey<'_> {
        // SAFETY: the context is that of a call, and the name a string of the server.
        let key = unsafe { (api().OpenKey)(self.raw(), name.raw(), open_mode::READ) };
        ReadKey { open: Open { key }, _context: self }
    }

    /// Opens a key for writing.
    pub fn write(&mut self, name: Word<'_>) -> WriteKey<'_> {
        let mode = open_mode::READ | open_mode::WRITE;
        // SAFETY: as above.
        let key = unsafe { (api().OpenKey)(self.raw(), name.raw(), mode) };
        WriteKey { open: Open { key }, _context: self }
    }
}

impl ReadKey<'_> {
    pub fn exists(&self) -> bool {
        self.open.kind() != key_type::EMPTY
    }

    /// The value; `None` where there is no key, an error where there is one of another type.
    pub fn value<T: DataType + Registered>(&self) -> Result<Option<&T>> {
        // SAFETY: the value stays while the key is open, since all that could take it away needs the context, and whoever
        // changes it has the context for itself.
        Ok(self.open.value::<T>()?.map(|value| unsafe { &*value }))
    }

    /// The bytes of a string.
    pub fn string(&self) -> Result<Option<&[u8]>> {
        // SAFETY: as above; the server says where the bytes are.
        let bytes = |(start, len)| unsafe { std::slice::from_raw_parts(start, len) };
        Ok(self.open.string()?.filter(|(start, _)| !start.is_null()).map(bytes))
    }

    /// How long it has to live, if that is limited.
    pub fn expires_in(&self) -> Option<Duration> {
        self.open.expires_in()
    }
}

impl WriteKey<'_> {
    pub fn exists(&self) -> bool {
        self.open.kind() != key_type::EMPTY
    }

    /// The value; `None` where there is no key, an error where there is one of another type.
    pub fn value<T: DataType + Registered>(&mut self) -> Result<Option<&mut T>> {
        // SAFETY: the key has the context for itself, so there is no other reference to the value.
        Ok(self.open.value::<T>()?.map(|value| unsafe { &mut *value }))
    }

    /// The value, made if there is no key; an error where there is one of another type.
    pub fn value_or_insert<T: DataType + Registered>(
        &mut self,
        make: impl FnOnce() -> T,
    ) -> Result<&mut T> {
        if self.open.value::<T>()?.is_none() {
            self.set(make())?;
        }
        self.value::<T>()?.ok_or(Error::Text("ERR the value is gone".into()))
    }

    /// Sets the value, whatever was there.
    pub fn set<T: DataType + Registered>(&mut self, value: T) -> Result<()> {
        let boxed = Box::into_raw(Box::new(value));
        // SAFETY: the key is open for writing; from now on the value is the server's, which frees it by the type's method.
        let done =
            unsafe { (api().ModuleTypeSetValue)(self.open.key, type_pointer::<T>(), boxed.cast()) };
        if done == status::OK {
            return Ok(());
        }
        forget_value(boxed);
        Err(Error::err("the value could not be set"))
    }

    /// The bytes of a string.
    pub fn string(&self) -> Result<Option<&[u8]>> {
        // SAFETY: the string stays while the key is open and unchanged; the server says where the bytes are.
        let bytes = |(start, len)| unsafe { std::slice::from_raw_parts(start, len) };
        Ok(self.open.string()?.filter(|(start, _)| !start.is_null()).map(bytes))
    }

    /// Sets a string, whatever was there.
    pub fn set_string(&mut self, bytes: &[u8]) -> Result<()> {
        let value = OwnedWord::new(bytes);
        // SAFETY: the key is open for writing; the server keeps the string by itself.
        let done = unsafe { (api().StringSet)(self.open.key, value.word().raw()) };
        if done == status::OK { Ok(()) } else { Err(Error::err("the string could not be set")) }
    }

    /// Removes the key; false if there was none.
    pub fn delete(&mut self) -> bool {
        let existed = self.exists();
        // SAFETY: the key is open for writing.
        existed && unsafe { (api().DeleteKey)(self.open.key) } == status::OK
    }

    /// How long it has to live, if that is limited.
    pub fn expires_in(&self) -> Option<Duration> {
        self.open.expires_in()
    }

    /// Limits how long it has to live, or no more.
    pub fn set_expires_in(&mut self, after: Option<Duration>) -> Result<()> {
        let ms =
            after.map_or(NO_EXPIRE, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
        // SAFETY: the key is open for writing.
        let done = unsafe { (api().SetExpire)(self.open.key, ms) };
        if done == status::OK { Ok(()) } else { Err(Error::err("there is no such key")) }
    }
}
