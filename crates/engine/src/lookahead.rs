//! Requests that are about to be executed: what their keys need from memory is asked for beforehand.

use command_spec::{BeginSearch, Group};

use crate::client::ClientId;
use crate::state::State;

/// A key that a coming request will look up.
#[derive(Clone, Copy, Debug)]
pub struct KeyAhead {
    db: usize,
    hash: u64,
    /// The value will be read too, and it is not in the record.
    deep: bool,
}

impl State {
    /// The first key of a coming request, with the first load for it begun. A guess: what the client does before that
    /// request may change what it finds.
    #[inline]
    pub fn look_ahead(&self, client: ClientId, argv: &[&[u8]]) -> Option<KeyAhead> {
        let session = self.clients.get(client)?;
        let name = argv.first()?;
        let last = session.last_command.as_ref();
        let command = match last {
            Some(last) if name.eq_ignore_ascii_case(last.full_name.as_bytes()) => last,
            _ => self.table.get(name)?,
        };
        let BeginSearch::Index(index) = command.spec.key_specs.first()?.begin else { return None };
        let key = argv.get(usize::try_from(index).ok()?)?;
        let database = self.databases.get(session.db)?;
        let hash = database.hash_of(key);
        database.prefetch(hash);
        let deep = !matches!(command.spec.group, Group::String | Group::Generic);
        Some(KeyAhead { db: session.db, hash, deep })
    }

    /// The second load for a key, once the first has had its time.
    #[inline]
    pub fn look_at_record_ahead(&self, key: KeyAhead) {
        if let Some(database) = self.databases.get(key.db) {
            database.prefetch_record(key.hash);
        }
    }

    /// The third load, for values that are not in their record.
    #[inline]
    pub fn look_at_value_ahead(&self, key: KeyAhead) {
        if key.deep
            && let Some(database) = self.databases.get(key.db)
        {
            database.prefetch_value(key.hash);
        }
    }
}
