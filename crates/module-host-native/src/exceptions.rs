//! Exceptions that leave a module's function: caught at the call, so that the server goes on.

use std::ffi::{CStr, c_char, c_int, c_void};

use engine::CommandError;
use engine::effect::LogLevel;
use sys::crash::RunningModule;

use crate::context::Ctx;
use crate::host::log;
use crate::module::Module;
use crate::ptr;
use crate::strings::StringPtr;

/// `int (*)(ctx, argv, argc)`: what modules' commands and the functions that answer waiting clients are.
pub type Function = unsafe extern "C" fn(*mut Ctx, *mut StringPtr, c_int) -> c_int;

unsafe extern "C" {
    fn bulkhead_call_guarded(
        function: *const c_void,
        first: *mut c_void,
        second: *mut c_void,
        third: usize,
        caught: *mut *mut c_void,
    ) -> c_int;
    fn bulkhead_exception_class(exception: *mut c_void) -> u64;
    fn bulkhead_delete_exception(exception: *mut c_void);
}

/// What the last byte of its class leaves of a C++ exception, in the spelling of GNU and of LLVM, and a panic of Rust.
const CLASS_GNU: u64 = u64::from_be_bytes(*b"GNUCC++\0");
const CLASS_LLVM: u64 = u64::from_be_bytes(*b"CLNGC++\0");
const CLASS_RUST: u64 = u64::from_be_bytes(*b"MOZ\0RUST");

/// Calls a function of the module; the error to be replied if an exception left it. What the function had taken and does not
/// give back by itself on such a way out, stays taken.
pub fn guarded(
    module: &Module,
    running: &RunningModule,
    function: Function,
    ctx: &mut Ctx,
    argv: &mut [StringPtr],
) -> Result<c_int, CommandError> {
    let count = c_int::try_from(argv.len()).unwrap_or(c_int::MAX);
    let address: *const c_void = function as *const c_void;
    let (first, second) = (std::ptr::from_mut(ctx).cast(), argv.as_mut_ptr().cast());
    let mut caught = std::ptr::null_mut();
    // SAFETY: the function is the module's own with this signature; context and strings outlive the call. An exception goes
    // through frames of the module only: what it calls of ours lets none through.
    let result = module.noting_known(running, || unsafe {
        bulkhead_call_guarded(address, first, second, count as usize, &raw mut caught)
    });
    if caught.is_null() {
        return Ok(result);
    }
    let kind = end_exception(module, caught);
    let what = &running.function;
    module.stats.note_exception();
    let name = module.name();
    log(LogLevel::Warning, &format!("Module '{name}': {kind} left its function '{what}'"));
    Err(CommandError::owned(
        format!("ERR the module '{name}' has failed: {kind} left its function '{what}'")
            .into_bytes(),
    ))
}

/// What is called by [`begin`], and what it returned.
struct Call<F, R> {
    call: Option<F>,
    result: Option<R>,
}

extern "C-unwind" fn begin<F: FnOnce() -> R, R>(data: *mut c_void) -> c_int {
    let call: &mut Call<F, R> = ptr::required(data.cast());
    if let Some(function) = call.call.take() {
        call.result = Some(function());
    }
    0
}

/// Calls what calls the module; the exception that left it, to be ended.
pub fn fenced<F: FnOnce() -> R, R>(call: F) -> Result<R, *mut c_void> {
    let mut call = Call { call: Some(call), result: None };
    let (function, nothing) = (begin::<F, R> as *const c_void, std::ptr::null_mut());
    let mut caught = std::ptr::null_mut();
    // SAFETY: the pointers are valid during the call, and `begin` takes the first of them. An exception goes through frames
    // of the module, and of `begin` and the closure.
    unsafe {
        let data = (&raw mut call).cast();
        bulkhead_call_guarded(function, data, nothing, 0, &raw mut caught);
    }
    call.result.ok_or(caught)
}

/// Ends the exception; what it was.
pub fn end_exception(module: &Module, exception: *mut c_void) -> String {
    // SAFETY: the exception has just been caught, and is ended once.
    let class = unsafe { bulkhead_exception_class(exception) };
    if matches!(class & !0xff, CLASS_GNU | CLASS_LLVM)
        && let Some(type_name) = end_cpp_exception(module, exception)
    {
        return format!("a C++ exception of the type {type_name}");
    }
    // SAFETY: as above.
    unsafe { bulkhead_delete_exception(exception) };
    match class {
        CLASS_RUST => "a panic of Rust",
        _ if matches!(class & !0xff, CLASS_GNU | CLASS_LLVM) => "a C++ exception",
        _ => "an exception",
    }
    .to_owned()
}

/// Lets the C++ library that the module uses end it, which knows its type; `None` if that is not to be found.
fn end_cpp_exception(module: &Module, exception: *mut c_void) -> Option<String> {
    let find = |name: &CStr| {
        let address = module.library.symbol(name);
        (!address.is_null()).then_some(address)
    };
    let begin_catch = find(c"__cxa_begin_catch")?;
    let end_catch = find(c"__cxa_end_catch")?;
    let current_type = find(c"__cxa_current_exception_type")?;
    // SAFETY: the functions have these signatures by the C++ ABI of Itanium. The exception is one of C++, was not caught
    // before, and is caught and ended once. A `type_info` holds the address of its name behind that of its table.
    unsafe {
        let begin_catch = std::mem::transmute::<
            *mut c_void,
            extern "C" fn(*mut c_void) -> *mut c_void,
        >(begin_catch);
        let end_catch = std::mem::transmute::<*mut c_void, extern "C" fn()>(end_catch);
        let current_type = std::mem::transmute::<
            *mut c_void,
            extern "C" fn() -> *const [*const c_char; 2],
        >(current_type);
        begin_catch(exception);
        let type_info = current_type();
        let name = if type_info.is_null() {
            "unknown".to_owned()
        } else {
            readable(module, (*type_info)[1])
        };
        end_catch();
        Some(name)
    }
}

/// The name of a C++ type as it is written in programs.
fn readable(module: &Module, name: *const c_char) -> String {
    type Demangle =
        extern "C" fn(*const c_char, *mut c_char, *mut usize, *mut c_int) -> *mut c_char;
    let address = module.library.symbol(c"__cxa_demangle");
    if address.is_null() {
        return ptr::c_text(name).into_owned();
    }
    // SAFETY: the function has this signature by the C++ ABI of Itanium.
    let demangle = unsafe { std::mem::transmute::<*mut c_void, Demangle>(address) };
    let mut code = 0;
    let text = demangle(name, std::ptr::null_mut(), std::ptr::null_mut(), &raw mut code);
    if text.is_null() {
        return ptr::c_text(name).into_owned();
    }
    let written = ptr::c_text(text).into_owned();
    // SAFETY: by its contract the text is the caller's to free.
    unsafe { libc::free(text.cast()) };
    written
}
