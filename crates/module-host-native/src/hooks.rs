//! Server events: modules subscribe, and are told with the structures of the Module API.

use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::Arc;

use engine::State;
use engine::server_event::ServerEvent;
use module_abi::status;

use crate::context::Ctx;
use crate::module::Module;
use crate::ptr;
use crate::shared::Shared;
use crate::table::Table;

/// `void (*)(ctx, event, sub_event, data)`.
type EventFunc = unsafe extern "C" fn(*mut Ctx, Event, u64, *mut c_void);

/// `RedisModuleEvent`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Event {
    id: u64,
    data_version: u64,
}

/// Numbers of the events that are told.
mod event {
    pub const FLUSHDB: u64 = 2;
    pub const CLIENT_CHANGE: u64 = 4;
    pub const SHUTDOWN: u64 = 5;
    pub const CRON_LOOP: u64 = 8;
    pub const MODULE_CHANGE: u64 = 9;
    pub const SWAPDB: u64 = 11;
    pub const CONFIG: u64 = 16;
}

/// Sub-events of each event, by its number.
const SUB_EVENTS: [i64; 19] = [2, 6, 2, 5, 2, 0, 2, 2, 0, 2, 2, 0, 3, 2, 3, 2, 1, 4, 7];

/// The version of every structure below.
const VERSION: u64 = 1;

/// `RedisModuleFlushInfo`.
#[repr(C)]
struct FlushInfo {
    version: u64,
    sync: i32,
    db: i32,
}

/// `RedisModuleModuleChange`.
#[repr(C)]
struct ModuleChange {
    version: u64,
    name: *const c_char,
    module_version: i32,
}

/// `RedisModuleCronLoop`.
#[repr(C)]
struct CronLoop {
    version: u64,
    hz: i32,
}

/// `RedisModuleSwapDbInfo`.
#[repr(C)]
struct SwapDb {
    version: u64,
    first: i32,
    second: i32,
}

/// `RedisModuleConfigChange`.
#[repr(C)]
struct ConfigChange {
    version: u64,
    count: u32,
    names: *const *const c_char,
}

struct Hook {
    module: Arc<Module>,
    event: Event,
    function: EventFunc,
}

/// Hooks of all modules.
static HOOKS: Shared<Vec<Hook>> = Shared::new();

extern "C" fn subscribe_to_server_event(
    ctx: *mut Ctx,
    event: Event,
    function: Option<EventFunc>,
) -> c_int {
    let module = ptr::required(ctx).module().clone();
    if usize::try_from(event.id).is_ok_and(|id| id >= SUB_EVENTS.len()) {
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

extern "C" fn is_sub_event_supported(event: Event, sub_event: i64) -> c_int {
    let known = usize::try_from(event.id).ok().and_then(|id| SUB_EVENTS.get(id));
    c_int::from(known.is_some_and(|count| sub_event < *count))
}

/// Calls all that subscribed to an event.
fn fire(state: &mut State, id: u64, sub_event: u64, data: *mut c_void) {
    let subscribed: Vec<(Arc<Module>, Event, EventFunc)> = HOOKS.with(|hooks| {
        hooks
            .iter()
            .filter(|hook| hook.event.id == id)
            .map(|hook| (hook.module.clone(), hook.event, hook.function))
            .collect()
    });
    for (module, event, function) in subscribed {
        let mut ctx = Ctx::of_callback(&module, state);
        // SAFETY: the function is the module's own with this signature; the data is of the event's kind and outlives the call.
        module.run("server event", || unsafe { function(&raw mut ctx, event, sub_event, data) });
    }
}

/// Tells modules of an event of the server.
pub fn tell(state: &mut State, event: &ServerEvent) {
    match event {
        ServerEvent::FlushDb { begins, db, lazy } => {
            let db = db.map_or(-1, |db| db as i32);
            let mut info = FlushInfo { version: VERSION, sync: i32::from(!lazy), db };
            fire(state, event::FLUSHDB, u64::from(!begins), (&raw mut info).cast());
        }
        ServerEvent::ClientChange { client, connected } => {
            let Some(mut info) = crate::server::client_info(state, *client) else { return };
            let sub_event = u64::from(!connected);
            fire(state, event::CLIENT_CHANGE, sub_event, (&raw mut info).cast());
        }
        ServerEvent::CronLoop { hz } => {
            let mut info = CronLoop { version: VERSION, hz: *hz };
            fire(state, event::CRON_LOOP, 0, (&raw mut info).cast());
        }
        ServerEvent::SwapDb { first, second } => {
            let (first, second) = (*first as i32, *second as i32);
            let mut info = SwapDb { version: VERSION, first, second };
            fire(state, event::SWAPDB, 0, (&raw mut info).cast());
        }
        // Setting parameters to what they are changes nothing, and modules read the first name unasked.
        ServerEvent::ConfigChange { names } if names.is_empty() => {}
        ServerEvent::ConfigChange { names } => {
            let names: Vec<CString> =
                names.iter().filter_map(|name| CString::new(name.as_str()).ok()).collect();
            let pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
            let count = pointers.len() as u32;
            let mut info = ConfigChange { version: VERSION, count, names: pointers.as_ptr() };
            fire(state, event::CONFIG, 0, (&raw mut info).cast());
        }
        ServerEvent::Shutdown => fire(state, event::SHUTDOWN, 0, std::ptr::null_mut()),
    }
}

/// Tells modules that one has been loaded or unloaded.
pub fn tell_module_change(state: &mut State, module: &Module, loaded: bool) {
    let Ok(name) = CString::new(module.name()) else { return };
    let module_version = module.version.get();
    let mut info = ModuleChange { version: VERSION, name: name.as_ptr(), module_version };
    fire(state, event::MODULE_CHANGE, u64::from(!loaded), (&raw mut info).cast());
}

/// Takes out the hooks of a module that is unloaded.
pub fn forget_module(module: &Arc<Module>) {
    HOOKS.with(|hooks| hooks.retain(|hook| !Arc::ptr_eq(&hook.module, module)));
}

pub fn register(table: &mut Table) {
    table.add("SubscribeToServerEvent", subscribe_to_server_event as *const ());
    table.add("IsSubEventSupported", is_sub_event_supported as *const ());
}
