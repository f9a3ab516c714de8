//! The thread that frees what is too big to be freed between two commands.

use std::any::Any;
use std::sync::mpsc::{self, Sender};

type Garbage = Box<dyn Any + Send>;

/// Its thread starts with the first piece of garbage.
#[derive(Default)]
pub struct Background {
    queue: Option<Sender<Garbage>>,
}

impl Background {
    /// Drops `garbage` on the thread; here and now if there is none to be had.
    pub fn free(&mut self, garbage: Garbage) {
        if self.queue.is_none() {
            self.queue = start();
        }
        if let Some(queue) = &self.queue
            && let Err(unsent) = queue.send(garbage)
        {
            // The thread has ended, which a panic in a drop would do: the next piece starts another.
            self.queue = None;
            drop(unsent);
        }
    }
}

fn start() -> Option<Sender<Garbage>> {
    let (sender, receiver) = mpsc::channel::<Garbage>();
    let thread = std::thread::Builder::new().name("bio_lazy_free".to_owned());
    thread.spawn(move || receiver.into_iter().for_each(drop)).ok().map(|_| sender)
}
