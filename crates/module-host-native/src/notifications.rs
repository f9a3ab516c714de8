//! Keyspace notifications to modules, and jobs after them.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::rc::Rc;
use std::sync::Arc;

use engine::State;
use engine::notify::{KeyEvent, Subscriber, SubscriberCall};
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
/// `void (*)(ctx, type, event, key, subkeys, count)`.
type FieldsFunc =
    unsafe extern "C" fn(*mut Ctx, c_int, *const c_char, StringPtr, *mut StringPtr, c_int);
/// `void (*)(ctx, key, data)`.
type KeyJobFunc = unsafe extern "C" fn(*mut Ctx, StringPtr, *mut c_void);

/// Flag of a subscription with subkeys: events without them are not told.
const SUBKEYS_REQUIRED: c_int = 1;

thread_local! {
    /// A module is told of an event.
    static TELLING: Cell<bool> = const { Cell::new(false) };
    /// A job for a key runs.
    static IN_KEY_JOB: Cell<bool> = const { Cell::new(false) };
}

/// Whether a job for a key runs, which may call no command and tell of no event.
pub fn in_key_job() -> bool {
    IN_KEY_JOB.get()
}

/// A module's function that is told of events.
#[derive(Clone, Copy)]
enum Function {
    Key(NotificationFunc),
    Fields { function: FieldsFunc, required: bool },
}

impl Function {
    fn sign(self) -> usize {
        match self {
            Function::Key(function) => function as usize,
            Function::Fields { function, required } => function as usize ^ usize::from(required),
        }
    }
}

fn tell(module: &Arc<Module>, function: Function, state: &mut State, event: KeyEvent<'_>) {
    if matches!(function, Function::Fields { required: true, .. }) && event.fields.is_empty() {
        return;
    }
    let Ok(name) = CString::new(event.event) else { return };
    let mut ctx = Ctx::of_callback(module, state);
    ctx.db = event.db;
    let class = event.class as c_int;
    let key = ModuleString::create(event.key);
    let mut fields: Vec<StringPtr> =
        event.fields.iter().map(|field| ModuleString::create(field)).collect();
    let outer = TELLING.replace(true);
    let pointer = if fields.is_empty() { std::ptr::null_mut() } else { fields.as_mut_ptr() };
    let count = fields.len() as c_int;
    module.run("notification", || match function {
        // SAFETY: the function is the module's own with this signature; event and key outlive the call.
        Function::Key(function) => unsafe {
            function(&raw mut ctx, class, name.as_ptr(), key);
        },
        // SAFETY: as above, and so do the fields.
        Function::Fields { function, .. } => unsafe {
            function(&raw mut ctx, class, name.as_ptr(), key, pointer, count);
        },
    });
    TELLING.set(outer);
    fields.into_iter().for_each(crate::strings::release);
    crate::strings::release(key);
}

fn subscribe(ctx: *mut Ctx, classes: c_int, function: Function) -> c_int {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let owner = module.id;
    let active = Cell::new(false);
    let call: SubscriberCall = Rc::new(move |state, event| {
        // What a callback changes is not told to itself, unless its module wants that.
        if active.get() && module.options.get() & ALLOW_NESTED == 0 {
            return;
        }
        let outer = active.replace(true);
        tell(&module, function, state, event);
        active.set(outer);
    });
    let wants_fields = matches!(function, Function::Fields { .. });
    let (sign, classes) = (function.sign(), classes as u32);
    let state = ctx.state();
    state.subscribers.push(Subscriber { owner, sign, classes, wants_fields, call });
    state.refresh_notify_classes();
    status::OK
}

fn unsubscribe(ctx: *mut Ctx, classes: c_int, function: Function) -> c_int {
    let ctx = ptr::required(ctx);
    let (owner, sign, classes) = (ctx.module().id, function.sign(), classes as u32);
    let state = ctx.state();
    let before = state.subscribers.len();
    state
        .subscribers
        .retain(|known| known.owner != owner || known.classes != classes || known.sign != sign);
    state.refresh_notify_classes();
    if state.subscribers.len() < before { status::OK } else { status::ERR }
}

extern "C" fn subscribe_to_keyspace_events(
    ctx: *mut Ctx,
    classes: c_int,
    function: NotificationFunc,
) -> c_int {
    subscribe(ctx, classes, Function::Key(function))
}

extern "C" fn unsubscribe_from_keyspace_events(
    ctx: *mut Ctx,
    classes: c_int,
    function: NotificationFunc,
) -> c_int {
    unsubscribe(ctx, classes, Function::Key(function))
}

fn with_fields(function: FieldsFunc, flags: c_int) -> Function {
    Function::Fields { function, required: flags & SUBKEYS_REQUIRED != 0 }
}

extern "C" fn subscribe_with_subkeys(
    ctx: *mut Ctx,
    classes: c_int,
    flags: c_int,
    function: FieldsFunc,
) -> c_int {
    subscribe(ctx, classes, with_fields(function, flags))
}

extern "C" fn unsubscribe_with_subkeys(
    ctx: *mut Ctx,
    classes: c_int,
    flags: c_int,
    function: FieldsFunc,
) -> c_int {
    unsubscribe(ctx, classes, with_fields(function, flags))
}

extern "C" fn notify_with_subkeys(
    ctx: *mut Ctx,
    class: c_int,
    event: *const c_char,
    key: StringPtr,
    fields: *const StringPtr,
    count: c_int,
) -> c_int {
    if in_key_job() {
        return status::ERR;
    }
    let ctx = ptr::required(ctx);
    let fields = ptr::slice(fields, usize::try_from(count).unwrap_or(0));
    let fields = fields.iter().map(|field| bytes_of(*field));
    ctx.state().notify_fields(class as u32, &ptr::c_text(event), ctx.db, bytes_of(key), fields);
    status::OK
}

extern "C" fn notify_keyspace_event(
    ctx: *mut Ctx,
    class: c_int,
    event: *const c_char,
    key: StringPtr,
) -> c_int {
    if in_key_job() {
        return status::ERR;
    }
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

extern "C" fn add_post_notification_job_for_key(
    ctx: *mut Ctx,
    function: KeyJobFunc,
    key: StringPtr,
    data: *mut c_void,
    free: Option<FreeFunc>,
) -> c_int {
    if !TELLING.get() || in_key_job() {
        return status::ERR;
    }
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let db = ctx.db;
    let key = bytes_of(key).to_vec();
    ctx.state().add_key_job(Box::new(move |state| {
        let mut ctx = Ctx::of_callback(&module, state);
        ctx.db = db;
        let key = ModuleString::create(&key);
        IN_KEY_JOB.set(true);
        // SAFETY: the functions are the module's own with these signatures, and the data is what it gave with them.
        module.run("post notification job", || unsafe {
            function(&raw mut ctx, key, data);
            if let Some(free) = free {
                free(data);
            }
        });
        IN_KEY_JOB.set(false);
        crate::strings::release(key);
    }));
    status::OK
}

/// Takes out everything of a module that is unloaded.
pub fn forget_module(state: &mut State, module: &Arc<Module>) {
    state.subscribers.retain(|known| known.owner != module.id);
    state.refresh_notify_classes();
    crate::hooks::forget_module(state, module);
}

pub fn register(table: &mut Table) {
    table.add("SubscribeToKeyspaceEvents", subscribe_to_keyspace_events as *const ());
    table.add("UnsubscribeFromKeyspaceEvents", unsubscribe_from_keyspace_events as *const ());
    table.add("SubscribeToKeyspaceEventsWithSubkeys", subscribe_with_subkeys as *const ());
    table.add("UnsubscribeFromKeyspaceEventsWithSubkeys", unsubscribe_with_subkeys as *const ());
    table.add("NotifyKeyspaceEventWithSubkeys", notify_with_subkeys as *const ());
    table.add("AddPostNotificationJobForKey", add_post_notification_job_for_key as *const ());
    table.add("NotifyKeyspaceEvent", notify_keyspace_event as *const ());
    table.add("GetNotifyKeyspaceEvents", get_notify_keyspace_events as *const ());
    table.add("AddPostNotificationJob", add_post_notification_job as *const ());
}
