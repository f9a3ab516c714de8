//! Child processes of modules: a copy of the server that works on its data as of now, and tells its outcome by an exit code.

use std::ffi::{c_double, c_int, c_void};

use engine::State;
use engine::child::{ChildKind, ChildReporter};
use engine::effect::LogLevel;
use module_abi::status;
use sys::process::Forked;

use crate::shared::Shared;
use crate::table::Table;

/// `void (*)(exit_code, by_signal, data)`.
type DoneFunc = unsafe extern "C" fn(c_int, c_int, *mut c_void);

struct Child {
    process_id: i32,
    done: Option<DoneFunc>,
    data: *mut c_void,
}

/// The one child there may be.
static CHILD: Shared<Option<Child>> = Shared::new();

extern "C" fn fork(done: Option<DoneFunc>, data: *mut c_void) -> c_int {
    let state = crate::host::state_in_use();
    if state.has_child() {
        // As the system says it of what is there already.
        crate::host::log(LogLevel::Warning, "Can't fork for module: File exists");
        return -1;
    }
    let started_us = state.clock.monotonic_us_now();
    match sys::process::fork() {
        Ok(Forked::Child) => {
            if let Some(reporter) = &state.host.child_reporter {
                reporter.begin(state, ChildKind::Guest);
            }
            0
        }
        Ok(Forked::Parent { child }) => {
            CHILD.with(|known| *known = Some(Child { process_id: child, done, data }));
            state.guest_child_began(child, started_us);
            crate::host::log(LogLevel::Verbose, &format!("Module fork started pid: {child} "));
            child
        }
        Err(error) => {
            crate::host::log(LogLevel::Warning, &format!("Can't fork for module: {error}"));
            -1
        }
    }
}

extern "C" fn exit_from_child(code: c_int) -> c_int {
    with_reporter(|reporter| reporter.end());
    sys::process::exit_now(code)
}

extern "C" fn send_child_heartbeat(progress: c_double) {
    with_reporter(|reporter| reporter.progress(progress));
}

/// Does nothing in a process that is not a child.
fn with_reporter(tell: impl FnOnce(&dyn ChildReporter)) {
    if let Some(reporter) = crate::host::state_in_use().host.child_reporter.as_deref() {
        tell(reporter);
    }
}

extern "C" fn kill_fork_child(process_id: c_int) -> c_int {
    let own = CHILD.with(|child| child.take_if(|child| child.process_id == process_id).is_some());
    if !own {
        return status::ERR;
    }
    crate::host::log(LogLevel::Notice, &format!("Killing running module fork child: {process_id}"));
    // It may have ended by itself just now; either way it is waited for, so that no process is left behind.
    let _ = sys::process::kill(process_id, sys::signals::SIGUSR1);
    let _ = sys::process::wait(process_id);
    // The child may be anywhere in the module's code, where it cannot log.
    let text = format!("Module fork child {process_id} ended: Received SIGUSR1 in child");
    crate::host::log(LogLevel::Notice, &text);
    crate::host::state_in_use().guest_child_ended();
    status::OK
}

/// Ends the child, if there is one: what it does is of no use any more.
pub fn end_child(state: &mut State) {
    if let Some(child) = CHILD.with(Option::take) {
        let text = format!("Killing running module fork child: {}", child.process_id);
        crate::host::log(LogLevel::Notice, &text);
        // It may have ended by itself just now.
        let _ = sys::process::kill(child.process_id, sys::signals::SIGUSR1);
        let _ = sys::process::wait(child.process_id);
        state.guest_child_ended();
    }
}

/// A child process of the server has ended; if it was a module's, the module is told.
pub fn child_ended(state: &mut State, process_id: i32, code: Option<i32>, signal: Option<i32>) {
    let Some(child) = CHILD.with(|child| child.take_if(|child| child.process_id == process_id))
    else {
        return;
    };
    state.guest_child_ended();
    crate::gil::note(state);
    if let Some(done) = child.done {
        // SAFETY: the function is the module's own with this signature, and the data is what it gave with it.
        unsafe { done(code.unwrap_or(0), signal.unwrap_or(0), child.data) };
    }
}

pub fn register(table: &mut Table) {
    table.add("Fork", fork as *const ());
    table.add("ExitFromChild", exit_from_child as *const ());
    table.add("SendChildHeartbeat", send_child_heartbeat as *const ());
    table.add("KillForkChild", kill_fork_child as *const ());
}
