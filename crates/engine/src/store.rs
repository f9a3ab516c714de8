//! Setting keys, with all that follows for those who watch, listen or wait.

use keyspace::{KeyRecord, NewPayload, SetExpiry, Value, type_of};

use crate::notify::class;
use crate::server_event::KeyGoes;
use crate::state::State;

/// Events that tell a new key from one that is overwritten.
const FATE_CLASSES: u32 = class::NEW | class::OVERWRITTEN | class::TYPE_CHANGED;

impl State {
    /// Sets a key to a string, in the encoding Redis would choose.
    #[inline]
    pub fn set_string(&mut self, db: usize, key: &[u8], bytes: &[u8], expiry: SetExpiry) {
        self.set_key(db, key, keyspace::string::payload(bytes), expiry);
    }

    /// Sets a key, new or not.
    pub fn set_key(
        &mut self,
        db: usize,
        key: &[u8],
        payload: NewPayload<'_, Value>,
        expiry: SetExpiry,
    ) {
        let hash = self.databases[db].hash_of(key);
        if self.databases[db].expires_len() > 0
            || self.notify_classes & FATE_CLASSES != 0
            || self.guests.frequent_events.keys
        {
            self.before_set(db, hash, key, &payload);
        }
        if self.access_policy.is_lfu() {
            // Setting a key is an access of what was there, whose frequency the new value keeps.
            self.find_alive(db, hash, key, 0);
        }
        let replaced = self.databases[db].set_hashed(hash, key, payload, expiry);
        if self.databases[db].has_ended_metadata() {
            self.end_metadata(db);
        }
        if let Some(value) = replaced {
            self.free_unlinked(value, db, key, self.config.lazyfree_lazy_server_del);
        }
        self.signal_modified(db, key);
        self.signal_key_ready(db, key);
    }

    /// Adds a key that is not there (an expired one has been deleted by the lookup before).
    pub fn add_key(
        &mut self,
        db: usize,
        key: &[u8],
        payload: NewPayload<'_, Value>,
        expiry_ms: Option<i64>,
    ) -> &KeyRecord {
        self.notify(class::NEW, "new", db, key);
        self.signal_key_ready(db, key);
        self.databases[db].insert_new(key, payload, expiry_ms)
    }

    /// Adds a whole record under a key that is not there, as accessed just now.
    pub fn add_record(&mut self, db: usize, record: KeyRecord) {
        record.set_access(self.access_policy.initial(self.clock.unix_ms()));
        let key = record.key().to_vec();
        self.databases[db].insert_record(record);
        self.notify(class::NEW, "new", db, &key);
        self.signal_key_ready(db, &key);
    }

    /// An expired key goes before it is set anew, and listeners learn what becomes of a key.
    #[cold]
    fn before_set(&mut self, db: usize, hash: u64, key: &[u8], payload: &NewPayload<'_, Value>) {
        if !self.is_alive(db, hash, key, crate::lookup::lookup_flag::NO_TOUCH) {
            self.notify(class::NEW, "new", db, key);
            return;
        }
        let Some(record) = self.databases[db].find_hashed(hash, key) else { return };
        let new_type = match payload {
            NewPayload::Value(value) => value.value_type(),
            _ => keyspace::Type::String,
        };
        let type_changed = type_of(record) != new_type;
        self.key_goes(KeyGoes::Overwritten, db, key);
        self.notify(class::OVERWRITTEN, "overwritten", db, key);
        if type_changed {
            self.notify(class::TYPE_CHANGED, "type_changed", db, key);
        }
    }
}
