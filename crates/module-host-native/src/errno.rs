//! What functions of the Module API leave in `errno`.

use std::ffi::c_int;

use module_abi::status;

pub fn set_errno(number: c_int) {
    // SAFETY: the address of this thread's errno is always valid.
    unsafe { *libc::__errno_location() = number };
}

/// The result of a function that failed, for this reason.
pub fn fail(number: c_int) -> c_int {
    set_errno(number);
    status::ERR
}
