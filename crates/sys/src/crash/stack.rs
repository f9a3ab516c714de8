//! Stack traces: the frames of this thread, each with the name, file and line that can be found for it.

use std::ffi::CStr;
use std::fmt::Write as _;

/// One frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub address: usize,
}

/// The return addresses of this thread, innermost first. From a signal handler this goes on through the signal's frame
/// into the interrupted code.
pub fn frames() -> Vec<Frame> {
    const FRAMES_MAX: usize = 100;
    let mut frames = Vec::with_capacity(FRAMES_MAX);
    // SAFETY: the unsynchronised form is wanted: the lock of the other one may be held by the interrupted code. No
    // other thread walks stacks while the report is written.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            frames.push(Frame { address: frame.ip() as usize });
            frames.len() < FRAMES_MAX
        });
    }
    frames
}

/// The shared object that holds an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub path: String,
    pub base: usize,
    /// The nearest exported name and how far the address is behind it.
    pub symbol: Option<(String, usize)>,
}

/// Finds the object by the loader's list; reads no files.
pub fn object_of(address: usize) -> Option<Object> {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: `info` is valid for the call; the address is only compared.
    if unsafe { libc::dladdr(address as *const libc::c_void, &raw mut info) } == 0 {
        return None;
    }
    let text = |pointer: *const libc::c_char| {
        if pointer.is_null() {
            return None;
        }
        // SAFETY: the loader's strings are terminated and live as long as the object is loaded.
        Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
    };
    let symbol =
        text(info.dli_sname).map(|name| (name, address.saturating_sub(info.dli_saddr as usize)));
    Some(Object { path: text(info.dli_fname)?, base: info.dli_fbase as usize, symbol })
}

/// A line for an address as backtrace_symbols has it, with file and line where debug information is at hand:
/// `path(name+0x12)[0x55…] at file:line`. Inlined functions come as lines of their own, innermost first.
pub fn describe(address: usize, is_return_address: bool) -> Vec<String> {
    let object = object_of(address);
    let path = object.as_ref().map_or("?", |object| object.path.as_str());
    // The instruction that called stands before the one that is returned to.
    let looked_up = if is_return_address { address.saturating_sub(1) } else { address };
    let mut lines = Vec::new();
    // SAFETY: the unsynchronised form is wanted, as in `frames`.
    unsafe {
        backtrace::resolve_unsynchronized(looked_up as *mut std::ffi::c_void, |symbol| {
            let Some(name) = symbol.name() else { return };
            let offset = symbol.addr().map_or(0, |start| address.saturating_sub(start as usize));
            let mut line = format!("{path}({name:#}+{offset:#x})[{address:#x}]");
            if let (Some(file), Some(number)) = (symbol.filename(), symbol.lineno()) {
                // Writing to a String cannot fail.
                let _ = write!(line, " at {}:{number}", file.display());
            }
            lines.push(line);
        });
    }
    if lines.is_empty() {
        let place = match object.as_ref().and_then(|object| object.symbol.as_ref()) {
            Some((name, offset)) => format!("{name}+{offset:#x}"),
            None => {
                let base = object.as_ref().map_or(address, |object| object.base);
                format!("+{:#x}", address.saturating_sub(base))
            }
        };
        lines.push(format!("{path}({place})[{address:#x}]"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn a_function_with_a_name() -> Vec<Frame> {
        frames()
    }

    #[test]
    fn own_functions_are_named() {
        let text: String = a_function_with_a_name()
            .iter()
            .flat_map(|frame| describe(frame.address, true))
            .map(|line| line + "\n")
            .collect();
        assert!(text.contains("a_function_with_a_name"), "{text}");
    }
}
