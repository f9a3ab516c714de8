//! The background threads: one closes files, one syncs the AOF, one frees what is too big to be freed between two commands.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use sys::background::Job;
use sys::poll::Waker;

use crate::log::log;

type Garbage = Box<dyn Any + Send>;

/// The queues of the threads, in the order of [`NAMES`].
#[derive(Default)]
pub struct Background {
    queues: Vec<Sender<Job>>,
}

/// The place of the AOF's thread among [`NAMES`].
const AOF: usize = 1;
const NAMES: [&str; 3] = ["bio_close_file", "bio_aof", "bio_lazy_free"];

impl Background {
    /// Starts the threads.
    pub fn start() -> std::io::Result<Background> {
        let mut queues = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            let (sender, receiver) = mpsc::channel();
            sys::background::start(name, receiver)?;
            queues.push(sender);
        }
        Ok(Background { queues })
    }

    /// The queue of the thread that waits for the disk.
    pub fn aof_queue(&self) -> Sender<Job> {
        self.queues.get(AOF).cloned().unwrap_or_else(|| mpsc::channel().0)
    }

    /// Drops `garbage` on a thread; here and now if there is none. `waker` ends the loop's wait afterwards: a client may
    /// wait for that.
    pub fn free(&mut self, garbage: Garbage, waker: Arc<Waker>) {
        let job: Job = Box::new(move || {
            drop(garbage);
            waker.wake();
        });
        let unsent = match self.queues.last() {
            Some(queue) => queue.send(job).err().map(|error| error.0),
            None => Some(job),
        };
        if let Some(job) = unsent {
            log!(Warning, "The background thread has ended; freeing in the main thread.");
            job();
        }
    }
}
