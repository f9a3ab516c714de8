//! Scanning the keyspace, and the elements of a key.

use std::ffi::{c_int, c_void};

use keyspace::View;
use module_abi::open_mode;
use module_api::scan::Elements;

use crate::context::Ctx;
use crate::errno::set_errno;
use crate::keys::Key;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr};
use crate::table::Table;

/// What a `RedisModuleScanCursor *` points to.
#[derive(Default)]
pub struct Cursor {
    position: u64,
    done: bool,
}

/// `void (*)(ctx, key_name, key, data)`.
type ScanFunc = unsafe extern "C" fn(*mut Ctx, StringPtr, *mut Key, *mut c_void);
/// `void (*)(key, field, value, data)`.
type ScanKeyFunc = unsafe extern "C" fn(*mut Key, StringPtr, StringPtr, *mut c_void);

extern "C" fn cursor_create() -> *mut Cursor {
    Box::into_raw(Box::default())
}

extern "C" fn cursor_restart(cursor: *mut Cursor) {
    *ptr::required(cursor) = Cursor::default();
}

extern "C" fn cursor_destroy(cursor: *mut Cursor) {
    drop(ptr::take_back(cursor));
}

extern "C" fn scan(
    ctx: *mut Ctx,
    cursor: *mut Cursor,
    function: ScanFunc,
    data: *mut c_void,
) -> c_int {
    let context = ptr::required(ctx);
    let cursor = ptr::required(cursor);
    if cursor.done {
        set_errno(libc::ENOENT);
        return 0;
    }
    let state = context.state();
    let mut names: Vec<Box<[u8]>> = Vec::new();
    cursor.position =
        state.db(context.db).scan(cursor.position, |record| names.push(record.key().into()));
    let module = context.module().clone();
    for name in names {
        if !context.state().key_exists(context.db, &name) {
            continue;
        }
        let key = Key::open(ctx, context.db, &name, open_mode::READ);
        let string = ModuleString::create(&name);
        // SAFETY: the function is the module's own with this signature; key and name outlive the call.
        module.run("scan", || unsafe { function(ctx, string, key, data) });
        crate::strings::release(string);
        crate::keys::close(key);
    }
    set_errno(0);
    cursor.done = cursor.position == 0;
    c_int::from(!cursor.done)
}

/// The elements at a position and the next position; `None` for a type without elements.
fn elements(key: &Key, position: u64) -> Option<(Elements, u64)> {
    let expired_too = key.mode & open_mode::ACCESS_EXPIRED != 0;
    let expired_before_ms = if expired_too { i64::MIN } else { key.state().expired_before_ms() };
    let View::Value(value) = key.record()?.view() else { return None };
    let mut found = Elements::new();
    let next = module_api::scan::elements(value, position, expired_before_ms, &mut found)?;
    Some((found, next))
}

extern "C" fn scan_key(
    key_pointer: *mut Key,
    cursor: *mut Cursor,
    function: ScanKeyFunc,
    data: *mut c_void,
) -> c_int {
    let Some(key) = ptr::reference(key_pointer) else {
        set_errno(libc::EINVAL);
        return 0;
    };
    let cursor = ptr::required(cursor);
    if cursor.done {
        set_errno(libc::ENOENT);
        return 0;
    }
    let Some((pairs, next)) = elements(key, cursor.position) else {
        set_errno(libc::EINVAL);
        return 0;
    };
    let module = key.ctx().module().clone();
    for (field, value) in pairs {
        let field = ModuleString::create(&field);
        let value = value.map_or(std::ptr::null_mut(), |value| ModuleString::create(&value));
        // SAFETY: the function is the module's own with this signature; the strings outlive the call.
        module.run("scan key", || unsafe { function(key_pointer, field, value, data) });
        crate::strings::release(field);
        crate::strings::release(value);
    }
    set_errno(0);
    cursor.position = next;
    cursor.done = next == 0;
    c_int::from(!cursor.done)
}

pub fn register(table: &mut Table) {
    table.add("ScanCursorCreate", cursor_create as *const ());
    table.add("ScanCursorRestart", cursor_restart as *const ());
    table.add("ScanCursorDestroy", cursor_destroy as *const ());
    table.add("Scan", scan as *const ());
    table.add("ScanKey", scan_key as *const ());
}
