//! Emptying and swapping whole databases.

use crate::server_event::ServerEvent;
use crate::state::State;

impl State {
    /// Empties one database, or all; returns how many keys there were. `lazy`: they are freed in the background.
    pub fn flush(&mut self, db: Option<usize>, lazy: bool) -> usize {
        self.emit(&ServerEvent::FlushDb { begins: true, db, lazy });
        self.touch_all_watched(db);
        self.track_flush();
        let only = db;
        let range = match db {
            Some(db) => db..db + 1,
            None => 0..self.databases.len(),
        };
        let mut removed = 0;
        for db in range {
            if self.databases[db].is_empty() {
                continue;
            }
            self.signal_all_ready(db);
            let flushed = self.databases[db].take();
            removed += flushed.len();
            if lazy {
                let objects = flushed.len();
                self.free_in_background(Box::new(flushed), objects);
            }
        }
        // The blocks kept for the next allocations lie scattered, each in a page that is empty but for it.
        (self.host.port.allocator_act)("thread.tcache.flush");
        self.emit(&ServerEvent::FlushDb { begins: false, db: only, lazy });
        removed
    }

    /// Exchanges the contents of two databases; clients stay where they are.
    pub fn swap_databases(&mut self, first: usize, second: usize) {
        if first == second {
            return;
        }
        self.touch_watched_for_swap(first, second);
        self.databases.swap(first, second);
        self.signal_all_ready(first);
        self.signal_all_ready(second);
        self.emit(&ServerEvent::SwapDb { first, second });
    }
}
