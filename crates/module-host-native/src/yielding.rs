//! Letting the server live on while a module is busy: others are told that it is, and what may be called all the same is.

use std::ffi::{c_char, c_int};

use engine::state::state_flag;
use engine::{CommandError, State};

use crate::context::Ctx;
use crate::table::Table;
use crate::{gil, ptr};

/// Clients are served, too.
const FLAG_CLIENTS: c_int = 1 << 1;
const SECOND_US: u64 = 1_000_000;

extern "C" fn yield_to_server(ctx: *mut Ctx, flags: c_int, reply: *const c_char) {
    let ctx = ptr::required(ctx);
    // Whoever does not want clients to be served lets nothing happen that could not happen a little later.
    if flags & FLAG_CLIENTS == 0 {
        return;
    }
    let state = ctx.state();
    let now_us = sys::clock::monotonic_us();
    // Who loads is known to be busy, and others are told that it loads.
    let loads = state.flags & state_flag::LOADING != 0;
    let busy_after_ms = u64::try_from(state.config.busy_reply_threshold).unwrap_or(0);
    let threshold_ms = if loads { 0 } else { busy_after_ms };
    if now_us < ctx.next_yield_us.unwrap_or(ctx.made_us + threshold_ms * 1000) {
        return;
    }
    let hz = u64::try_from(state.config.hz).unwrap_or(10).max(1);
    ctx.next_yield_us = Some(now_us + SECOND_US / hz);
    if loads {
        state.serve_others();
        gil::moved_back(state);
        return;
    }
    let text = if reply.is_null() {
        "Redis is busy running a module command.".into()
    } else {
        ptr::c_text(reply)
    };
    state.begin_busy(CommandError::owned(format!("BUSY {text}").into_bytes()));
    if gil::is_held_by_main() {
        state.serve_others();
        gil::note(state);
    } else {
        let_main_thread_work(state);
    }
    ctx.state().end_busy();
}

/// The main thread takes its turn while a thread of a module, which holds the lock, waits: for it the server is busy, and
/// what the thread has begun is put aside.
fn let_main_thread_work(state: &mut State) {
    let depth = std::mem::take(&mut state.depth);
    let propagation = state.propagation.put_aside();
    crate::blocking::wake();
    gil::let_main_thread_turn();
    let state = crate::host::state_in_use();
    state.depth = depth;
    state.propagation.take_up(propagation);
}

pub fn register(table: &mut Table) {
    table.add("Yield", yield_to_server as *const ());
}
