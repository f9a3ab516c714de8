//! The server's event loop as modules use it: descriptors they wait for, and calls at its next turn.
//!
//! The main loop watches one descriptor of this host's, an epoll of its own, in which the wake descriptor and those of
//! modules are; so the server needs to know nothing of them.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

use engine::State;
use module_abi::status;
use parking_lot::Mutex;

use crate::errno::{fail, set_errno};
use crate::table::Table;

/// `void (*)(descriptor, data, mask)`.
type ReadyFunc = unsafe extern "C" fn(c_int, *mut c_void, c_int);
/// `void (*)(data)`.
type OneShotFunc = unsafe extern "C" fn(*mut c_void);

const READABLE: c_int = 1;
const WRITABLE: c_int = 2;
/// Descriptors from here on are refused, as by a server with the usual number of clients.
const DESCRIPTOR_MAX: c_int = 10_128;
/// Descriptors handled in one turn; the rest stays ready for the next.
const READY_MAX: usize = 64;

/// A function and the data it is given, as numbers: they cross threads.
type Callback = (ReadyFunc, usize);

#[derive(Default)]
struct Watched {
    readable: Option<Callback>,
    writable: Option<Callback>,
}

static EPOLL: AtomicI32 = AtomicI32::new(-1);
static WATCHED: Mutex<Option<HashMap<c_int, Watched>>> = Mutex::new(None);
static ONE_SHOTS: Mutex<Vec<(OneShotFunc, usize)>> = Mutex::new(Vec::new());

/// The descriptor that the main loop watches, with `wake` in it.
pub fn descriptor(wake: c_int) -> c_int {
    let known = EPOLL.load(Ordering::Acquire);
    if known >= 0 {
        return known;
    }
    // SAFETY: takes flags only.
    let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    EPOLL.store(epoll, Ordering::Release);
    control(libc::EPOLL_CTL_ADD, wake, libc::EPOLLIN as u32);
    epoll
}

fn control(operation: c_int, descriptor: c_int, events: u32) -> bool {
    let mut event = libc::epoll_event { events, u64: descriptor as u64 };
    let epoll = EPOLL.load(Ordering::Acquire);
    // SAFETY: the event is a local that outlives the call.
    unsafe { libc::epoll_ctl(epoll, operation, descriptor, &raw mut event) == 0 }
}

/// Tells the kernel what a descriptor is waited for now.
fn apply(descriptor: c_int, watched: &Watched, was_watched: bool) -> bool {
    let mut events = 0;
    if watched.readable.is_some() {
        events |= libc::EPOLLIN as u32;
    }
    if watched.writable.is_some() {
        events |= libc::EPOLLOUT as u32;
    }
    let operation = match (was_watched, events != 0) {
        (true, true) => libc::EPOLL_CTL_MOD,
        (false, true) => libc::EPOLL_CTL_ADD,
        (true, false) => libc::EPOLL_CTL_DEL,
        (false, false) => return true,
    };
    control(operation, descriptor, events)
}

/// Watches no more for functions whose addresses are those of a library that goes.
pub fn forget(is_gone: impl Fn(usize) -> bool) {
    let mut all = WATCHED.lock();
    all.get_or_insert_default().retain(|descriptor, watched| {
        let removed = [&mut watched.readable, &mut watched.writable].map(|callback| {
            callback.take_if(|(function, _)| is_gone(*function as usize)).is_some()
        });
        if removed.contains(&true) {
            apply(*descriptor, watched, true);
        }
        watched.readable.is_some() || watched.writable.is_some()
    });
    ONE_SHOTS.lock().retain(|(function, _)| !is_gone(*function as usize));
}

fn is_refused(descriptor: c_int, mask: c_int) -> bool {
    if !(0..DESCRIPTOR_MAX).contains(&descriptor) {
        set_errno(libc::ERANGE);
        return true;
    }
    if mask & !(READABLE | WRITABLE) != 0 {
        set_errno(libc::EINVAL);
        return true;
    }
    false
}

fn change(descriptor: c_int, mask: c_int, callback: Option<Callback>) -> c_int {
    let mut all = WATCHED.lock();
    let all = all.get_or_insert_default();
    let was_watched = all.contains_key(&descriptor);
    let watched = all.entry(descriptor).or_default();
    if mask & READABLE != 0 {
        watched.readable = callback;
    }
    if mask & WRITABLE != 0 {
        watched.writable = callback;
    }
    let applied = apply(descriptor, watched, was_watched);
    if watched.readable.is_none() && watched.writable.is_none() {
        all.remove(&descriptor);
    }
    if !applied && callback.is_some() {
        all.remove(&descriptor);
        return status::ERR;
    }
    set_errno(0);
    status::OK
}

extern "C" fn event_loop_add(
    descriptor: c_int,
    mask: c_int,
    function: Option<ReadyFunc>,
    data: *mut c_void,
) -> c_int {
    if is_refused(descriptor, mask) {
        return status::ERR;
    }
    let Some(function) = function else {
        return fail(libc::EINVAL);
    };
    change(descriptor, mask, Some((function, data as usize)))
}

extern "C" fn event_loop_del(descriptor: c_int, mask: c_int) -> c_int {
    if is_refused(descriptor, mask) {
        return status::ERR;
    }
    change(descriptor, mask, None)
}

extern "C" fn event_loop_add_one_shot(function: Option<OneShotFunc>, data: *mut c_void) -> c_int {
    let Some(function) = function else {
        return fail(libc::EINVAL);
    };
    ONE_SHOTS.lock().push((function, data as usize));
    crate::blocking::wake();
    set_errno(0);
    status::OK
}

/// Calls what is due. Called by the main thread when the descriptor is ready.
pub fn serve(state: &mut State, wake: c_int) {
    crate::gil::note(state);
    for (function, data) in std::mem::take(&mut *ONE_SHOTS.lock()) {
        // SAFETY: the function is a module's own with this signature, and the data is what it gave with it.
        state.as_unit(|_| unsafe { function(data as *mut c_void) });
    }
    let mut ready = [libc::epoll_event { events: 0, u64: 0 }; READY_MAX];
    let epoll = EPOLL.load(Ordering::Acquire);
    // SAFETY: there is room for as many events as are asked for.
    let count = unsafe { libc::epoll_wait(epoll, ready.as_mut_ptr(), READY_MAX as c_int, 0) };
    for event in ready.iter().take(usize::try_from(count).unwrap_or(0)) {
        let (events, descriptor) = (event.events, event.u64 as c_int);
        if descriptor == wake {
            continue;
        }
        let broken = events & (libc::EPOLLERR | libc::EPOLLHUP) as u32 != 0;
        if broken || events & libc::EPOLLIN as u32 != 0 {
            state.as_unit(|_| call(descriptor, READABLE));
        }
        if broken || events & libc::EPOLLOUT as u32 != 0 {
            state.as_unit(|_| call(descriptor, WRITABLE));
        }
    }
}

fn call(descriptor: c_int, mask: c_int) {
    let found = WATCHED.lock().as_ref().and_then(|all| {
        let watched = all.get(&descriptor)?;
        if mask == READABLE { watched.readable } else { watched.writable }
    });
    if let Some((function, data)) = found {
        // SAFETY: the function is a module's own with this signature, and the data is what it gave with it.
        unsafe { function(descriptor, data as *mut c_void, mask) };
    }
}

pub fn register(table: &mut Table) {
    table.add("EventLoopAdd", event_loop_add as *const ());
    table.add("EventLoopDel", event_loop_del as *const ());
    table.add("EventLoopAddOneShot", event_loop_add_one_shot as *const ());
}
