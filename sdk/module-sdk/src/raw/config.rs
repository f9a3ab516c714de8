//! Parameters of the module: statics that CONFIG, the configuration file and MODULE LOADEX set, as `name.parameter`.

use std::ffi::{CString, c_char, c_int, c_longlong, c_void};
use std::ops::RangeInclusive;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use module_abi::{Opaque, status};

use super::api::{api, c_text};
use super::context::Context;
use super::entry::RawString;
use super::strings::{OwnedWord, bytes_of};
use crate::{Error, Result};

/// A parameter that can be registered.
pub trait Config: Sync {
    fn register(&'static self, context: &mut Context) -> Result<()>;
}

fn checked(name: &str, done: c_int) -> Result<()> {
    match done {
        status::OK => Ok(()),
        _ => Err(Error::err(format!("the parameter was refused: {name}"))),
    }
}

/// `yes` or `no`.
#[derive(Debug)]
pub struct BoolConfig {
    name: &'static str,
    default: bool,
    value: AtomicBool,
}

impl BoolConfig {
    pub const fn new(name: &'static str, default: bool) -> BoolConfig {
        BoolConfig { name, default, value: AtomicBool::new(default) }
    }

    pub fn get(&self) -> bool {
        self.value.load(Ordering::Relaxed)
    }
}

/// # Safety
/// The data is the static given at the registration.
unsafe fn of<T>(data: *mut c_void) -> &'static T {
    // SAFETY: the caller's contract.
    unsafe { &*data.cast::<T>() }
}

fn data<T>(config: &'static T) -> *mut c_void {
    std::ptr::from_ref(config).cast_mut().cast()
}

unsafe extern "C" fn get_bool(_name: *const c_char, data: *mut c_void) -> c_int {
    // SAFETY: given at the registration.
    c_int::from(unsafe { of::<BoolConfig>(data) }.get())
}

unsafe extern "C" fn set_bool(
    _name: *const c_char,
    value: c_int,
    data: *mut c_void,
    _error: *mut RawString,
) -> c_int {
    // SAFETY: as above.
    unsafe { of::<BoolConfig>(data) }.value.store(value != 0, Ordering::Relaxed);
    status::OK
}

impl Config for BoolConfig {
    fn register(&'static self, context: &mut Context) -> Result<()> {
        let name = c_text(self.name);
        let (get, set) = (get_bool as *const () as Opaque, set_bool as *const () as Opaque);
        let default = c_int::from(self.default);
        // SAFETY: the context is that of a load, and the functions have the types of the Module API.
        checked(self.name, unsafe {
            let register = api().RegisterBoolConfig;
            register(context.raw(), name.as_ptr(), default, 0, get, set, null_mut(), data(self))
        })
    }
}

/// A whole number within bounds.
#[derive(Debug)]
pub struct NumericConfig {
    name: &'static str,
    default: i64,
    least: i64,
    most: i64,
    value: AtomicI64,
}

impl NumericConfig {
    pub const fn new(
        name: &'static str,
        default: i64,
        bounds: RangeInclusive<i64>,
    ) -> NumericConfig {
        let (least, most) = (*bounds.start(), *bounds.end());
        NumericConfig { name, default, least, most, value: AtomicI64::new(default) }
    }

    pub fn get(&self) -> i64 {
        self.value.load(Ordering::Relaxed)
    }
}

unsafe extern "C" fn get_number(_name: *const c_char, data: *mut c_void) -> c_longlong {
    // SAFETY: given at the registration.
    unsafe { of::<NumericConfig>(data) }.get()
}

unsafe extern "C" fn set_number(
    _name: *const c_char,
    value: c_longlong,
    data: *mut c_void,
    _error: *mut RawString,
) -> c_int {
    // SAFETY: as above.
    unsafe { of::<NumericConfig>(data) }.value.store(value, Ordering::Relaxed);
    status::OK
}

impl Config for NumericConfig {
    fn register(&'static self, context: &mut Context) -> Result<()> {
        let name = c_text(self.name);
        let (get, set) = (get_number as *const () as Opaque, set_number as *const () as Opaque);
        let (default, least, most) = (self.default, self.least, self.most);
        // SAFETY: the context is that of a load, and the functions have the types of the Module API.
        checked(self.name, unsafe {
            let register = api().RegisterNumericConfig;
            let (raw, none) = (context.raw(), null_mut());
            register(raw, name.as_ptr(), default, 0, least, most, get, set, none, data(self))
        })
    }
}

/// Any text.
#[derive(Debug)]
pub struct StringConfig {
    name: &'static str,
    default: &'static str,
    /// What was set, and the string that the server was last given of it.
    value: Mutex<(Option<Vec<u8>>, Option<OwnedWord>)>,
}

// SAFETY: the string of the server is made and freed by the main thread alone, under the lock.
unsafe impl Sync for StringConfig {}

impl StringConfig {
    pub const fn new(name: &'static str, default: &'static str) -> StringConfig {
        StringConfig { name, default, value: Mutex::new((None, None)) }
    }

    pub fn get(&self) -> Vec<u8> {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        value.0.clone().unwrap_or_else(|| self.default.as_bytes().to_vec())
    }
}

unsafe extern "C" fn get_string(_name: *const c_char, data: *mut c_void) -> RawString {
    // SAFETY: given at the registration.
    let config = unsafe { of::<StringConfig>(data) };
    let bytes = config.get();
    let mut value = config.value.lock().unwrap_or_else(PoisonError::into_inner);
    // The server copies the string and leaves it with the module.
    value.1.insert(OwnedWord::new(&bytes)).word().raw()
}

unsafe extern "C" fn set_string(
    _name: *const c_char,
    value: RawString,
    data: *mut c_void,
    _error: *mut RawString,
) -> c_int {
    // SAFETY: as above; the string stays during the call.
    let (config, bytes) = unsafe { (of::<StringConfig>(data), bytes_of(value)) };
    config.value.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(bytes.to_vec());
    status::OK
}

impl Config for StringConfig {
    fn register(&'static self, context: &mut Context) -> Result<()> {
        let (name, default) = (c_text(self.name), c_text(self.default));
        let (get, set) = (get_string as *const () as Opaque, set_string as *const () as Opaque);
        // SAFETY: the context is that of a load, and the functions have the types of the Module API.
        checked(self.name, unsafe {
            let register = api().RegisterStringConfig;
            let (raw, text) = (context.raw(), default.as_ptr());
            register(raw, name.as_ptr(), text, 0, get, set, null_mut(), data(self))
        })
    }
}

/// One of several words.
#[derive(Debug)]
pub struct EnumConfig {
    name: &'static str,
    words: &'static [&'static str],
    default: usize,
    value: AtomicI32,
}

impl EnumConfig {
    /// `default` is the index of a word.
    pub const fn new(
        name: &'static str,
        words: &'static [&'static str],
        default: usize,
    ) -> EnumConfig {
        EnumConfig { name, words, default, value: AtomicI32::new(default as i32) }
    }

    /// The index of the word.
    pub fn get(&self) -> usize {
        usize::try_from(self.value.load(Ordering::Relaxed)).unwrap_or(self.default)
    }

    pub fn word(&self) -> &'static str {
        self.words.get(self.get()).copied().unwrap_or_default()
    }
}

unsafe extern "C" fn get_word(_name: *const c_char, data: *mut c_void) -> c_int {
    // SAFETY: given at the registration.
    unsafe { of::<EnumConfig>(data) }.value.load(Ordering::Relaxed)
}

unsafe extern "C" fn set_word(
    _name: *const c_char,
    value: c_int,
    data: *mut c_void,
    _error: *mut RawString,
) -> c_int {
    // SAFETY: as above.
    unsafe { of::<EnumConfig>(data) }.value.store(value, Ordering::Relaxed);
    status::OK
}

impl Config for EnumConfig {
    fn register(&'static self, context: &mut Context) -> Result<()> {
        let name = c_text(self.name);
        let texts: Vec<CString> = self.words.iter().map(|word| c_text(word)).collect();
        let words: Vec<*const c_char> = texts.iter().map(|word| word.as_ptr()).collect();
        let numbers: Vec<c_int> = (0..words.len() as c_int).collect();
        let (get, set) = (get_word as *const () as Opaque, set_word as *const () as Opaque);
        let (count, default) = (words.len() as c_int, self.default as c_int);
        // SAFETY: the context is that of a load, the functions have the types of the Module API, and the server copies the
        // words.
        checked(self.name, unsafe {
            let register = api().RegisterEnumConfig;
            let (raw, none, data) = (context.raw(), null_mut(), data(self));
            let (words, numbers) = (words.as_ptr(), numbers.as_ptr());
            register(raw, name.as_ptr(), default, 0, words, numbers, count, get, set, none, data)
        })
    }
}
