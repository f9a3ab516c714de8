//! Active expiry of hash fields: removed when their time has come even if nobody asks for them.

use keyspace::{KeyRecord, Value};

use crate::notify::class;
use crate::state::State;

/// Hashes looked at before the time is looked at again.
const HASHES_PER_ROUND: usize = 64;
/// Fields removed before the time is looked at again.
const FIELDS_PER_ROUND: usize = 512;

impl State {
    /// Removes the expired fields of a database's hashes; `false` if the time ended before the fields.
    pub(crate) fn active_expire_fields(&mut self, db: usize, until_us: u64) -> bool {
        while self.expire_fields_round(db) {
            if self.clock.monotonic_us_now() >= until_us {
                return false;
            }
        }
        true
    }

    /// `true` if there may be more to remove.
    fn expire_fields_round(&mut self, db: usize) -> bool {
        if self.databases[db].subexpiry_len() == 0 {
            return false;
        }
        let now_ms = self.clock.unix_ms();
        let keys = self.databases[db].hashes_with_expired_fields(now_ms, HASHES_PER_ROUND);
        let mut fields_left = FIELDS_PER_ROUND;
        for key in &keys {
            fields_left = fields_left.saturating_sub(self.expire_fields_of(db, key, fields_left));
            if fields_left == 0 {
                return true;
            }
        }
        keys.len() == HASHES_PER_ROUND
    }

    /// Removes up to `count` expired fields of one hash; how many were removed.
    fn expire_fields_of(&mut self, db: usize, key: &[u8], count: usize) -> usize {
        let now_ms = self.clock.unix_ms();
        let record = self.databases[db].find_mut(key);
        let Some(Value::Hash(hash)) = record.and_then(KeyRecord::value_mut) else { return 0 };
        let removed = hash.remove_expired(now_ms, count);
        self.databases[db].hash_changed(key);
        if removed.is_empty() {
            return 0;
        }
        let count = removed.len();
        self.stats.expired_subkeys += count as u64;
        self.stats.expired_subkeys_active += count as u64;
        for field in &removed {
            self.propagation.also_in_any_case(db, &[b"HDEL", key, field]);
        }
        self.signal_modified(db, key);
        self.notify_fields(class::HASH, "hexpired", db, key, removed.iter().map(|field| &**field));
        self.delete_if_empty_hash(db, key);
        count
    }
}
