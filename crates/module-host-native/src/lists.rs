//! Lists: pushing, popping, and elements by index.

use std::ffi::{c_int, c_long};

use engine::State;
use keyspace::Type;
use keyspace::list::{End, List, Side};
use module_abi::{LIST_HEAD, open_mode, status};

use crate::errno::{fail, set_errno};
use crate::keys::Key;
use crate::ptr;
use crate::strings::{StringPtr, bytes_of, create_in};
use crate::table::Table;

fn end_of(place: c_int) -> End {
    if place == LIST_HEAD { End::Head } else { End::Tail }
}

/// The key, if it is a list (or may be empty) and opened for this; else errno says why not.
fn list_key<'a>(key: *mut Key, mode: c_int, may_be_empty: bool) -> Option<&'a mut Key> {
    let refuse = |number: c_int| {
        set_errno(number);
        None
    };
    let Some(key) = ptr::reference(key) else { return refuse(libc::EINVAL) };
    match key.value_type() {
        Some(Type::List) => {}
        None if may_be_empty => {}
        _ => return refuse(libc::ENOTSUP),
    }
    if key.mode & mode == 0 {
        return refuse(libc::EBADF);
    }
    Some(key)
}

fn list_of<'a>(key: &Key) -> Option<&'a mut List> {
    let state: &'a mut State = key.state();
    let (db, name) = (key.db, key.name());
    state.list_to_write(db, name).ok().flatten()
}

/// The place that an index means, negative from the end; errno EDOM if there is none.
fn place(list: &List, index: c_long) -> Option<usize> {
    let len = list.len() as i64;
    let place = if index < 0 { index + len } else { index };
    if (0..len).contains(&place) {
        return usize::try_from(place).ok();
    }
    set_errno(libc::EDOM);
    None
}

extern "C" fn list_push(key: *mut Key, end: c_int, element: StringPtr) -> c_int {
    if element.is_null() {
        return fail(libc::EINVAL);
    }
    let Some(key) = list_key(key, open_mode::WRITE, true) else { return status::ERR };
    let (db, name) = (key.db, key.name());
    let state = key.state();
    let limit = state.list_limit();
    let Ok(list) = state.list_or_new(db, name, List::new) else { return status::ERR };
    let element = bytes_of(element);
    list.expect(element.len(), 1, &limit);
    list.push(end_of(end), element, &limit);
    key.touched();
    set_errno(0);
    status::OK
}

extern "C" fn list_pop(key: *mut Key, end: c_int) -> StringPtr {
    let Some(key) = list_key(key, open_mode::WRITE, false) else { return std::ptr::null_mut() };
    let Some(list) = list_of(key) else { return std::ptr::null_mut() };
    let ctx = key.ctx;
    let popped = list.pop(end_of(end), |element| {
        let mut text = keyspace::element::ElementText::default();
        create_in(ctx, text.of(element))
    });
    changed(key);
    popped.unwrap_or(std::ptr::null_mut())
}

/// After elements have gone: the encoding may become compact again, and an empty list goes.
fn changed(key: &mut Key) {
    let (db, name) = (key.db, key.name());
    let state = key.state();
    let limit = state.list_limit();
    if let Some(list) = list_of(key) {
        list.shrink(&limit);
    }
    state.delete_if_empty(db, name);
    key.touched();
    set_errno(0);
}

extern "C" fn list_get(key: *mut Key, index: c_long) -> StringPtr {
    let Some(key) = list_key(key, open_mode::READ, false) else { return std::ptr::null_mut() };
    let Some(list) = list_of(key) else { return std::ptr::null_mut() };
    let Some(place) = place(list, index) else { return std::ptr::null_mut() };
    set_errno(0);
    let ctx = key.ctx;
    let created = list.get(place, |element| {
        create_in(ctx, keyspace::element::ElementText::default().of(element))
    });
    created.unwrap_or(std::ptr::null_mut())
}

extern "C" fn list_set(key: *mut Key, index: c_long, value: StringPtr) -> c_int {
    if value.is_null() {
        return fail(libc::EINVAL);
    }
    let Some(key) = list_key(key, open_mode::WRITE, false) else { return status::ERR };
    let limit = key.state().list_limit();
    let Some(list) = list_of(key) else { return status::ERR };
    let Some(place) = place(list, index) else { return status::ERR };
    let value = bytes_of(value);
    list.expect(value.len(), 1, &limit);
    list.set(place, value, &limit);
    changed(key);
    status::OK
}

extern "C" fn list_insert(key: *mut Key, index: c_long, value: StringPtr) -> c_int {
    if value.is_null() {
        return fail(libc::EINVAL);
    }
    let Some(inner) = list_key(key, open_mode::WRITE, true) else { return status::ERR };
    let len = list_of(inner).map_or(0, |list| list.len() as i64);
    let place = if index < 0 { index + len + 1 } else { index };
    if !(0..=len).contains(&place) {
        return fail(libc::EDOM);
    }
    if place == 0 || place == len {
        return list_push(key, if place == 0 { LIST_HEAD } else { 1 }, value);
    }
    let limit = inner.state().list_limit();
    if let (Some(list), Ok(place)) = (list_of(inner), usize::try_from(place)) {
        let value = bytes_of(value);
        list.expect(value.len(), 1, &limit);
        list.insert(place, Side::Before, value, &limit);
    }
    inner.touched();
    set_errno(0);
    status::OK
}

extern "C" fn list_delete(key: *mut Key, index: c_long) -> c_int {
    let Some(key) = list_key(key, open_mode::WRITE, false) else { return status::ERR };
    let Some(list) = list_of(key) else { return status::ERR };
    let Some(place) = place(list, index) else { return status::ERR };
    list.remove_range(place, 1);
    changed(key);
    status::OK
}

pub fn register(table: &mut Table) {
    table.add("ListPush", list_push as *const ());
    table.add("ListPop", list_pop as *const ());
    table.add("ListGet", list_get as *const ());
    table.add("ListSet", list_set as *const ());
    table.add("ListInsert", list_insert as *const ());
    table.add("ListDelete", list_delete as *const ());
}
