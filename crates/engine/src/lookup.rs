//! Finding keys as commands see them: expired keys are gone, access is noted, hits and misses are counted.

use keyspace::module::Place;
use keyspace::{Database, KeyRecord, Location, Value};

use crate::notify::class;
use crate::server_event::KeyGoes;
use crate::state::{State, state_flag};

/// How to look.
pub mod lookup_flag {
    /// Leave access time and frequency as they are.
    pub const NO_TOUCH: u32 = 1 << 0;
    /// Count neither hit nor miss.
    pub const NO_STATS: u32 = 1 << 1;
    /// Tell nobody of a miss.
    pub const NO_NOTIFY: u32 = 1 << 2;
    /// See an expired key as gone, but do not delete it.
    pub const NO_EXPIRE: u32 = 1 << 3;
    /// Something will be written: even a replica, if it may be written to, deletes an expired key first.
    pub const FOR_WRITE: u32 = 1 << 4;
}

impl State {
    pub fn db(&self, db: usize) -> &Database {
        &self.databases[db]
    }

    pub fn db_mut(&mut self, db: usize) -> &mut Database {
        &mut self.databases[db]
    }

    /// Finds a key to read it.
    pub fn lookup_read(&mut self, db: usize, key: &[u8]) -> Option<&KeyRecord> {
        self.lookup_read_with(db, key, 0)
    }

    /// Finds a key to read it; `flags` of [`lookup_flag`].
    pub fn lookup_read_with(&mut self, db: usize, key: &[u8], flags: u32) -> Option<&KeyRecord> {
        let hash = self.databases[db].hash_of(key);
        let Some(location) = self.find_alive(db, hash, key, flags) else {
            self.count_miss(db, key, flags);
            return None;
        };
        if flags & lookup_flag::NO_STATS == 0 {
            self.stats.keyspace_hits += 1;
        }
        self.databases[db].at(location)
    }

    /// Finds a key to change it. To replace the value, go through [`State::db_mut`].
    pub fn lookup_write(&mut self, db: usize, key: &[u8]) -> Option<&mut KeyRecord> {
        let hash = self.databases[db].hash_of(key);
        let location = self.find_alive(db, hash, key, lookup_flag::FOR_WRITE)?;
        self.databases[db].at_mut(location)
    }

    /// Whether a key exists, without noting access.
    pub fn key_exists(&mut self, db: usize, key: &[u8]) -> bool {
        let hash = self.databases[db].hash_of(key);
        self.is_alive(db, hash, key, lookup_flag::NO_TOUCH)
    }

    /// Whether an entry's time has come, by the command's moment.
    pub fn is_expired(&self, entry: &KeyRecord) -> bool {
        // What is loaded is as it was written, and expires afterwards.
        entry.expiry_ms().is_some_and(|expiry_ms| {
            self.clock.unix_ms() > expiry_ms && self.flags & state_flag::LOADING == 0
        })
    }

    /// Whether the key is there and not expired; an expired one is deleted on the way.
    #[inline]
    pub(crate) fn is_alive(&mut self, db: usize, hash: u64, key: &[u8], flags: u32) -> bool {
        self.find_alive(db, hash, key, flags | lookup_flag::NO_TOUCH).is_some()
    }

    /// Finds a key that has not expired and notes the access; an expired one is deleted on the way.
    #[inline]
    pub(crate) fn find_alive(
        &mut self,
        db: usize,
        hash: u64,
        key: &[u8],
        flags: u32,
    ) -> Option<Location> {
        let location = self.databases[db].locate_hashed(hash, key)?;
        let record = self.databases[db].at(location)?;
        if self.is_expired(record) && self.allow_access_expired == 0 {
            self.meet_expired(db, key, flags);
            return None;
        }
        if flags & lookup_flag::NO_TOUCH == 0 && !self.no_touch {
            let (policy, now_ms) = (self.access_policy, self.clock.unix_ms());
            let random = if policy.is_lfu() { self.random.next_u64() } else { 0 };
            record.set_access(policy.touched(record.access(), now_ms, random));
        }
        Some(location)
    }

    #[cold]
    fn meet_expired(&mut self, db: usize, key: &[u8], flags: u32) {
        let written = flags & lookup_flag::FOR_WRITE != 0
            && self.is_replica()
            && !self.config.replica_read_only;
        if flags & lookup_flag::NO_EXPIRE == 0 && (written || self.may_delete_expired()) {
            self.delete_expired(db, key);
        }
    }

    /// Expired keys stay while writes are paused, while data is loaded (what follows may need them), or the server is a
    /// replica (its primary deletes them).
    pub fn may_delete_expired(&self) -> bool {
        // A pause keeps the data set as it is.
        let kept = self.flags & (state_flag::LOADING | state_flag::REPLICA) != 0;
        !kept && self.pause.is_none() && self.feed.shutdown_deadline_ms.is_none()
    }

    /// An expiry up to this moment is over when it is set: the key or field goes at once.
    pub fn past_ms(&self) -> i64 {
        let kept = self.flags & (state_flag::LOADING | state_flag::REPLICA) != 0;
        if kept { i64::MIN } else { self.clock.unix_ms() }
    }

    #[cold]
    fn count_miss(&mut self, db: usize, key: &[u8], flags: u32) {
        if flags & lookup_flag::NO_STATS == 0 {
            self.stats.keyspace_misses += 1;
        }
        if flags & lookup_flag::NO_NOTIFY == 0 {
            self.notify(class::KEY_MISS, "keymiss", db, key);
        }
    }

    /// Deletes an expired key, with everything that follows from it.
    pub fn delete_expired(&mut self, db: usize, key: &[u8]) {
        self.stats.expired_keys += 1;
        self.key_goes(KeyGoes::Expired, db, key);
        let started = self.latency_start();
        let removed = self.databases[db].remove(key);
        self.free_value(removed, db, key, self.config.lazyfree_lazy_expire);
        self.latency_end(started, "expire-del");
        let verb: &[u8] = if self.config.lazyfree_lazy_expire { b"UNLINK" } else { b"DEL" };
        self.signal_modified_by(None, db, key);
        self.notify(class::EXPIRED, "expired", db, key);
        // Behind what those who hear of it change.
        self.propagation.also_in_any_case(db, &[verb, key]);
        self.signal_key_ready(db, key);
    }

    /// Deletes a key; `true` if it was there. Tells watchers; counting, notification and propagation are the command's.
    pub fn delete_key(&mut self, db: usize, key: &[u8], lazy: bool) -> bool {
        self.delete_key_as(KeyGoes::Deleted, db, key, lazy)
    }

    pub(crate) fn delete_key_as(
        &mut self,
        reason: KeyGoes,
        db: usize,
        key: &[u8],
        lazy: bool,
    ) -> bool {
        let found = self.remove_key(reason, db, key, lazy);
        if found {
            self.signal_removed(db, key);
        }
        found
    }

    /// The same, and those who look at the key hear nothing of it yet.
    pub(crate) fn remove_key(
        &mut self,
        reason: KeyGoes,
        db: usize,
        key: &[u8],
        lazy: bool,
    ) -> bool {
        self.key_goes(reason, db, key);
        let removed = self.databases[db].remove(key);
        let found = removed.is_some();
        self.free_value(removed, db, key, lazy);
        found
    }

    /// Tells those who look at the key or wait for it that it is gone.
    pub(crate) fn signal_removed(&mut self, db: usize, key: &[u8]) {
        self.signal_modified(db, key);
        self.signal_key_ready(db, key);
    }

    /// Drops what was a key, in the background if asked for and it is worth it.
    fn free_value(&mut self, record: Option<KeyRecord>, db: usize, key: &[u8], lazy: bool) {
        if record.as_ref().is_some_and(KeyRecord::has_metadata) {
            self.end_metadata(db);
        }
        if let Some(value) = record.and_then(KeyRecord::into_value) {
            self.free_unlinked(value, db, key, lazy);
        }
    }

    /// The same for a value that is in its key no more.
    pub(crate) fn free_unlinked(&mut self, value: Value, db: usize, key: &[u8], lazy: bool) {
        if let Value::Module(module) = &value {
            module.0.unlinked(Place { db: Some(db), key });
        }
        self.free_later(value, lazy);
    }
}
