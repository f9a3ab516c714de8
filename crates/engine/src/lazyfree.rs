//! Freeing big values on another thread, and counting what is still to be freed.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyspace::Value;

use crate::effect::Effect;
use crate::state::State;

/// Allocations from which dropping a value is left to the background.
const LAZY_FREE_EFFORT_MIN: usize = 64;

/// INFO's lazyfree_pending_objects and lazyfreed_objects.
#[derive(Clone, Default)]
pub struct LazyFree {
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    pending: AtomicU64,
    freed: AtomicU64,
}

impl LazyFree {
    /// Objects handed over and not freed yet.
    pub fn pending_objects(&self) -> u64 {
        self.counters.pending.load(Ordering::Relaxed)
    }

    /// Objects freed in the background so far.
    pub fn freed_objects(&self) -> u64 {
        self.counters.freed.load(Ordering::Relaxed)
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        self.counters.freed.store(0, Ordering::Relaxed);
    }
}

/// What is freed when it is dropped, counting itself then.
struct Garbage {
    content: Option<Box<dyn Any + Send>>,
    objects: u64,
    counters: Arc<Counters>,
}

impl Drop for Garbage {
    fn drop(&mut self) {
        drop(self.content.take());
        self.counters.pending.fetch_sub(self.objects, Ordering::Relaxed);
        self.counters.freed.fetch_add(self.objects, Ordering::Relaxed);
    }
}

impl State {
    /// Drops a value: handed to the shell's background thread if lazy freeing is wanted and it is big.
    #[inline]
    pub fn free_later(&mut self, value: Value, lazy: bool) {
        if lazy && value.free_effort() > LAZY_FREE_EFFORT_MIN {
            self.free_in_background(Box::new(value), 1);
        }
    }

    /// Hands `objects` objects to the shell's background thread.
    pub fn free_in_background(&mut self, content: Box<dyn Any + Send>, objects: usize) {
        let (objects, counters) = (objects as u64, self.lazyfree.counters.clone());
        counters.pending.fetch_add(objects, Ordering::Relaxed);
        let garbage = Garbage { content: Some(content), objects, counters };
        self.effects.push(Effect::FreeInBackground(Box::new(garbage)));
    }
}
