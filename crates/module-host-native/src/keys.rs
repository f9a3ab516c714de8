//! Open keys: a name and rights; the value is found again at each use.

use std::ffi::{c_char, c_int, c_longlong};

use engine::State;
use engine::lookup::lookup_flag;
use keyspace::{KeyRecord, SetExpiry, Type, Value, View};
use module_abi::{NO_EXPIRE, key_type, open_mode, status};

use crate::context::{Auto, Ctx, Kind};
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of, create_in};
use crate::table::Table;

/// What a `RedisModuleKey *` points to.
pub struct Key {
    pub ctx: *mut Ctx,
    pub db: usize,
    pub name: StringPtr,
    pub mode: c_int,
    /// Set once something was changed through the handle.
    pub changed: bool,
    pub range: Option<crate::sorted_sets::Range>,
    pub walk: Option<crate::streams::Walk>,
}

impl Key {
    pub fn open(ctx: *mut Ctx, db: usize, name: &[u8], mode: c_int) -> *mut Key {
        let name = ModuleString::create(name);
        let key = Key { ctx, db, name, mode, changed: false, range: None, walk: None };
        Box::into_raw(Box::new(key))
    }

    pub fn ctx<'a>(&self) -> &'a mut Ctx {
        ptr::required(self.ctx)
    }

    pub fn state<'a>(&self) -> &'a mut State {
        self.ctx().state()
    }

    pub fn name<'a>(&self) -> &'a [u8] {
        bytes_of(self.name)
    }

    pub fn is_writable(&self) -> bool {
        self.mode & open_mode::WRITE != 0
    }

    /// What the key holds now.
    pub fn record<'a>(&self) -> Option<&'a KeyRecord> {
        let state = self.state();
        let flags = lookup_flag::NO_TOUCH | lookup_flag::NO_STATS | lookup_flag::NO_NOTIFY;
        if self.mode & open_mode::ACCESS_EXPIRED != 0 {
            return state.db(self.db).find(self.name());
        }
        let no_expire =
            if self.mode & open_mode::NOEXPIRE != 0 { lookup_flag::NO_EXPIRE } else { 0 };
        state.lookup_read_with(self.db, self.name(), flags | no_expire)
    }

    pub fn record_mut<'a>(&self) -> Option<&'a mut KeyRecord> {
        self.state().lookup_write(self.db, self.name())
    }

    /// Type of what the key holds now.
    pub fn value_type(&self) -> Option<Type> {
        self.record().map(keyspace::type_of)
    }

    /// Deletes the key; whether it was there.
    pub fn delete(&mut self, lazy: bool) -> bool {
        let (db, name) = (self.db, self.name());
        let deleted = self.state().delete_key(db, name, lazy);
        if deleted {
            self.touched();
        }
        deleted
    }

    /// Notes a change: it counts, and watchers are told when the key is closed.
    pub fn touched(&mut self) {
        self.changed = true;
        self.state().dirty += 1;
    }
}

/// Closes a key: tells watchers of what was changed.
pub fn close(key: *mut Key) {
    let Some(key) = ptr::take_back(key) else { return };
    if key.is_writable() && key.changed {
        let (db, name) = (key.db, key.name());
        key.state().signal_modified(db, name);
        key.state().signal_key_grown(db, name);
    }
    crate::strings::release(key.name);
}

fn lookup_flags(mode: c_int) -> u32 {
    [
        (open_mode::NOTOUCH, lookup_flag::NO_TOUCH),
        (open_mode::NONOTIFY, lookup_flag::NO_NOTIFY),
        (open_mode::NOSTATS, lookup_flag::NO_STATS),
        (open_mode::NOEXPIRE, lookup_flag::NO_EXPIRE),
        (open_mode::NOEFFECTS, u32::MAX),
    ]
    .iter()
    .filter(|(bit, _)| mode & bit != 0)
    .fold(0, |flags, (_, flag)| flags | flag)
}

extern "C" fn open_key(ctx_pointer: *mut Ctx, name: StringPtr, mode: c_int) -> *mut Key {
    let ctx = ptr::required(ctx_pointer);
    let state = ctx.state();
    let name = bytes_of(name);
    let expired_too = mode & open_mode::ACCESS_EXPIRED != 0;
    state.allow_access_expired += u32::from(expired_too);
    let found = if mode & open_mode::WRITE != 0 {
        state.lookup_write(ctx.db, name).is_some()
    } else {
        state.lookup_read_with(ctx.db, name, lookup_flags(mode)).is_some()
    };
    state.allow_access_expired -= u32::from(expired_too);
    if !found && mode & open_mode::WRITE == 0 {
        return std::ptr::null_mut();
    }
    let key = Key::open(ctx_pointer, ctx.db, name, mode);
    ctx.keep(Auto::Key(key));
    key
}

extern "C" fn close_key(key: *mut Key) {
    if let Some(inner) = ptr::reference(key) {
        inner.ctx().forget(&Auto::Key(key));
    }
    close(key);
}

extern "C" fn key_exists(ctx: *mut Ctx, name: StringPtr) -> c_int {
    let ctx = ptr::required(ctx);
    c_int::from(ctx.state().key_exists(ctx.db, bytes_of(name)))
}

extern "C" fn get_open_key_modes_all() -> c_int {
    open_mode::READ
        | open_mode::WRITE
        | open_mode::NOTOUCH
        | open_mode::NONOTIFY
        | open_mode::NOSTATS
        | open_mode::NOEXPIRE
        | open_mode::NOEFFECTS
        | open_mode::ACCESS_EXPIRED
        | open_mode::ACCESS_TRIMMED
}

/// The number of a type, as KeyType and Scan tell it.
pub fn type_number(record: &KeyRecord) -> c_int {
    match keyspace::type_of(record).name() {
        "string" => key_type::STRING,
        "list" => key_type::LIST,
        "hash" => key_type::HASH,
        "set" => key_type::SET,
        "zset" => key_type::ZSET,
        "stream" => key_type::STREAM,
        "module" => key_type::MODULE,
        _ => key_type::EMPTY,
    }
}

extern "C" fn key_type_of(key: *mut Key) -> c_int {
    ptr::reference(key).and_then(|key| key.record()).map_or(key_type::EMPTY, type_number)
}

extern "C" fn value_length(key: *mut Key) -> usize {
    let Some(record) = ptr::reference(key).and_then(|key| key.record()) else { return 0 };
    match record.view() {
        View::Value(value) => module_api::keys::length(value),
        _ => keyspace::string::len(record).unwrap_or(0),
    }
}

extern "C" fn delete_key(key: *mut Key) -> c_int {
    remove(key, false)
}

extern "C" fn unlink_key(key: *mut Key) -> c_int {
    remove(key, true)
}

fn remove(key: *mut Key, lazy: bool) -> c_int {
    let key = ptr::required(key);
    if !key.is_writable() {
        return status::ERR;
    }
    key.delete(lazy);
    status::OK
}

extern "C" fn get_expire(key: *mut Key) -> c_longlong {
    let Some(key) = ptr::reference(key) else { return NO_EXPIRE };
    let now_ms = key.state().clock.unix_ms();
    match key.record().and_then(KeyRecord::expiry_ms) {
        Some(expiry_ms) => (expiry_ms - now_ms).max(0),
        None => NO_EXPIRE,
    }
}

extern "C" fn get_abs_expire(key: *mut Key) -> c_longlong {
    ptr::reference(key)
        .and_then(|key| key.record())
        .and_then(KeyRecord::expiry_ms)
        .unwrap_or(NO_EXPIRE)
}

fn store_expiry(key: *mut Key, expiry_ms: Option<i64>) -> c_int {
    let key = ptr::required(key);
    if !key.is_writable() || key.record().is_none() {
        return status::ERR;
    }
    let (db, name) = (key.db, key.name());
    key.state().db_mut(db).set_expiry(name, expiry_ms);
    key.touched();
    status::OK
}

extern "C" fn set_expire(key: *mut Key, ms: c_longlong) -> c_int {
    if ms < 0 && ms != NO_EXPIRE {
        return status::ERR;
    }
    let now_ms = ptr::required(key).state().clock.unix_ms();
    store_expiry(key, (ms != NO_EXPIRE).then(|| now_ms.saturating_add(ms)))
}

extern "C" fn set_abs_expire(key: *mut Key, ms: c_longlong) -> c_int {
    if ms < 0 && ms != NO_EXPIRE {
        return status::ERR;
    }
    store_expiry(key, (ms != NO_EXPIRE).then_some(ms))
}

extern "C" fn get_key_name_from_module_key(key: *mut Key) -> *const ModuleString {
    ptr::reference(key).map_or(std::ptr::null(), |key| key.name.cast_const())
}

extern "C" fn get_db_id_from_module_key(key: *mut Key) -> c_int {
    ptr::reference(key).map_or(-1, |key| key.db as c_int)
}

extern "C" fn string_set(key: *mut Key, string: StringPtr) -> c_int {
    let key = ptr::required(key);
    if !key.is_writable() || key.range.is_some() {
        return status::ERR;
    }
    let (db, name) = (key.db, key.name());
    key.state().set_string(db, name, bytes_of(string), SetExpiry::Clear);
    key.touched();
    status::OK
}

extern "C" fn string_dma(key: *mut Key, len: *mut usize, mode: c_int) -> *mut c_char {
    static EMPTY: [u8; 1] = [0];
    let key = ptr::required(key);
    let Some(record) = key.record() else {
        ptr::put(len, 0);
        return EMPTY.as_ptr().cast_mut().cast();
    };
    let Some(bytes) = keyspace::string::len(record) else { return std::ptr::null_mut() };
    ptr::put(len, bytes);
    let written = mode & open_mode::WRITE != 0;
    if !written && let View::Bytes { bytes, .. } = record.view() {
        return bytes.as_ptr().cast_mut().cast();
    }
    if !written && let View::Value(Value::String(bytes)) = record.view() {
        return bytes.as_ptr().cast_mut().cast();
    }
    // An integer has no bytes to point to, and what will be written must be raw.
    match key.record_mut().and_then(|record| keyspace::string::resize(record, bytes)) {
        Some(place) => place.as_mut_ptr().cast(),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn string_truncate(key: *mut Key, len: usize) -> c_int {
    /// Longest string there can be.
    const STRING_BYTES_MAX: usize = 512 * 1024 * 1024;
    let key = ptr::required(key);
    if !key.is_writable() || len > STRING_BYTES_MAX {
        return status::ERR;
    }
    if key.record().is_none() {
        if len == 0 {
            return status::OK;
        }
        let (db, name) = (key.db, key.name());
        key.state().set_string(db, name, b"", SetExpiry::Clear);
    }
    let resized =
        key.record_mut().and_then(|record| keyspace::string::resize(record, len)).is_some();
    if !resized {
        return status::ERR;
    }
    key.touched();
    status::OK
}

extern "C" fn get_selected_db(ctx: *mut Ctx) -> c_int {
    ptr::required(ctx).db as c_int
}

extern "C" fn select_db(ctx: *mut Ctx, db: c_int) -> c_int {
    let ctx = ptr::required(ctx);
    match usize::try_from(db).ok().filter(|db| *db < ctx.state().databases.len()) {
        Some(db) => {
            ctx.db = db;
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn db_size(ctx: *mut Ctx) -> u64 {
    let ctx = ptr::required(ctx);
    ctx.state().db(ctx.db).len() as u64
}

extern "C" fn random_key(ctx_pointer: *mut Ctx) -> StringPtr {
    let ctx = ptr::required(ctx_pointer);
    let state = ctx.state();
    let mut seed = state.random_u64();
    let mut random = || {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        seed ^ (seed >> 31)
    };
    match state.db(ctx.db).random(&mut random) {
        Some(record) => create_in(ctx_pointer, record.key()),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn signal_modified_key(ctx: *mut Ctx, name: StringPtr) -> c_int {
    let ctx = ptr::required(ctx);
    ctx.state().signal_modified(ctx.db, bytes_of(name));
    status::OK
}

extern "C" fn set_lru(key: *mut Key, idle_ms: c_longlong) -> c_int {
    let key = ptr::required(key);
    let state = key.state();
    let Some(record) = key.record().filter(|_| idle_ms >= 0) else { return status::ERR };
    if state.access_policy.is_lfu() {
        return status::ERR;
    }
    record.set_access(engine::access::lru_clock(state.clock.unix_ms() - idle_ms));
    status::OK
}

extern "C" fn get_lru(key: *mut Key, idle_ms: *mut c_longlong) -> c_int {
    let key = ptr::required(key);
    ptr::put(idle_ms, -1);
    let state = key.state();
    let Some(record) = key.record() else { return status::ERR };
    if !state.access_policy.is_lfu() {
        ptr::put(idle_ms, engine::access::idle_ms(record.access(), state.clock.unix_ms()));
    }
    status::OK
}

extern "C" fn set_lfu(key: *mut Key, frequency: c_longlong) -> c_int {
    let key = ptr::required(key);
    let state = key.state();
    let Some(record) = key.record() else { return status::ERR };
    let Ok(frequency) = u8::try_from(frequency) else { return status::ERR };
    if !state.access_policy.is_lfu() {
        return status::ERR;
    }
    let minutes = (state.clock.unix_ms() / 60_000) as u32 & 0xffff;
    record.set_access(minutes << 8 | u32::from(frequency));
    status::OK
}

extern "C" fn get_lfu(key: *mut Key, frequency: *mut c_longlong) -> c_int {
    let key = ptr::required(key);
    ptr::put(frequency, -1);
    let state = key.state();
    let Some(record) = key.record() else { return status::ERR };
    if let engine::access::AccessPolicy::Lfu { decay_minutes, .. } = state.access_policy {
        let now_ms = state.clock.unix_ms();
        let counter = engine::access::decayed_frequency(record.access(), now_ms, decay_minutes);
        ptr::put(frequency, i64::from(counter));
    }
    status::OK
}

extern "C" fn reset_dataset(_restart_aof: c_int, background: c_int) {
    let mut ctx = Ctx::new(None, Kind::Callback, crate::host::state_in_use(), std::ptr::null_mut());
    let word: &[u8] = if background != 0 { b"ASYNC" } else { b"SYNC" };
    crate::calls::call_quietly(&mut ctx, &[b"FLUSHALL", word]);
}

pub fn register(table: &mut Table) {
    table.add("OpenKey", open_key as *const ());
    table.add("CloseKey", close_key as *const ());
    table.add("KeyExists", key_exists as *const ());
    table.add("GetOpenKeyModesAll", get_open_key_modes_all as *const ());
    table.add("KeyType", key_type_of as *const ());
    table.add("ValueLength", value_length as *const ());
    table.add("DeleteKey", delete_key as *const ());
    table.add("UnlinkKey", unlink_key as *const ());
    table.add("GetExpire", get_expire as *const ());
    table.add("SetExpire", set_expire as *const ());
    table.add("GetAbsExpire", get_abs_expire as *const ());
    table.add("SetAbsExpire", set_abs_expire as *const ());
    table.add("GetKeyNameFromModuleKey", get_key_name_from_module_key as *const ());
    table.add("GetDbIdFromModuleKey", get_db_id_from_module_key as *const ());
    table.add("StringSet", string_set as *const ());
    table.add("StringDMA", string_dma as *const ());
    table.add("StringTruncate", string_truncate as *const ());
    table.add("GetSelectedDb", get_selected_db as *const ());
    table.add("SelectDb", select_db as *const ());
    table.add("DbSize", db_size as *const ());
    table.add("RandomKey", random_key as *const ());
    table.add("SignalModifiedKey", signal_modified_key as *const ());
    table.add("SetLRU", set_lru as *const ());
    table.add("GetLRU", get_lru as *const ());
    table.add("SetLFU", set_lfu as *const ());
    table.add("GetLFU", get_lfu as *const ());
    table.add("ResetDataset", reset_dataset as *const ());
}
