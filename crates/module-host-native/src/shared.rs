//! State of the host that any thread of a module may reach, one thread at a time.

use parking_lot::Mutex;

/// A value that belongs to whoever holds the global lock of the Module API.
pub struct Shared<T>(Mutex<Option<T>>);

// SAFETY: the value is reached through the mutex only, and its contents (shared pointers without atomic counts among them)
// only by the thread that holds the global lock: the main thread, or a module's thread while the main thread waits.
unsafe impl<T> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Send for Shared<T> {}

impl<T: Default> Shared<T> {
    pub const fn new() -> Shared<T> {
        Shared(Mutex::new(None))
    }

    /// Uses the value; must not call back into a module.
    pub fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(self.0.lock().get_or_insert_default())
    }
}
