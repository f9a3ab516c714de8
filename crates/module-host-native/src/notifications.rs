//! Keyspace notifications to modules, jobs after them, and server events.

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
use crate::shared::Shared;
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
/// `void (*)(ctx, event, sub_event, data)`.
type EventFunc = unsafe extern "C" fn(*mut Ctx, ServerEvent, u64, *mut c_void);

/// `RedisModuleEvent`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ServerEvent {
    pub id: u64,
    pub data_version: u64,
}

struct Hook {
    module: Arc<Module>,
    event: ServerEvent,
    function: EventFunc,
}

/// Hooks of all modules.
static HOOKS: Shared<Vec<Hook>> = Shared::new();

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

/// Number of server events that exist.
const EVENTS: u64 = 19;

extern "C" fn subscribe_to_server_event(
    ctx: *mut Ctx,
    event: ServerEvent,
    function: Option<EventFunc>,
) -> c_int {
    let module = ptr::required(ctx).module().clone();
    if event.id >= EVENTS {
        return status::ERR;
    }
    HOOKS.with(|hooks| {
        let known = hooks
            .iter()
            .position(|hook| hook.event.id == event.id && Arc::ptr_eq(&hook.module, &module));
        match (known, function) {
            (Some(index), Some(function)) => hooks[index].function = function,
            (Some(index), None) => drop(hooks.remove(index)),
            (None, Some(function)) => hooks.push(Hook { module, event, function }),
            (None, None) => {}
        }
    });
    status::OK
}

extern "C" fn is_sub_event_supported(event: ServerEvent, sub_event: i64) -> c_int {
    /// Sub-events of each event, by its number.
    const SUB_EVENTS: [i64; EVENTS as usize] =
        [2, 6, 2, 4, 1, 2, 2, 2, 0, 2, 1, 2, 2, 4, 1, 2, 2, 7, 6];
    let known = usize::try_from(event.id).ok().and_then(|id| SUB_EVENTS.get(id));
    c_int::from(known.is_some_and(|count| sub_event < *count))
}

/// Fires a server event: all that subscribed are called.
pub fn fire(state: &mut State, id: u64, sub_event: u64, data: *mut c_void) {
    let subscribed: Vec<(Arc<Module>, ServerEvent, EventFunc)> = HOOKS.with(|hooks| {
        hooks
            .iter()
            .filter(|hook| hook.event.id == id)
            .map(|hook| (hook.module.clone(), hook.event, hook.function))
            .collect()
    });
    for (module, event, function) in subscribed {
        let mut ctx = Ctx::of_callback(&module, state);
        // SAFETY: the function is the module's own with this signature; the data is of the event's kind.
        module.run("server event", || unsafe { function(&raw mut ctx, event, sub_event, data) });
    }
}

/// Takes out everything of a module that is unloaded.
pub fn forget_module(state: &mut State, module: &Arc<Module>) {
    state.subscribers.retain(|known| known.owner != module.id);
    state.refresh_notify_classes();
    HOOKS.with(|hooks| hooks.retain(|hook| !Arc::ptr_eq(&hook.module, module)));
}

pub fn register(table: &mut Table) {
    table.add("SubscribeToKeyspaceEvents", subscribe_to_keyspace_events as *const ());
    table.add("UnsubscribeFromKeyspaceEvents", unsubscribe_from_keyspace_events as *const ());
    table.add("NotifyKeyspaceEvent", notify_keyspace_event as *const ());
    table.add("GetNotifyKeyspaceEvents", get_notify_keyspace_events as *const ());
    table.add("AddPostNotificationJob", add_post_notification_job as *const ());
    table.add("SubscribeToServerEvent", subscribe_to_server_event as *const ());
    table.add("IsSubEventSupported", is_sub_event_supported as *const ());
}
