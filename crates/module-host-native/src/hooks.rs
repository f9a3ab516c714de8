//! Server events: modules subscribe, and are told with the structures of the Module API.

use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::Arc;

use engine::State;
use engine::server_event::{FrequentEvents, KeyGoes, ServerEvent};
use module_abi::{open_mode, status};

use crate::context::{Ctx, Kind};
use crate::event_data::{
    ConfigChange, CronLoop, FlushInfo, KeyInfo, LoadingProgress, ModuleChange, ReplicationInfo,
    SUB_EVENTS, SwapDb, VERSION, event, key_sub_event, loading_sub_event, persistence_sub_event,
};
use crate::keys::Key;
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
    note_frequent(ptr::required(ctx).state());
    status::OK
}

extern "C" fn is_sub_event_supported(event: Event, sub_event: i64) -> c_int {
    let known = usize::try_from(event.id).ok().and_then(|id| SUB_EVENTS.get(id));
    c_int::from(known.is_some_and(|count| sub_event < *count))
}

/// Calls all that subscribed to an event.
fn fire(state: &mut State, id: u64, sub_event: u64, data: *mut c_void) {
    fire_in(state, 0, id, sub_event, data);
}

/// The same for an event of one database, which the callbacks' contexts have selected.
fn fire_in(state: &mut State, db: usize, id: u64, sub_event: u64, data: *mut c_void) {
    let subscribed: Vec<(Arc<Module>, Event, EventFunc)> = HOOKS.with(|hooks| {
        hooks
            .iter()
            .filter(|hook| hook.event.id == id)
            .map(|hook| (hook.module.clone(), hook.event, hook.function))
            .collect()
    });
    for (module, event, function) in subscribed {
        state.begin_unit();
        let mut ctx = Ctx::of_callback(&module, state);
        ctx.db = db;
        // SAFETY: the function is the module's own with this signature; the data is of the event's kind and outlives the call.
        module.run("server event", || unsafe { function(&raw mut ctx, event, sub_event, data) });
        drop(ctx);
        state.end_unit();
    }
}

/// Frequent events are made only if somebody subscribed to them.
fn note_frequent(state: &mut State) {
    let heard = |id: u64| HOOKS.with(|hooks| hooks.iter().any(|hook| hook.event.id == id));
    state.guests.frequent_events =
        FrequentEvents { keys: heard(event::KEY), turns: heard(event::EVENT_LOOP) };
}

/// Tells modules of an event of the server.
pub fn tell(state: &mut State, server_event: &ServerEvent) {
    let nothing = std::ptr::null_mut();
    match server_event {
        ServerEvent::RoleChange => tell_role(state),
        ServerEvent::Persistence(stage) => {
            fire(state, event::PERSISTENCE, persistence_sub_event(*stage), nothing);
        }
        ServerEvent::FlushDb { begins, db, lazy } => {
            let db = db.map_or(-1, |db| db as i32);
            let mut info = FlushInfo { version: VERSION, sync: i32::from(!lazy), db };
            fire(state, event::FLUSHDB, u64::from(!begins), (&raw mut info).cast());
        }
        ServerEvent::Loading(stage) => {
            fire(state, event::LOADING, loading_sub_event(*stage), nothing);
        }
        ServerEvent::ClientChange { client, connected } => {
            let Some(mut info) = crate::server::client_info(state, *client) else { return };
            let sub_event = u64::from(!connected);
            fire(state, event::CLIENT_CHANGE, sub_event, (&raw mut info).cast());
        }
        ServerEvent::Shutdown => fire(state, event::SHUTDOWN, 0, nothing),
        ServerEvent::ReplicaChange { online } => {
            fire(state, event::REPLICA_CHANGE, u64::from(!online), nothing);
        }
        ServerEvent::PrimaryLink { up } => {
            fire(state, event::MASTER_LINK_CHANGE, u64::from(!up), nothing);
        }
        ServerEvent::CronLoop { hz } => {
            let mut info = CronLoop { version: VERSION, hz: *hz };
            fire(state, event::CRON_LOOP, 0, (&raw mut info).cast());
        }
        ServerEvent::LoadingProgress { aof, hz, progress } => {
            let mut info = LoadingProgress { version: VERSION, hz: *hz, progress: *progress };
            fire(state, event::LOADING_PROGRESS, u64::from(*aof), (&raw mut info).cast());
        }
        ServerEvent::SwapDb { first, second } => {
            let (first, second) = (*first as i32, *second as i32);
            let mut info = SwapDb { version: VERSION, first, second };
            fire(state, event::SWAPDB, 0, (&raw mut info).cast());
        }
        ServerEvent::ForkChild { born } => {
            fire(state, event::FORK_CHILD, u64::from(!born), nothing);
        }
        ServerEvent::EventLoop { waits } => {
            fire(state, event::EVENT_LOOP, u64::from(!waits), nothing);
        }
        ServerEvent::ConfigChange { names } => tell_config_change(state, names),
        ServerEvent::KeyGoes { reason, db, key } => tell_key_goes(state, *reason, *db, key),
    }
}

fn tell_role(state: &mut State) {
    let c_string = |text: &[u8]| CString::new(text).unwrap_or_default();
    let primary = state.config.replicaof.0.clone();
    let is_primary = primary.is_none();
    let (host, port) = primary.unwrap_or_default();
    let (host, id) = (c_string(&host), c_string(state.replication_id.as_bytes()));
    let (previous, end) = state.feed.previous_id.clone().unwrap_or_default();
    let previous = c_string(previous.as_bytes());
    let mut info = ReplicationInfo {
        version: VERSION,
        is_primary: c_int::from(is_primary),
        primary_host: host.as_ptr(),
        primary_port: c_int::from(port),
        replication_id: id.as_ptr(),
        previous_id: previous.as_ptr(),
        offset: state.feed.offset,
        previous_end: end,
    };
    let sub_event = u64::from(!is_primary);
    fire(state, event::REPLICATION_ROLE_CHANGED, sub_event, (&raw mut info).cast());
}

fn tell_config_change(state: &mut State, names: &[String]) {
    // Modules read the first name unasked.
    if names.is_empty() {
        return;
    }
    let names: Vec<CString> =
        names.iter().filter_map(|name| CString::new(name.as_str()).ok()).collect();
    let pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    let count = pointers.len() as u32;
    let mut info = ConfigChange { version: VERSION, count, names: pointers.as_ptr() };
    fire(state, event::CONFIG, 0, (&raw mut info).cast());
}

fn tell_key_goes(state: &mut State, reason: KeyGoes, db: usize, key: &[u8]) {
    let mut ctx = Ctx::new(None, Kind::Callback, state, std::ptr::null_mut());
    let mode = open_mode::READ | open_mode::NOEFFECTS | open_mode::ACCESS_EXPIRED;
    let key = Key::open(&raw mut ctx, db, key, mode);
    let mut info = KeyInfo { version: VERSION, key };
    fire_in(state, db, event::KEY, key_sub_event(reason), (&raw mut info).cast());
    crate::keys::close(key);
}

/// Tells modules that one has been loaded or unloaded.
pub fn tell_module_change(state: &mut State, module: &Module, loaded: bool) {
    let Ok(name) = CString::new(module.name()) else { return };
    let module_version = module.version.get();
    let mut info = ModuleChange { version: VERSION, name: name.as_ptr(), module_version };
    fire(state, event::MODULE_CHANGE, u64::from(!loaded), (&raw mut info).cast());
}

/// Takes out the hooks of a module that is unloaded.
pub fn forget_module(state: &mut State, module: &Arc<Module>) {
    HOOKS.with(|hooks| hooks.retain(|hook| !Arc::ptr_eq(&hook.module, module)));
    note_frequent(state);
}

pub fn register(table: &mut Table) {
    table.add("SubscribeToServerEvent", subscribe_to_server_event as *const ());
    table.add("IsSubEventSupported", is_sub_event_supported as *const ());
}
