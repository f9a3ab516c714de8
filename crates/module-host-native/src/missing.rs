//! Functions of the API that are not there: what stands in their place.

use std::ffi::c_void;
use std::sync::Mutex;

static REQUESTED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// Notes that a module asked for a function which is not there.
pub fn note_requested(name: &'static str) {
    let mut requested = REQUESTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !requested.contains(&name) {
        requested.push(name);
    }
}

/// A function that may be called with any arguments: it ends the process with a report that says what was missing. The
/// load check refuses modules that use a missing function, so this is the last line of defence.
pub fn stub_address(_name: &'static str) -> *mut c_void {
    called as *const () as *mut c_void
}

extern "C" fn called() -> ! {
    sys::crash::assertion_failed(
        "a module called a function of the Module API that this server does not have",
        file!(),
        line!(),
    )
}
