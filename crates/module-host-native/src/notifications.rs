//! Keyspace notifications to modules, and jobs after them.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::rc::Rc;
use std::sync::Arc;

use engine::State;
use engine::notify::Subscriber;
use module_abi::status;

use crate::context::Ctx;
use crate::module::Module;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of};
use crate::table::Table;

/// Option of a module: it hears of changes that its own notification callback makes.
const ALLOW_NESTED: c_int = 1 << 3;

/// `int (*)(ctx, type, event, key)`.
type NotificationFunc = unsafe extern "C" fn(*mut Ctx, c_int, *const c_char, StringPtr) -> c_int;
/// `void (*)(ctx, data)`.
type JobFunc = unsafe extern "C" fn(*mut Ctx, *mut c_void);
/// `void (*)(data)`.
type FreeFunc = unsafe extern "C" fn(*mut c_void);
extern "C" fn subscribe_to_keyspace_events(
    ctx: *mut Ctx,
    classes: c_int,
    function: NotificationFunc,
) -> c_int {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let owner = module.id;
    let active = Cell::new(false);
    let call = Rc::new(move |state: &mut State, class: u32, event: &str, db: usize, key: &[u8]| {
        // What a callback changes is not told to itself, unless its module wants that.
        let nested = active.get() && module.options.get() & ALLOW_NESTED == 0;
        if nested {
            return;
        }
        let outer = active.replace(true);
        let Ok(event) = CString::new(event) else { return };
        let mut ctx = Ctx::of_callback(&module, state);
        ctx.db = db;
        let key = ModuleString::create(key);
        // SAFETY: the function is the module's own with this signature; event and key outlive the call.
        module.run("notification", || unsafe {
            function(&raw mut ctx, class as c_int, event.as_ptr(), key)
        });
        crate::strings::release(key);
        active.set(outer);
    });
    let state = ctx.state();
    state.subscribers.push(Subscriber { owner, classes: classes as u32, call });
    state.refresh_notify_classes();
    status::OK
}

extern "C" fn unsubscribe_from_keyspace_events(
    ctx: *mut Ctx,
    classes: c_int,
    _function: NotificationFunc,
) -> c_int {
    let ctx = ptr::required(ctx);
    let owner = ctx.module().id;
    let state = ctx.state();
    let before = state.subscribers.len();
    state.subscribers.retain(|known| known.owner != owner || known.classes != classes as u32);
    state.refresh_notify_classes();
    if state.subscribers.len() < before { status::OK } else { status::ERR }
}

extern "C" fn notify_keyspace_event(
    ctx: *mut Ctx,
    class: c_int,
    event: *const c_char,
    key: StringPtr,
) -> c_int {
    let ctx = ptr::required(ctx);
    ctx.state().notify(class as u32, &ptr::c_text(event), ctx.db, bytes_of(key));
    status::OK
}

extern "C" fn get_notify_keyspace_events() -> c_int {
    crate::host::state_in_use().config_notify_classes as c_int
}

extern "C" fn add_post_notification_job(
    ctx: *mut Ctx,
    function: JobFunc,
    data: *mut c_void,
    free: Option<FreeFunc>,
) -> c_int {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let db = ctx.db;
    ctx.state().post_jobs.push(Box::new(move |state| {
        let mut ctx = Ctx::of_callback(&module, state);
        ctx.db = db;
        // SAFETY: the functions are the module's own with these signatures, and the data is what it gave with them.
        module.run("post notification job", || unsafe {
            function(&raw mut ctx, data);
            if let Some(free) = free {
                free(data);
            }
        });
    }));
    status::OK
}

/// Takes out everything of a module that is unloaded.
pub fn forget_module(state: &mut State, module: &Arc<Module>) {
    state.subscribers.retain(|known| known.owner != module.id);
    state.refresh_notify_classes();
    crate::hooks::forget_module(module);
}

pub fn register(table: &mut Table) {
    table.add("SubscribeToKeyspaceEvents", subscribe_to_keyspace_events as *const ());
    table.add("UnsubscribeFromKeyspaceEvents", unsubscribe_from_keyspace_events as *const ());
    table.add("NotifyKeyspaceEvent", notify_keyspace_event as *const ());
    table.add("GetNotifyKeyspaceEvents", get_notify_keyspace_events as *const ());
    table.add("AddPostNotificationJob", add_post_notification_job as *const ());
}
