//! Hashes: HashSet and HashGet with their lists of fields, and the expiry of fields.

use std::ffi::{c_int, c_longlong, c_void};

use keyspace::hash::ElementText;
use keyspace::{Type, Value, View};
use module_abi::{NO_EXPIRE, hash_flag, open_mode, status};

use crate::errno::{fail, set_errno};
use crate::keys::Key;
use crate::ptr;
use crate::strings::{StringPtr, bytes_of, create_in};
use crate::table::Table;

/// The value that stands for deleting a field.
const HASH_DELETE: *mut c_void = std::ptr::without_provenance_mut(1);

fn field_bytes<'a>(word: *mut c_void, flags: c_int) -> &'a [u8] {
    if flags & hash_flag::CFIELDS != 0 { ptr::c_bytes(word.cast()) } else { bytes_of(word.cast()) }
}

/// For the C shim of HashSet: pairs of field and value.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_hash_set(
    key: *mut Key,
    flags: c_int,
    words: *const *mut c_void,
    count: usize,
) -> c_int {
    const ALLOWED: c_int =
        hash_flag::NX | hash_flag::XX | hash_flag::CFIELDS | hash_flag::COUNT_ALL;
    let Some(key) = ptr::reference(key).filter(|_| flags & !ALLOWED == 0) else {
        set_errno(libc::EINVAL);
        return 0;
    };
    if key.value_type().is_some_and(|found| found != Type::Hash) {
        set_errno(libc::ENOTSUP);
        return 0;
    }
    if !key.is_writable() {
        set_errno(libc::EBADF);
        return 0;
    }
    let mut counted = 0;
    for pair in ptr::slice(words, count).chunks_exact(2) {
        counted += c_int::from(set_field(key, flags, field_bytes(pair[0], flags), pair[1]));
    }
    let (db, name) = (key.db, key.name());
    key.state().db_mut(db).hash_changed(name);
    key.state().share_fields(db, name);
    if key.state().delete_if_empty_hash(db, name) {
        key.changed = true;
    }
    set_errno(if counted == 0 { libc::ENOENT } else { 0 });
    counted
}

/// Sets or deletes one field; whether it counts.
fn set_field(key: &mut Key, flags: c_int, field: &[u8], value: *mut c_void) -> bool {
    let state = key.state();
    let limits = state.hash_limits(key.db);
    let expired_before_ms = state.expired_before_ms();
    let exists = match state.hash_to_write(key.db, key.name()) {
        Ok(Some(hash)) => hash.get(field).is_some_and(|view| {
            view.expiry_ms.is_none_or(|expiry_ms| expiry_ms >= expired_before_ms)
        }),
        _ => false,
    };
    let refused = (exists && flags & hash_flag::NX != 0) || (!exists && flags & hash_flag::XX != 0);
    if refused {
        return false;
    }
    if value == HASH_DELETE {
        let removed = match state.hash_to_write(key.db, key.name()) {
            Ok(Some(hash)) => exists && hash.remove(field),
            _ => false,
        };
        if removed {
            key.touched();
        }
        return removed;
    }
    if let Ok(hash) = state.hash_or_new(key.db, key.name()) {
        hash.set(field, bytes_of(value.cast()), false, &limits);
        key.touched();
    }
    exists || flags & hash_flag::COUNT_ALL != 0
}

/// For the C shim of HashGet: pairs of field and the slot for what was found.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_hash_get(
    key: *mut Key,
    flags: c_int,
    words: *const *mut c_void,
    count: usize,
) -> c_int {
    const ALLOWED: c_int = hash_flag::EXISTS | hash_flag::CFIELDS | hash_flag::EXPIRE_TIME;
    const EITHER: c_int = hash_flag::EXISTS | hash_flag::EXPIRE_TIME;
    if flags & !ALLOWED != 0 || flags & EITHER == EITHER {
        return fail(libc::EINVAL);
    }
    let Some(key) = ptr::reference(key) else { return status::ERR };
    if key.value_type().is_some_and(|found| found != Type::Hash) {
        return status::ERR;
    }
    for pair in ptr::slice(words, count).chunks_exact(2) {
        get_field(key, flags, field_bytes(pair[0], flags), pair[1]);
    }
    status::OK
}

fn get_field(key: &Key, flags: c_int, field: &[u8], slot: *mut c_void) {
    let expired_too = key.mode & open_mode::ACCESS_EXPIRED != 0;
    let expired_before_ms = if expired_too { i64::MIN } else { key.state().expired_before_ms() };
    let hash = match key.record().map(|record| record.view()) {
        Some(View::Value(Value::Hash(hash))) => Some(hash),
        _ => None,
    };
    let found = hash
        .and_then(|hash| hash.get(field))
        .filter(|view| view.expiry_ms.is_none_or(|expiry_ms| expiry_ms >= expired_before_ms));
    if flags & hash_flag::EXISTS != 0 {
        ptr::put(slot.cast::<c_int>(), c_int::from(found.is_some()));
    } else if flags & hash_flag::EXPIRE_TIME != 0 {
        let expiry_ms = found.and_then(|view| view.expiry_ms).unwrap_or(NO_EXPIRE);
        ptr::put(slot.cast::<c_longlong>(), expiry_ms);
    } else {
        let string = match found {
            Some(view) => {
                let mut text = ElementText::default();
                create_in(key.ctx, text.of(view.value))
            }
            None => std::ptr::null_mut(),
        };
        ptr::put(slot.cast::<StringPtr>(), string);
    }
}

extern "C" fn hash_field_min_expire(key: *mut Key) -> c_longlong {
    match ptr::reference(key).and_then(|key| key.record()).map(|record| record.view()) {
        Some(View::Value(Value::Hash(hash))) => hash.next_expiry_ms().unwrap_or(NO_EXPIRE),
        _ => NO_EXPIRE,
    }
}

unsafe extern "C" {
    fn bulkhead_shim_HashSet();
    fn bulkhead_shim_HashGet();
}

pub fn register(table: &mut Table) {
    table.add("HashSet", bulkhead_shim_HashSet as *const ());
    table.add("HashGet", bulkhead_shim_HashGet as *const ());
    table.add("HashFieldMinExpire", hash_field_min_expire as *const ());
}
