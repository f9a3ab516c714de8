//! What functions of the Module API leave in `errno`.

use std::ffi::c_int;

pub fn set_errno(number: c_int) {
    // SAFETY: the address of this thread's errno is always valid.
    unsafe { *libc::__errno_location() = number };
}
