//! What ordinary clients have written on a writable replica: the primary knows nothing of it, so it expires here.

use std::rc::Rc;

use indexmap::IndexSet;

use crate::client::{ClientId, client_flag};
use crate::command::Command;
use crate::state::State;

/// Keys looked at in one round.
const KEYS_PER_ROUND: usize = 64;

/// Keys with an expiry that were written here.
#[derive(Debug, Default)]
pub struct OwnExpiries {
    keys: IndexSet<(usize, Box<[u8]>)>,
    /// Where looking goes on.
    next: usize,
}

impl OwnExpiries {
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.keys.clear();
    }
}

impl State {
    /// A command has changed something on a replica.
    #[cold]
    pub(crate) fn note_own_expiries(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        db: usize,
        argv: &[&[u8]],
    ) {
        if self.clients[client].has(client_flag::MASTER) {
            return;
        }
        for key in crate::keys::find_keys(command, argv).unwrap_or_default() {
            let Some(key) = argv.get(key.position) else { continue };
            let volatile =
                self.databases[db].find(key).is_some_and(|key| key.expiry_ms().is_some());
            if volatile {
                self.primary_link.own_expiries.keys.insert((db, Box::from(*key)));
            }
        }
    }

    /// From cron: deletes those whose time has come, and forgets those that have no expiry any more.
    pub(crate) fn expire_own(&mut self) {
        if self.primary_link.own_expiries.is_empty() || !self.is_replica() {
            return;
        }
        for _ in 0..KEYS_PER_ROUND.min(self.primary_link.own_expiries.len()) {
            let own = &mut self.primary_link.own_expiries;
            if own.next >= own.keys.len() {
                own.next = 0;
            }
            let Some((db, key)) = own.keys.get_index(own.next).cloned() else { break };
            let record = self.databases[db].find(&key);
            let volatile = record.filter(|record| record.expiry_ms().is_some());
            let expired = volatile.is_some_and(|record| self.is_expired(record));
            if volatile.is_some() && !expired {
                self.primary_link.own_expiries.next += 1;
                continue;
            }
            self.primary_link.own_expiries.keys.swap_remove(&(db, key.clone()));
            if expired {
                self.stats.expired_keys_active += 1;
                self.delete_expired(db, &key);
            }
        }
        self.commit();
    }
}
