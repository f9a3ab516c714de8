//! Leaving a module's reader that cannot go on: one that does not ask for errors takes what it reads unseen, and would crash.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};

unsafe extern "C" {
    fn bulkhead_guard_reader(
        call: extern "C" fn(*mut c_void),
        data: *mut c_void,
        place: *mut *mut c_void,
    ) -> c_int;
    fn bulkhead_leave_reader(place: *mut c_void) -> !;
}

/// A reader that runs, as those see it who end it.
#[derive(Clone, Copy)]
struct Guard {
    /// Where to go on; the frame is there as long as the guard is.
    place: *mut c_void,
    /// What runs inside the reader itself, as opposed to something that it calls.
    running: usize,
}

thread_local! {
    static GUARD: Cell<Option<Guard>> = const { Cell::new(None) };
    static REASON: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What is called within the guard, and what it returned.
struct Call<'a, R> {
    call: Option<&'a mut dyn FnMut() -> R>,
    result: Option<R>,
    place: *mut c_void,
    outer: Option<Guard>,
}

extern "C" fn begin<R>(data: *mut c_void) {
    let call: &mut Call<'_, R> = crate::ptr::required(data.cast());
    GUARD.set(Some(Guard { place: call.place, running: sys::crash::running_mark() }));
    if let Some(function) = call.call.take() {
        let result = function();
        GUARD.set(call.outer);
        call.result = Some(result);
    }
}

/// Calls a reader of a module; the reason if it was left by [`leave`]. `call` must do nothing but call the module: what it
/// has on its stack then is never dropped.
pub fn guarded<R>(mut call: impl FnMut() -> R) -> Result<R, String> {
    let mut guarded = Call {
        call: Some(&mut call),
        result: None,
        place: std::ptr::null_mut(),
        outer: GUARD.get(),
    };
    let pointer: *mut Call<'_, R> = &raw mut guarded;
    // SAFETY: the pointers are valid during the call. The place is set before `begin` reads it, and used only while the
    // frame is there that it names: the guard goes back to the outer one on both ways out. Between that frame and the one
    // that leaves are only `begin` with the closure, which hold nothing that is to be dropped, and frames of the module.
    let left = unsafe {
        let place = &raw mut (*pointer).place;
        bulkhead_guard_reader(begin::<R>, pointer.cast(), place)
    };
    GUARD.set(guarded.outer);
    match guarded.result {
        Some(result) if left == 0 => Ok(result),
        _ => Err(REASON.take()),
    }
}

/// Ends the reader that runs on this thread, if one does and has called straight to here: it never comes back to it, and
/// what it has taken of memory is lost. Returns otherwise.
pub fn leave(reason: &str) {
    let Some(guard) = GUARD.get() else { return };
    // Frames of our own, or a lock, may lie between: these must not be jumped over.
    if guard.running != sys::crash::running_mark() {
        return;
    }
    REASON.with_borrow_mut(|kept| {
        kept.clear();
        kept.push_str(reason);
    });
    // SAFETY: the guard is set on this thread as long as the frame of the place is there. What lies between is the module's
    // own, or a function of the API whose last act is this one.
    unsafe { bulkhead_leave_reader(guard.place) }
}
