//! Contexts for threads of modules, and the lock that such a thread holds while it works on the data.

use std::ffi::c_int;

use module_abi::status;

use crate::blocking::BlockedClient;
use crate::context::{Ctx, Kind};
use crate::ptr;
use crate::table::Table;

extern "C" fn get_thread_safe_context(blocked: *mut BlockedClient) -> *mut Ctx {
    let Some(blocked) = ptr::reference(blocked) else {
        let ctx = Ctx::new(None, Kind::ThreadSafe, std::ptr::null_mut(), std::ptr::null_mut());
        return Box::into_raw(Box::new(ctx));
    };
    let mut ctx = Ctx::new(
        Some(blocked.module.clone()),
        Kind::ThreadSafe,
        std::ptr::null_mut(),
        &raw mut blocked.reply,
    );
    ctx.db = blocked.db;
    ctx.blocked = blocked;
    Box::into_raw(Box::new(ctx))
}

extern "C" fn get_detached_thread_safe_context(ctx: *mut Ctx) -> *mut Ctx {
    let module = ptr::required(ctx).module.clone();
    let ctx = Ctx::new(module, Kind::ThreadSafe, std::ptr::null_mut(), std::ptr::null_mut());
    Box::into_raw(Box::new(ctx))
}

extern "C" fn free_thread_safe_context(ctx: *mut Ctx) {
    let Some(mut ctx) = ptr::take_back(ctx) else { return };
    if ctx.holds_client() && !crate::gil::is_held_here() {
        // Its client belongs to the state, which only the holder of the lock may change.
        crate::gil::lock();
        ctx.finish();
        crate::gil::unlock();
    }
}

extern "C" fn thread_safe_context_lock(_ctx: *mut Ctx) {
    crate::gil::lock();
    crate::host::state_in_use().begin_unit();
}

extern "C" fn thread_safe_context_try_lock(_ctx: *mut Ctx) -> c_int {
    if !crate::gil::try_lock() {
        return status::ERR;
    }
    crate::host::state_in_use().begin_unit();
    status::OK
}

extern "C" fn thread_safe_context_unlock(_ctx: *mut Ctx) {
    crate::host::state_in_use().end_unit_of_thread();
    crate::gil::unlock();
    // What was changed under the lock is committed, and written, by the main thread.
    crate::blocking::wake();
}

pub fn register(table: &mut Table) {
    table.add("GetThreadSafeContext", get_thread_safe_context as *const ());
    table.add("GetDetachedThreadSafeContext", get_detached_thread_safe_context as *const ());
    table.add("FreeThreadSafeContext", free_thread_safe_context as *const ());
    table.add("ThreadSafeContextLock", thread_safe_context_lock as *const ());
    table.add("ThreadSafeContextTryLock", thread_safe_context_try_lock as *const ());
    table.add("ThreadSafeContextUnlock", thread_safe_context_unlock as *const ());
}
