//! Values of module types as the keyspace knows them: each method of the type, called where the keyspace wants it.

use std::borrow::Cow;
use std::ffi::{c_int, c_void};
use std::sync::Arc;

use keyspace::module::{ModuleValue, Place};

use crate::data_types::ModuleType;
use crate::digest::Digest;
use crate::key_context::KeyContext;
use crate::strings::ModuleString;

/// A value of a module's type.
pub struct NativeValue {
    pub module_type: Arc<ModuleType>,
    pub pointer: *mut c_void,
}

// SAFETY: a value is dropped at most once, perhaps by the thread that frees in the background, as modules of Redis expect;
// everything else happens on the main thread. The library stays loaded while one of its types exists.
unsafe impl Send for NativeValue {}

impl NativeValue {
    fn run<R>(&self, function: &str, call: impl FnOnce() -> R) -> Option<R> {
        let module = self.module_type.module.upgrade()?;
        Some(module.run(function, call))
    }

    fn copy_of(&self, pointer: Option<*mut c_void>) -> Option<Box<dyn ModuleValue>> {
        let pointer = pointer.filter(|pointer| !pointer.is_null())?;
        Some(Box::new(NativeValue { module_type: self.module_type.clone(), pointer }))
    }
}

impl Drop for NativeValue {
    fn drop(&mut self) {
        if let Some(free) = self.module_type.methods.free {
            // SAFETY: the pointer is the module's own, given for a value of this type, and is freed once.
            unsafe { free(self.pointer) };
        }
    }
}

/// Calls with the key as a string of the API, which lives as long as the call.
fn with_key<R>(key: &[u8], call: impl FnOnce(*mut c_void) -> R) -> R {
    let key = ModuleString::create(key);
    let result = call(key.cast());
    crate::strings::release(key);
    result
}

impl ModuleValue for NativeValue {
    fn type_name(&self) -> &str {
        &self.module_type.name
    }

    fn type_id(&self) -> u64 {
        self.module_type.id
    }

    fn free_effort(&self, place: Place<'_>) -> usize {
        let methods = &self.module_type.methods;
        let value = self.pointer;
        let effort = if let Some(free_effort) = methods.free_effort2 {
            let mut context = KeyContext::at(place);
            // SAFETY: the function is the type's own with this signature, the value is one of it.
            self.run("free_effort", || unsafe { free_effort(context.pointer(), value) })
        } else if let Some(free_effort) = methods.free_effort {
            self.run("free_effort", || {
                // SAFETY: as above.
                with_key(place.key, |key| unsafe { free_effort(key, value) })
            })
        } else {
            None
        };
        match effort {
            // By the API's word: it is always worth freeing in the background.
            Some(0) => usize::MAX,
            Some(effort) => effort,
            None => 1,
        }
    }

    fn memory_bytes(&self, place: Place<'_>, samples: usize) -> usize {
        let methods = &self.module_type.methods;
        let value = self.pointer;
        let bytes = if let Some(mem_usage) = methods.mem_usage2 {
            let mut context = KeyContext::at(place);
            // SAFETY: the function is the type's own with this signature, the value is one of it.
            self.run("mem_usage", || unsafe { mem_usage(context.pointer(), value, samples) })
        } else if let Some(mem_usage) = methods.mem_usage {
            // SAFETY: as above.
            self.run("mem_usage", || unsafe { mem_usage(value) })
        } else {
            None
        };
        bytes.unwrap_or(0)
    }

    fn can_copy(&self) -> bool {
        let methods = &self.module_type.methods;
        methods.copy.is_some() || methods.copy2.is_some()
    }

    fn duplicate(&self, from: Place<'_>, to: Place<'_>) -> Option<Box<dyn ModuleValue>> {
        let methods = &self.module_type.methods;
        let value = self.pointer;
        if let Some(copy) = methods.copy2 {
            let mut context = KeyContext::between(from, to);
            // SAFETY: the function is the type's own with this signature, the value is one of it.
            return self.copy_of(self.run("copy", || unsafe { copy(context.pointer(), value) }));
        }
        let copy = methods.copy?;
        self.copy_of(self.run("copy", || {
            // SAFETY: as above.
            with_key(from.key, |from| with_key(to.key, |to| unsafe { copy(from, to, value) }))
        }))
    }

    fn can_save(&self) -> bool {
        self.module_type.methods.rdb_save.is_some()
    }

    fn save(&self, place: Place<'_>) -> Option<Cow<'_, [u8]>> {
        crate::rdb_io::save(&self.module_type, self.pointer, place).map(Cow::Owned)
    }

    fn digest(&self, place: Place<'_>, take: &mut dyn FnMut(Option<&[u8]>)) -> bool {
        let Some(function) = self.module_type.methods.digest else { return false };
        let mut digest = Digest::new(place);
        let value = self.pointer;
        // SAFETY: the function is the type's own with this signature; value and digest outlive the call.
        self.run("digest", || unsafe { function(digest.pointer(), value) });
        for element in digest.elements() {
            take(element.as_deref());
        }
        true
    }

    fn unlinked(&self, place: Place<'_>) {
        let methods = &self.module_type.methods;
        let value = self.pointer;
        if let Some(unlink) = methods.unlink2 {
            let mut context = KeyContext::at(place);
            // SAFETY: the function is the type's own with this signature, the value is one of it.
            self.run("unlink", || unsafe { unlink(context.pointer(), value) });
        } else if let Some(unlink) = methods.unlink {
            // SAFETY: as above.
            self.run("unlink", || with_key(place.key, |key| unsafe { unlink(key, value) }));
        }
    }

    fn relocate(
        &mut self,
        place: Place<'_>,
        cursor: Option<&mut u64>,
        judge: &mut keyspace::Judge<'_>,
    ) -> bool {
        crate::defrag::relocate_value(self, place, cursor, judge)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// The number of a database as the API tells it; -1 if it is not known.
pub fn db_number(place: Place<'_>) -> c_int {
    place.db.and_then(|db| c_int::try_from(db).ok()).unwrap_or(-1)
}
