//! Classes of metadata that modules attach to keys: creating and releasing them, and what they attach.

use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use keyspace::metadata::KeyMetadata;
use keyspace::module::Place;
use module_abi::key_metadata::{
    KEY_META_CLASS_VERSION_MAX, KEY_META_CLASSES, KEY_META_NAME_BYTES, META_ALLOW_IGNORE,
};
use module_abi::{KEY_META_VERSION, KeyMetaClassConfig, status};
use parking_lot::Mutex;

use crate::context::Ctx;
use crate::key_metadata::NativeMetadata;
use crate::keys::Key;
use crate::module::Module;
use crate::shared::Shared;
use crate::table::Table;
use crate::{parking, ptr};

/// A class that was created once. Its number and name stay taken for as long as the server runs: what keys have of it
/// belongs to whoever creates it again.
pub struct Class {
    pub number: c_int,
    name: Vec<u8>,
    /// None while it is released. Locked under the global lock only, so that no child process begins with it locked.
    living: Mutex<Option<Living>>,
    /// What the thread that frees in the background needs: the function, 0 if there is none, and the value it is not called
    /// for.
    free: AtomicUsize,
    reset_value: AtomicU64,
    /// How many values of it are being freed right now.
    freeing: AtomicUsize,
}

/// `void (*)(key, metadata)`.
type FreeFunc = unsafe extern "C" fn(*const c_char, u64);

/// A class that is there now.
#[derive(Clone)]
pub struct Living {
    pub config: KeyMetaClassConfig,
    pub module: Weak<Module>,
    version: u32,
}

impl Class {
    pub fn living(&self) -> Option<Living> {
        self.living.lock().clone()
    }

    /// A class that has no functions yet.
    fn named(number: c_int, name: &[u8]) -> Class {
        Class {
            number,
            name: name.to_vec(),
            living: Mutex::new(None),
            free: AtomicUsize::new(0),
            reset_value: AtomicU64::new(0),
            freeing: AtomicUsize::new(0),
        }
    }

    fn set_living(&self, living: Option<Living>) {
        let config = living.as_ref().map(|living| living.config).unwrap_or_default();
        self.reset_value.store(config.reset_value, Ordering::Relaxed);
        // In one order with the count of `free`, so that either side sees the other's.
        self.free.store(config.free.map_or(0, |free| free as usize), Ordering::SeqCst);
        *self.living.lock() = living;
    }

    /// Gives a module back what it has attached to a key; on whatever thread.
    pub fn free(&self, key: &[u8], value: u64) {
        self.freeing.fetch_add(1, Ordering::SeqCst);
        self.free_counted(key, value);
        self.freeing.fetch_sub(1, Ordering::SeqCst);
    }

    fn free_counted(&self, key: &[u8], value: u64) {
        let address = self.free.load(Ordering::SeqCst);
        if address == 0 || value == self.reset_value.load(Ordering::Relaxed) {
            return;
        }
        let mut name = key.to_vec();
        name.push(0);
        // SAFETY: what is stored there, if not 0, is a function of this type.
        let free = unsafe { std::mem::transmute::<usize, FreeFunc>(address) };
        // SAFETY: the function is the class's own, the name ends with a zero, and each value is given back once.
        unsafe { free(name.as_ptr().cast(), value) };
    }

    pub fn is_named(&self, name: &[u8]) -> bool {
        self.name == name
    }
}

/// By their numbers, which begin with 1.
static CLASSES: Shared<Vec<Arc<Class>>> = Shared::new();

/// The letters of names in the order of their six-bit numbers. In the names of data types the last two are the other way
/// round.
const NAME_CHARACTERS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// Bits of a class as RDB names it: four times six bits of name, five of version, three of flags.
const FLAG_BITS: u32 = 3;
const VERSION_BITS: u32 = 5;
const LETTER_BITS: u32 = 6;

/// What is not there, where a class is asked for.
const NO_CLASS: c_int = -1;

/// How RDB names a class.
pub fn saved_name(class: &Class, living: &Living) -> u32 {
    let letter = |byte: u8| NAME_CHARACTERS.iter().position(|known| *known == byte);
    let name = class.name.iter().fold(0, |name, byte| {
        // Only classes with such letters are created.
        name << LETTER_BITS | letter(*byte).unwrap_or(0) as u32
    });
    let flags = living.config.flags as u32 & ((1 << FLAG_BITS) - 1);
    (name << VERSION_BITS | living.version) << FLAG_BITS | flags
}

/// The letters of a class that RDB names so.
pub fn name_letters(saved: u32) -> Vec<u8> {
    let name = saved >> (FLAG_BITS + VERSION_BITS);
    let letter = |place: u32| NAME_CHARACTERS[(name >> (LETTER_BITS * place) & 63) as usize];
    (0..KEY_META_NAME_BYTES as u32).rev().map(letter).collect()
}

/// The version of the bytes behind such a name.
pub fn saved_version(saved: u32) -> c_int {
    (saved >> FLAG_BITS & ((1 << VERSION_BITS) - 1)) as c_int
}

/// Whether metadata of the class may be left out where nobody can read it.
pub fn may_be_ignored(saved: u32) -> bool {
    u64::from(saved) & META_ALLOW_IGNORE != 0
}

/// The class of this name, if it was ever created.
pub fn find_by_name(name: &[u8]) -> Option<Arc<Class>> {
    CLASSES.with(|classes| classes.iter().find(|class| class.name == name).cloned())
}

/// Whether the module has classes.
pub fn has_classes(module: &Module) -> bool {
    let is_own = |living: &Living| std::ptr::eq(living.module.as_ptr(), module);
    CLASSES.with(|classes| {
        classes.iter().any(|class| class.living().is_some_and(|living| is_own(&living)))
    })
}

fn find_living(number: c_int) -> Option<Arc<Class>> {
    let class = CLASSES.with(|classes| {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        classes.get(index).cloned()
    })?;
    class.living().map(|_| class)
}

/// Releases the classes of a module that goes; false if its code is still needed, since something is being freed by it.
pub fn forget_module(module: &Arc<Module>) -> bool {
    let released: Vec<Arc<Class>> = CLASSES.with(|classes| {
        for class in classes.iter() {
            if class.living().is_some_and(|living| living.module.as_ptr() == Arc::as_ptr(module)) {
                class.set_living(None);
            }
        }
        // It may have released some by itself.
        classes.iter().filter(|class| class.living().is_none()).cloned().collect()
    });
    let is_freeing = |class: &Arc<Class>| class.freeing.load(Ordering::SeqCst) > 0;
    parking::wait_for_background(|| !released.iter().any(is_freeing))
}

extern "C" fn create_key_meta_class(
    ctx: *mut Ctx,
    name: *const c_char,
    version: c_int,
    config: *const KeyMetaClassConfig,
) -> c_int {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let Some(config) = ptr::reference(config.cast_mut()).copied() else { return NO_CLASS };
    if !module.loading.get() && !ctx.state().debug.metadata_classes_any_time {
        return NO_CLASS;
    }
    let name = ptr::c_bytes(name);
    let is_named =
        name.len() == KEY_META_NAME_BYTES && name.iter().all(|b| NAME_CHARACTERS.contains(b));
    let is_versioned = (0..=KEY_META_CLASS_VERSION_MAX).contains(&version);
    if !is_named || !is_versioned || config.version != KEY_META_VERSION {
        return NO_CLASS;
    }
    let living = Living { config, module: Arc::downgrade(&module), version: version as u32 };
    CLASSES.with(|classes| {
        if let Some(class) = classes.iter().find(|class| class.name == name) {
            if class.living().is_some() {
                return NO_CLASS;
            }
            class.set_living(Some(living));
            return class.number;
        }
        if classes.len() == KEY_META_CLASSES {
            return NO_CLASS;
        }
        let number = classes.len() as c_int + 1;
        let class = Class::named(number, name);
        class.set_living(Some(living));
        classes.push(Arc::new(class));
        number
    })
}

extern "C" fn release_key_meta_class(number: c_int) -> c_int {
    let Some(class) = find_living(number) else { return status::ERR };
    class.set_living(None);
    status::OK
}

/// What is attached to an open key.
fn attached<'a>(key: &Key) -> Option<&'a mut NativeMetadata> {
    if !key.record()?.has_metadata() {
        return None;
    }
    let metadata = key.state().db_mut(key.db).metadata_mut(key.name())?;
    metadata.as_any_mut().downcast_mut()
}

/// Lets a class that has come take what is kept of it as bytes.
fn revive(key: &Key, class: &Arc<Class>) {
    let Some(field) = attached(key).and_then(|metadata| metadata.take_parked(class)) else {
        return;
    };
    let place = Place { db: Some(key.db), key: key.name() };
    let read = field.read(class, place);
    // The module may have done anything to the key meanwhile; then what was read ends here.
    let Some(metadata) = attached(key) else { return };
    match read {
        Ok(Some(one)) => metadata.take_over(one),
        Ok(None) => {}
        Err(_) => metadata.park(field),
    }
}

extern "C" fn set_key_meta(number: c_int, key: *mut Key, value: u64) -> c_int {
    let (Some(class), Some(key)) = (find_living(number), ptr::reference(key)) else {
        return status::ERR;
    };
    if !key.is_writable() || key.record().is_none() {
        return status::ERR;
    }
    if let Some(metadata) = attached(key) {
        if !metadata.has_room_for(&class) {
            return status::ERR;
        }
        metadata.set(class, value);
        return status::OK;
    }
    let mut metadata = NativeMetadata::default();
    metadata.set(class, value);
    let metadata: Box<dyn KeyMetadata> = Box::new(metadata);
    let (db, name) = (key.db, key.name());
    key.state().attach_metadata(db, name, Some(metadata));
    status::OK
}

extern "C" fn get_key_meta(number: c_int, key: *mut Key, value: *mut u64) -> c_int {
    let (Some(class), Some(key)) = (find_living(number), ptr::reference(key)) else {
        return status::ERR;
    };
    revive(key, &class);
    match attached(key).and_then(|metadata| metadata.get(&class)) {
        Some(found) => {
            ptr::put(value, found);
            status::OK
        }
        None => status::ERR,
    }
}

pub fn register(table: &mut Table) {
    table.add("CreateKeyMetaClass", create_key_meta_class as *const ());
    table.add("ReleaseKeyMetaClass", release_key_meta_class as *const ());
    table.add("SetKeyMeta", set_key_meta as *const ());
    table.add("GetKeyMeta", get_key_meta as *const ());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_the_names_of_redis() {
        let config = KeyMetaClassConfig { flags: META_ALLOW_IGNORE, ..Default::default() };
        let class = Class::named(1, b"KMT1");
        let living = Living { config, module: Weak::new(), version: 1 };
        let saved = saved_name(&class, &living);
        assert_eq!(saved.to_le_bytes(), [0x09, 0xf5, 0xc4, 0x28]);
        assert_eq!(name_letters(saved), b"KMT1");
        assert_eq!(saved_version(saved), 1);
        assert!(may_be_ignored(saved));
        assert!(!may_be_ignored(saved & !1));
    }
}
