//! Hashes as commands see them: found by key and checked for their type; fields whose time has come are removed on the way.

use keyspace::hash::HashLimits;
use keyspace::{Hash, KeyRecord, NewPayload, Value, View};

use crate::error::{self, CommandError};
use crate::notify::class;
use crate::state::{State, state_flag};

impl State {
    /// When a hash of a database leaves the compact encoding.
    #[inline]
    pub fn hash_limits(&self, db: usize) -> HashLimits {
        HashLimits {
            listpack_entries_max: self.config.hash_max_listpack_entries,
            listpack_value_bytes_max: self.config.hash_max_listpack_value,
            seed: self.databases[db].seed(),
        }
    }

    /// Lets a hash that was written share the names of its fields, if that is wanted for its number of fields.
    #[inline]
    pub fn share_fields(&mut self, db: usize, key: &[u8]) {
        if self.config.hash_min_template_entries > 0 {
            self.share_fields_now(db, key);
        }
    }

    /// Forgets about payloads of templates that are not asked for any longer; about once a second.
    pub(crate) fn templates_cron(&mut self) {
        let now_s = self.clock.unix_s();
        if now_s != self.templates_cron_s {
            self.templates_cron_s = now_s;
            self.templates.drop_unused_payloads();
        }
    }

    fn share_fields_now(&mut self, db: usize, key: &[u8]) {
        let fields_min = self.config.hash_min_template_entries;
        let fields_max = match self.config.hash_max_template_entries {
            0 => usize::MAX,
            max => max,
        };
        let record = self.databases[db].find_mut(key);
        if let Some(Ok(hash)) = record.map(hash_in_mut)
            && hash.is_sharable()
            && (fields_min..=fields_max).contains(&hash.len())
        {
            hash.share(&self.templates, false);
        }
    }

    /// Finds a hash to read it.
    #[inline]
    pub fn hash_to_read(&mut self, db: usize, key: &[u8]) -> Result<Option<&Hash>, CommandError> {
        self.lookup_read(db, key).map(hash_in).transpose()
    }

    /// Finds a hash to change it.
    #[inline]
    pub fn hash_to_write(
        &mut self,
        db: usize,
        key: &[u8],
    ) -> Result<Option<&mut Hash>, CommandError> {
        self.lookup_write(db, key).map(hash_in_mut).transpose()
    }

    /// Finds a hash to change it, or adds an empty one; it must not stay empty.
    #[inline]
    pub fn hash_or_new(&mut self, db: usize, key: &[u8]) -> Result<&mut Hash, CommandError> {
        let hash = self.databases[db].hash_of(key);
        let mut found = self.find_alive(db, hash, key, 0);
        if found.is_none() {
            self.add_key(db, key, NewPayload::Value(Value::Hash(Hash::new())), None);
            found = self.databases[db].locate_hashed(hash, key);
        }
        let record = found.and_then(|location| self.databases[db].at_mut(location));
        record.map_or(Err(error::NO_SUCH_KEY), hash_in_mut)
    }

    /// Whether a field's time has come, by the command's moment.
    #[inline]
    pub fn is_field_expired(&self, expiry_ms: Option<i64>) -> bool {
        expiry_ms.is_some_and(|expiry_ms| expiry_ms < self.expired_before_ms())
    }

    /// Fields that expire before this moment are not to be seen.
    #[inline]
    pub fn expired_before_ms(&self) -> i64 {
        let all = self.allow_access_expired > 0 || self.flags & state_flag::LOADING != 0;
        if all { i64::MIN } else { self.clock.unix_ms() }
    }

    /// Removes one field that a command found expired; a hash that is empty then goes without further word of the field.
    #[cold]
    pub fn expire_field(&mut self, db: usize, key: &[u8], field: &[u8]) {
        if !self.remove_expired_field(db, key, field) {
            return;
        }
        if !self.delete_if_empty_hash(db, key) {
            self.signal_modified(db, key);
            self.notify_fields(class::HASH, "hexpired", db, key, std::iter::once(field));
        }
    }

    /// Removes the fields that a command found expired. The caller ends with [`State::delete_if_empty_hash`].
    pub fn expire_fields(&mut self, db: usize, key: &[u8], fields: &[&[u8]]) {
        let mut removed: Vec<&[u8]> = Vec::new();
        for field in fields {
            if self.remove_expired_field(db, key, field) {
                removed.push(field);
            }
        }
        if !removed.is_empty() {
            self.signal_modified(db, key);
            self.notify_fields(class::HASH, "hexpired", db, key, removed.into_iter());
        }
    }

    fn remove_expired_field(&mut self, db: usize, key: &[u8], field: &[u8]) -> bool {
        if !self.may_delete_expired() {
            return false;
        }
        let Some(hash) = self.databases[db].find_mut(key).and_then(KeyRecord::value_mut) else {
            return false;
        };
        let Value::Hash(hash) = hash else { return false };
        if !hash.remove(field) {
            return false;
        }
        self.stats.expired_subkeys += 1;
        self.propagation.also_in_any_case(db, &[b"HDEL", key, field]);
        self.databases[db].hash_changed(key);
        true
    }

    /// Deletes a hash that has lost its last field, and tells of it.
    pub fn delete_if_empty_hash(&mut self, db: usize, key: &[u8]) -> bool {
        let record = self.databases[db].find(key);
        if !record.is_some_and(|record| hash_in(record).is_ok_and(Hash::is_empty)) {
            return false;
        }
        self.delete_key(db, key, false);
        self.notify(class::GENERIC, "del", db, key);
        true
    }

    /// Must follow every change of a hash that may change when its next field expires.
    #[inline]
    pub fn note_field_expiry(&mut self, db: usize, key: &[u8]) {
        self.databases[db].hash_changed(key);
    }
}

/// The hash in a record, or WRONGTYPE.
#[inline]
pub fn hash_in(record: &KeyRecord) -> Result<&Hash, CommandError> {
    match record.view() {
        View::Value(Value::Hash(hash)) => Ok(hash),
        _ => Err(error::WRONGTYPE),
    }
}

/// The hash in a record, or WRONGTYPE.
#[inline]
pub fn hash_in_mut(record: &mut KeyRecord) -> Result<&mut Hash, CommandError> {
    match record.value_mut() {
        Some(Value::Hash(hash)) => Ok(hash),
        _ => Err(error::WRONGTYPE),
    }
}
