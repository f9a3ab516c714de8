//! Freeing big values on another thread, and counting what is still to be freed.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use keyspace::Value;

use crate::blocking::{BlockKind, Unblock};
use crate::client::ClientId;
use crate::context::Context;
use crate::effect::Effect;
use crate::state::State;

/// Allocations from which dropping a value is left to the background.
const LAZY_FREE_EFFORT_MIN: usize = 64;

/// INFO's lazyfree_pending_objects and lazyfreed_objects, and who waits.
#[derive(Default)]
pub struct LazyFree {
    /// The shell frees on a thread of its own and ends its wait when something has been freed.
    pub has_thread: bool,
    counters: Arc<Counters>,
    waiting: Vec<(ClientId, Arc<AtomicBool>)>,
}

/// The last piece of garbage that a client waits for.
struct Freed(Arc<AtomicBool>);

impl Drop for Freed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
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

impl Context<'_> {
    /// Whether the client can wait for the background.
    pub fn may_wait_for_freeing(&self) -> bool {
        self.state.lazyfree.has_thread && !self.deny_blocking() && self.client().is_real()
    }

    /// Lets the client wait until all that was handed to the background so far is freed, and then replies OK.
    pub fn wait_for_freeing(&mut self) {
        let freed = Arc::new(AtomicBool::new(false));
        self.state.lazyfree.waiting.push((self.client, freed.clone()));
        // Garbage is freed in order, so this is dropped last.
        self.state.effects.push(Effect::FreeInBackground(Box::new(Freed(freed))));
        self.block(BlockKind::LazyFree, 0, Rc::new(|context, _| context.reply.ok()));
    }
}

impl State {
    /// Replies to those whose garbage has been freed.
    pub(crate) fn wake_freed(&mut self) {
        if self.lazyfree.waiting.is_empty() {
            return;
        }
        for (client, freed) in std::mem::take(&mut self.lazyfree.waiting) {
            let blocked = self.clients.get(client).and_then(|client| client.blocked.as_ref());
            if blocked.is_none_or(|blocked| blocked.kind != BlockKind::LazyFree) {
                continue;
            }
            if freed.load(Ordering::Acquire) {
                // What another thread has freed is in no figure before that is asked for anew.
                (self.host.port.allocator)();
                self.unblock_with(client, Unblock::Timeout);
            } else {
                self.lazyfree.waiting.push((client, freed));
            }
        }
    }
}
