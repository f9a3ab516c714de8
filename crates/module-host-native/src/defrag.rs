//! Active defragmentation of what modules keep: values of their types, and what belongs to no key.

use std::ffi::{c_int, c_uchar, c_ulong, c_void};
use std::sync::Arc;

use keyspace::Judge;
use keyspace::module::Place;
use module_abi::status;

use crate::context::Ctx;
use crate::dictionary::Dict;
use crate::module::Module;
use crate::native_value::{NativeValue, db_number};
use crate::ptr;
use crate::strings::{ModuleString, StringPtr};
use crate::table::Table;

/// `void (*)(defrag_context)`.
pub type DefragFunc = unsafe extern "C" fn(*mut DefragCtx<'_>);
/// `int (*)(defrag_context)`: not 0 if there is more.
pub type DefragFunc2 = unsafe extern "C" fn(*mut DefragCtx<'_>) -> c_int;
/// `int (*)(defrag_context, data, key, key_len, &new)`: not 0 if there is more.
type DictValueFunc = unsafe extern "C" fn(
    *mut DefragCtx<'_>,
    *mut c_void,
    *mut c_uchar,
    usize,
    *mut *mut c_void,
) -> c_int;

/// How long a module may work in one piece.
const PIECE_US: u64 = 500;

/// What a `RedisModuleDefragCtx *` points to.
pub struct DefragCtx<'a> {
    judge: &'a mut Judge<'a>,
    /// Where the module stands; none: it must do everything at once.
    cursor: Option<&'a mut u64>,
    deadline_us: u64,
    key: StringPtr,
    db: c_int,
}

impl DefragCtx<'_> {
    fn should_stop(&self) -> bool {
        self.cursor.is_some() && sys::clock::monotonic_us() >= self.deadline_us
    }

    /// A copy of an allocation where it lies better; the old one is free.
    fn moved(&mut self, pointer: *mut c_void) -> Option<*mut c_void> {
        if pointer.is_null() || !(self.judge)(pointer as usize) {
            return None;
        }
        let bytes = crate::memory::usable_bytes(pointer);
        let fresh = crate::memory::allocate(bytes);
        // SAFETY: both allocations have that many bytes, and they are two.
        unsafe { fresh.cast::<u8>().copy_from_nonoverlapping(pointer.cast(), bytes) };
        crate::memory::free(pointer);
        Some(fresh)
    }
}

/// What a module has registered for what belongs to no key.
#[derive(Clone, Copy, Default)]
pub struct Callbacks {
    function: Option<DefragFunc>,
    function2: Option<DefragFunc2>,
    start: Option<DefragFunc>,
    end: Option<DefragFunc>,
}

/// Moves the allocations of a value; true if there is more to do, from where the cursor stands then.
pub fn relocate_value(
    value: &mut NativeValue,
    place: Place<'_>,
    cursor: Option<&mut u64>,
    judge: &mut Judge<'_>,
) -> bool {
    let (Some(defrag), Some(module)) =
        (value.module_type.methods.defrag, value.module_type.module.upgrade())
    else {
        return false;
    };
    let key = ModuleString::create(place.key);
    let deadline_us = sys::clock::monotonic_us() + PIECE_US;
    let mut ctx = DefragCtx { judge, cursor, deadline_us, key, db: db_number(place) };
    let pointer = &raw mut value.pointer;
    // SAFETY: the function is the type's own with this signature; context, key and value outlive the call.
    let more =
        module.run("defrag", || unsafe { defrag((&raw mut ctx).cast(), key.cast(), pointer) });
    crate::strings::release(key);
    more != 0
}

/// Lets one module, counted from 0, move what belongs to no key: whether there is more; `None` beyond the last.
pub fn relocate_globals(index: usize, cursor: &mut u64, judge: &mut Judge<'_>) -> Option<bool> {
    let module = crate::host::modules().get(index).cloned()?;
    let callbacks = module.defrag.get();
    let deadline_us = sys::clock::monotonic_us() + PIECE_US;
    let key = std::ptr::null_mut();
    let mut ctx = DefragCtx { judge, cursor: Some(cursor), deadline_us, key, db: -1 };
    if let Some(function) = callbacks.function2 {
        // SAFETY: the function is the module's own with this signature, and the context outlives the call.
        return Some(module.run("defrag", || unsafe { function(&raw mut ctx) }) != 0);
    }
    if let Some(function) = callbacks.function {
        // SAFETY: as above.
        module.run("defrag", || unsafe { function(&raw mut ctx) });
    }
    Some(false)
}

/// Tells all modules that a pass begins or has ended.
pub fn tell_pass(begins: bool) {
    for module in crate::host::modules() {
        let callbacks = module.defrag.get();
        let function = if begins { callbacks.start } else { callbacks.end };
        let Some(function) = function else { continue };
        let key = std::ptr::null_mut();
        let judge: &mut Judge<'_> = &mut |_| false;
        let mut ctx = DefragCtx { judge, cursor: None, deadline_us: 0, key, db: -1 };
        // SAFETY: the function is the module's own with this signature, and the context outlives the call.
        module.run("defrag", || unsafe { function(&raw mut ctx) });
    }
}

fn change(ctx: *mut Ctx, change: impl FnOnce(&mut Callbacks)) -> c_int {
    let module: &Arc<Module> = ptr::required(ctx).module();
    let mut callbacks = module.defrag.get();
    change(&mut callbacks);
    module.defrag.set(callbacks);
    status::OK
}

extern "C" fn register_defrag_func(ctx: *mut Ctx, function: Option<DefragFunc>) -> c_int {
    change(ctx, |callbacks| callbacks.function = function)
}

extern "C" fn register_defrag_func2(ctx: *mut Ctx, function: Option<DefragFunc2>) -> c_int {
    change(ctx, |callbacks| callbacks.function2 = function)
}

extern "C" fn register_defrag_callbacks(
    ctx: *mut Ctx,
    start: Option<DefragFunc>,
    end: Option<DefragFunc>,
) -> c_int {
    change(ctx, |callbacks| {
        callbacks.start = start;
        callbacks.end = end;
    })
}

extern "C" fn defrag_alloc(ctx: *mut DefragCtx<'_>, pointer: *mut c_void) -> *mut c_void {
    ptr::required(ctx).moved(pointer).unwrap_or(std::ptr::null_mut())
}

extern "C" fn defrag_alloc_raw(_ctx: *mut DefragCtx<'_>, bytes: usize) -> *mut c_void {
    crate::memory::allocate(bytes)
}

extern "C" fn defrag_free_raw(_ctx: *mut DefragCtx<'_>, pointer: *mut c_void) {
    crate::memory::free(pointer);
}

extern "C" fn defrag_string(ctx: *mut DefragCtx<'_>, string: StringPtr) -> StringPtr {
    let ctx = ptr::required(ctx);
    crate::strings::relocate(string, ctx.judge).unwrap_or(std::ptr::null_mut())
}

extern "C" fn defrag_dict(
    ctx: *mut DefragCtx<'_>,
    dict: *mut Dict,
    function: Option<DictValueFunc>,
    seek_to: *mut StringPtr,
) -> *mut Dict {
    let inner = ptr::required(ctx);
    let mut moved = std::ptr::null_mut();
    let mut dict = dict;
    let mut from = Vec::new();
    match ptr::reference(seek_to).map(|seek_to| std::mem::replace(seek_to, std::ptr::null_mut())) {
        Some(place) if !place.is_null() => {
            from = crate::strings::bytes_of(place).to_vec();
            crate::strings::release(place);
        }
        _ => {
            if (inner.judge)(dict as usize)
                && let Some(whole) = ptr::take_back(dict)
            {
                // It is made anew, by the allocator's present choice, before the old place is free.
                moved = Box::into_raw(Box::new(*whole));
                dict = moved;
            }
        }
    }
    let stopped = relocate_entries(ctx, ptr::required(dict), &from, function);
    if let Some(key) = stopped {
        ptr::put(seek_to, ModuleString::create(&key));
    }
    moved
}

/// Goes through the entries from a key on; the key to go on from, if that takes too long.
fn relocate_entries(
    ctx: *mut DefragCtx<'_>,
    dict: &mut Dict,
    from: &[u8],
    function: Option<DictValueFunc>,
) -> Option<Vec<u8>> {
    for (index, (key, value)) in dict.entries_from(from).enumerate() {
        // One is moved at least, so that there is an end.
        if index > 0 && ptr::required(ctx).should_stop() {
            return Some(key.to_vec());
        }
        let Some(function) = function else { continue };
        let mut new = std::ptr::null_mut();
        let bytes = key.as_ptr().cast_mut();
        // SAFETY: the function is the module's own with this signature; the key outlives the call.
        let more = unsafe { function(ctx, *value as *mut c_void, bytes, key.len(), &raw mut new) };
        if !new.is_null() {
            *value = new as usize;
        }
        if more != 0 {
            return Some(key.to_vec());
        }
    }
    None
}

extern "C" fn defrag_should_stop(ctx: *mut DefragCtx<'_>) -> c_int {
    c_int::from(ptr::required(ctx).should_stop())
}

extern "C" fn defrag_cursor_set(ctx: *mut DefragCtx<'_>, cursor: c_ulong) -> c_int {
    match &mut ptr::required(ctx).cursor {
        Some(place) => {
            **place = cursor;
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn defrag_cursor_get(ctx: *mut DefragCtx<'_>, cursor: *mut c_ulong) -> c_int {
    match &ptr::required(ctx).cursor {
        Some(place) => {
            ptr::put(cursor, **place);
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn get_key_name(ctx: *mut DefragCtx<'_>) -> *const ModuleString {
    ptr::required(ctx).key
}

extern "C" fn get_db_id(ctx: *mut DefragCtx<'_>) -> c_int {
    ptr::required(ctx).db
}

pub fn register(table: &mut Table) {
    table.add("RegisterDefragFunc", register_defrag_func as *const ());
    table.add("RegisterDefragFunc2", register_defrag_func2 as *const ());
    table.add("RegisterDefragCallbacks", register_defrag_callbacks as *const ());
    table.add("DefragAlloc", defrag_alloc as *const ());
    table.add("DefragAllocRaw", defrag_alloc_raw as *const ());
    table.add("DefragFreeRaw", defrag_free_raw as *const ());
    table.add("DefragRedisModuleString", defrag_string as *const ());
    table.add("DefragValkeyModuleString", defrag_string as *const ());
    table.add("DefragRedisModuleDict", defrag_dict as *const ());
    table.add("DefragShouldStop", defrag_should_stop as *const ());
    table.add("DefragCursorSet", defrag_cursor_set as *const ());
    table.add("DefragCursorGet", defrag_cursor_get as *const ());
    table.add("GetKeyNameFromDefragCtx", get_key_name as *const ());
    table.add("GetDbIdFromDefragCtx", get_db_id as *const ());
}
