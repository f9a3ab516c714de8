//! What modules have attached to one key: each function of its classes, called where the keyspace wants it.

use std::any::Any;
use std::ffi::c_int;
use std::sync::Arc;

use keyspace::metadata::{Commands, KeyMetadata};
use keyspace::module::Place;
use module_abi::key_metadata::KEY_META_CLASSES;
use persistence::rdb::metadata::{fields, saved};

use crate::key_context::KeyContext;
use crate::key_meta_classes::{
    Class, Living, find_by_name, may_be_ignored, name_letters, saved_name, saved_version,
};
use crate::module::Module;
use crate::rdb_io;

/// See the module text.
#[derive(Default)]
pub struct NativeMetadata {
    /// By the numbers of their classes.
    attached: Vec<Attached>,
    /// Of classes that nobody has created: kept as it was read.
    parked: Vec<Parked>,
}

/// What one class has attached.
struct Attached {
    class: Arc<Class>,
    value: u64,
}

/// The same as bytes.
pub struct Parked {
    class: u32,
    bytes: Box<[u8]>,
}

/// What a reader's code means.
const ATTACH: c_int = 1;
const IGNORE: c_int = 0;

impl Attached {
    /// Its class and module, if there is something to be done for it.
    fn living(&self) -> Option<(Living, Arc<Module>)> {
        let living = self.class.living()?;
        let module = living.module.upgrade()?;
        (self.value != living.config.reset_value).then_some((living, module))
    }

    /// Asks the class whether it goes along with its key; it may change it on the way.
    fn goes_along(&mut self, from: Place<'_>, to: Place<'_>) -> bool {
        let Some(living) = self.class.living() else { return true };
        if self.value == living.config.reset_value {
            return false;
        }
        let Some(module) = living.module.upgrade() else { return true };
        let is_rename = from.db == to.db;
        let function = if is_rename { living.config.rename } else { living.config.move_to };
        let Some(function) = function else { return true };
        let mut context =
            if is_rename { KeyContext::between(from, to) } else { KeyContext::into_db(from, to) };
        let value = &raw mut self.value;
        let name = if is_rename { "rename" } else { "move" };
        // SAFETY: the function is the class's own with this signature; context and value outlive the call.
        module.run(name, || unsafe { function(context.pointer(), value) }) != 0
    }

    fn copied(&self, from: Place<'_>, to: Place<'_>) -> Option<Attached> {
        let (living, module) = self.living()?;
        let copy = living.config.copy?;
        let mut context = KeyContext::between(from, to);
        let mut value = self.value;
        let pointer = &raw mut value;
        // SAFETY: as above.
        let kept = module.run("copy", || unsafe { copy(context.pointer(), pointer) });
        (kept != 0).then(|| Attached { class: self.class.clone(), value })
    }

    fn saved(&self, place: Place<'_>) -> Option<(u32, Vec<u8>)> {
        let (living, module) = self.living()?;
        let save = living.config.rdb_save?;
        let mut value = self.value;
        let pointer = &raw mut value;
        let bytes = rdb_io::save_metadata(&module, place, |io| {
            // SAFETY: the function is the class's own with this signature; stream and value outlive the call.
            unsafe { save(io, std::ptr::null_mut(), pointer) };
        })?;
        Some((saved_name(&self.class, &living), bytes))
    }

    fn commands(&self, place: Place<'_>) -> Option<Commands> {
        let (living, module) = self.living()?;
        let emit = living.config.aof_rewrite?;
        Some(rdb_io::emit_metadata(&module, place, |io| {
            // SAFETY: the function is the class's own with this signature; the stream outlives the call.
            unsafe { emit(io, std::ptr::null_mut(), self.value) };
        }))
    }

    fn memory_bytes(&self, place: Place<'_>, samples: usize) -> Option<usize> {
        let (living, module) = self.living()?;
        let mem_usage = living.config.mem_usage?;
        let mut context = KeyContext::at(place);
        // SAFETY: the function is the class's own with this signature; the context outlives the call.
        Some(
            module
                .run("mem_usage", || unsafe { mem_usage(context.pointer(), samples, self.value) }),
        )
    }

    fn unlinked(&mut self, place: Place<'_>) {
        let Some((living, module)) = self.living() else { return };
        let Some(unlink) = living.config.unlink else { return };
        let mut context = KeyContext::at(place);
        let value = &raw mut self.value;
        // SAFETY: the function is the class's own with this signature; context and value outlive the call.
        module.run("unlink", || unsafe { unlink(context.pointer(), value) });
    }
}

impl Parked {
    fn is_of(&self, class: &Class) -> bool {
        class.is_named(&name_letters(self.class))
    }

    /// Lets its class make of the bytes what it had attached; `None` if it wants nothing of it.
    pub fn read(
        &self,
        class: &Arc<Class>,
        place: Place<'_>,
    ) -> Result<Option<NativeMetadata>, String> {
        let name = String::from_utf8_lossy(&name_letters(self.class)).into_owned();
        let refused = |why: &str| format!("metadata of class '{name}' cannot be read: {why}");
        let living = class.living().ok_or_else(|| refused("the class is released"))?;
        let module = living.module.upgrade().ok_or_else(|| refused("its module goes"))?;
        let Some(load) = living.config.rdb_load else {
            let ignored = may_be_ignored(self.class);
            return if ignored { Ok(None) } else { Err(refused("the class has no reader")) };
        };
        let mut value = 0;
        let (pointer, version) = (&raw mut value, saved_version(self.class));
        let (code, is_whole) = rdb_io::load_metadata(&module, &self.bytes, place, |io| {
            // SAFETY: the function is the class's own with this signature; stream and value outlive the call.
            unsafe { load(io, pointer, version) }
        })
        .map_err(|why| refused(&why))?;
        if code == IGNORE {
            return Ok(None);
        }
        if code != ATTACH {
            return Err(refused("its reader refuses it"));
        }
        let mut metadata = NativeMetadata::default();
        metadata.set(class.clone(), value);
        // What was read goes with an error, too.
        if is_whole { Ok(Some(metadata)) } else { Err(refused("it is not what the reader reads")) }
    }
}

impl NativeMetadata {
    /// Makes what was attached of the bytes of RDB. What belongs to no class that is there is kept as it is.
    pub fn load(bytes: &[u8], place: Place<'_>) -> Result<Option<NativeMetadata>, String> {
        let mut metadata = NativeMetadata::default();
        for field in fields(bytes).map_err(|error| error.to_string())? {
            let parked = Parked { class: field.class, bytes: field.bytes.into() };
            let class = find_by_name(&name_letters(field.class));
            match class.filter(|class| class.living().is_some()) {
                None => metadata.park(parked),
                Some(class) => {
                    if let Some(one) = parked.read(&class, place)? {
                        metadata.take_over(one);
                    }
                }
            }
        }
        Ok((!metadata.is_empty()).then_some(metadata))
    }

    fn is_empty(&self) -> bool {
        self.attached.is_empty() && self.parked.is_empty()
    }

    pub fn get(&self, class: &Class) -> Option<u64> {
        let found = self.attached.iter().find(|one| one.class.number == class.number);
        found.map(|one| one.value)
    }

    /// Whether something of the class may be attached, too: what is kept as bytes takes room as well, since no file may hold
    /// more for a key than there can be classes.
    pub fn has_room_for(&self, class: &Class) -> bool {
        self.get(class).is_some()
            || self.parked.iter().any(|parked| parked.is_of(class))
            || self.attached.len() + self.parked.len() < KEY_META_CLASSES
    }

    /// Sets the value of a class; its module knows what becomes of the old one. What was kept as bytes is over.
    pub fn set(&mut self, class: Arc<Class>, value: u64) {
        drop(self.take_parked(&class));
        match self.attached.binary_search_by_key(&class.number, |one| one.class.number) {
            Ok(index) => self.attached[index].value = value,
            Err(index) => self.attached.insert(index, Attached { class, value }),
        }
    }

    /// Takes what was made of a parked piece; where its class has attached something meanwhile, that stays.
    pub fn take_over(&mut self, mut other: NativeMetadata) {
        for one in std::mem::take(&mut other.attached) {
            if self.get(&one.class).is_none() {
                self.set(one.class, one.value);
            } else {
                other.attached.push(one);
            }
        }
    }

    pub fn park(&mut self, parked: Parked) {
        self.parked.push(parked);
    }

    /// What is kept as bytes of a class.
    pub fn take_parked(&mut self, class: &Class) -> Option<Parked> {
        let index = self.parked.iter().position(|parked| parked.is_of(class))?;
        Some(self.parked.remove(index))
    }
}

impl Drop for NativeMetadata {
    fn drop(&mut self) {
        self.free(b"");
    }
}

impl KeyMetadata for NativeMetadata {
    fn unlinked(&mut self, place: Place<'_>) {
        for one in &mut self.attached {
            one.unlinked(place);
        }
    }

    fn free(&mut self, key: &[u8]) {
        for one in self.attached.drain(..) {
            one.class.free(key, one.value);
        }
    }

    fn copied(&self, from: Place<'_>, to: Place<'_>) -> Option<Box<dyn KeyMetadata>> {
        let attached = self.attached.iter().filter_map(|one| one.copied(from, to)).collect();
        let copy = |parked: &Parked| Parked { class: parked.class, bytes: parked.bytes.clone() };
        let parked = self.parked.iter().map(copy).collect();
        let copied = NativeMetadata { attached, parked };
        if copied.is_empty() { None } else { Some(Box::new(copied)) }
    }

    fn moved(&mut self, from: Place<'_>, to: Place<'_>) -> bool {
        self.attached.retain_mut(|one| {
            let goes_along = one.goes_along(from, to);
            if !goes_along {
                one.unlinked(from);
                one.class.free(from.key, one.value);
            }
            goes_along
        });
        !self.is_empty()
    }

    fn save(&self, place: Place<'_>) -> Option<Vec<u8>> {
        let living = self.attached.iter().filter_map(|one| one.saved(place));
        let parked = self.parked.iter().map(|parked| (parked.class, parked.bytes.to_vec()));
        saved(&living.chain(parked).collect::<Vec<_>>())
    }

    fn commands(&self, place: Place<'_>) -> Commands {
        self.attached.iter().filter_map(|one| one.commands(place)).flatten().collect()
    }

    fn parked(&self) -> Option<Vec<u8>> {
        let parked = self.parked.iter().map(|parked| (parked.class, parked.bytes.to_vec()));
        saved(&parked.collect::<Vec<_>>())
    }

    fn memory_bytes(&self, place: Place<'_>, samples: usize) -> usize {
        let told = self.attached.iter().filter_map(|one| one.memory_bytes(place, samples));
        let parked = self.parked.iter().map(|parked| size_of::<Parked>() + parked.bytes.len());
        size_of::<NativeMetadata>()
            + self.attached.len() * size_of::<Attached>()
            + told.sum::<usize>()
            + parked.sum::<usize>()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
