//! Timers: callbacks after some milliseconds.

use std::collections::HashMap;
use std::ffi::{c_int, c_longlong, c_void};
use std::rc::Rc;
use std::sync::Arc;

use module_abi::status;

use crate::context::Ctx;
use crate::module::Module;
use crate::ptr;
use crate::shared::Shared;
use crate::table::Table;

/// `void (*)(ctx, data)`.
type TimerFunc = unsafe extern "C" fn(*mut Ctx, *mut c_void);

struct Timer {
    module: Arc<Module>,
    /// The engine's name for it: when it is due, and a number.
    name: (u64, u64),
    data: *mut c_void,
}

/// Timers of all modules by the number the module knows.
static TIMERS: Shared<Timers> = Shared::new();

#[derive(Default)]
struct Timers {
    by_number: HashMap<u64, Timer>,
    next: u64,
}

extern "C" fn create_timer(
    ctx: *mut Ctx,
    period_ms: c_longlong,
    function: TimerFunc,
    data: *mut c_void,
) -> u64 {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let state = ctx.state();
    let number = TIMERS.with(|timers| {
        timers.next += 1;
        timers.next
    });
    let delay_us = u64::try_from(period_ms).unwrap_or(0).saturating_mul(1000);
    let due_us = state.clock.monotonic_us_now().saturating_add(delay_us);
    let owner = module.clone();
    let db = ctx.db;
    let call = Rc::new(move |state: &mut engine::State| {
        TIMERS.with(|timers| timers.by_number.remove(&number));
        owner.timers.set(owner.timers.get().saturating_sub(1));
        let mut ctx = Ctx::of_callback(&owner, state);
        ctx.db = db;
        // SAFETY: the function is the module's own with this signature, and the data is what it gave with it.
        owner.run("timer", || unsafe { function(&raw mut ctx, data) });
    });
    let name = state.timers.add(due_us, call);
    module.timers.set(module.timers.get() + 1);
    TIMERS.with(|timers| timers.by_number.insert(number, Timer { module, name, data }));
    number
}

extern "C" fn stop_timer(ctx: *mut Ctx, number: u64, data: *mut *mut c_void) -> c_int {
    let ctx = ptr::required(ctx);
    let own = TIMERS.with(|timers| {
        timers.by_number.get(&number).is_some_and(|timer| Arc::ptr_eq(&timer.module, ctx.module()))
    });
    if !own {
        return status::ERR;
    }
    let Some(timer) = TIMERS.with(|timers| timers.by_number.remove(&number)) else {
        return status::ERR;
    };
    ptr::put(data, timer.data);
    ctx.state().timers.remove(timer.name);
    timer.module.timers.set(timer.module.timers.get().saturating_sub(1));
    status::OK
}

extern "C" fn get_timer_info(
    ctx: *mut Ctx,
    number: u64,
    remaining_ms: *mut u64,
    data: *mut *mut c_void,
) -> c_int {
    let ctx = ptr::required(ctx);
    let now_us = ctx.state().clock.monotonic_us_now();
    TIMERS.with(|timers| {
        let timer = timers.by_number.get(&number);
        match timer.filter(|timer| Arc::ptr_eq(&timer.module, ctx.module())) {
            Some(timer) => {
                ptr::put(remaining_ms, timer.name.0.saturating_sub(now_us) / 1000);
                ptr::put(data, timer.data);
                status::OK
            }
            None => status::ERR,
        }
    })
}

/// A module goes: its timers will not be due any more.
pub fn forget_module(state: &mut engine::State, module: &Arc<Module>) {
    TIMERS.with(|timers| {
        timers.by_number.retain(|_, timer| {
            let stays = !Arc::ptr_eq(&timer.module, module);
            if !stays {
                state.timers.remove(timer.name);
            }
            stays
        });
    });
    module.timers.set(0);
}

pub fn register(table: &mut Table) {
    table.add("CreateTimer", create_timer as *const ());
    table.add("StopTimer", stop_timer as *const ());
    table.add("GetTimerInfo", get_timer_info as *const ());
}
