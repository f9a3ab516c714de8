//! Values of types that modules bring: opaque to the keyspace, freed by their module.

use std::any::Any;

/// A value of a module's type. It may be dropped on another thread, as Redis frees big values.
pub trait ModuleValue: Any + Send {
    /// The nine characters that name the type.
    fn type_name(&self) -> &str;

    /// The type's 64-bit number: the name and the encoding version, as RDB files hold it.
    fn type_id(&self) -> u64;

    /// About how many allocations dropping the value frees.
    fn free_effort(&self) -> usize;

    /// Bytes the value takes, as far as its module tells.
    fn memory_bytes(&self, samples: usize) -> usize;

    /// A copy under another key, for COPY; `None` if the type cannot be copied.
    fn duplicate(&self, from_key: &[u8], to_key: &[u8]) -> Option<Box<dyn ModuleValue>> {
        let _ = (from_key, to_key);
        None
    }

    /// For the host, to get at its own type.
    fn as_any(&self) -> &dyn Any;

    /// For the host, to get at its own type.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// A module's value behind a thin pointer.
pub struct ModuleObject(pub Box<dyn ModuleValue>);
