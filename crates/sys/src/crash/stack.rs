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
    let base = info.dli_fbase as usize;
    let path = match own_path(base) {
        Some(path) => path,
        None => text(info.dli_fname)?,
    };
    Some(Object { path, base, symbol })
}

/// The path of the executable, if that is what lies at `base`: the loader calls it by the first argument, which the
/// process title has overwritten.
fn own_path(base: usize) -> Option<String> {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    let own = own_path as *const () as *const libc::c_void;
    // SAFETY: `info` is valid for the call; the address is that of this function.
    let found = unsafe { libc::dladdr(own, &raw mut info) } != 0;
    if !found || info.dli_fbase as usize != base {
        return None;
    }
    Some(std::fs::read_link("/proc/self/exe").ok()?.to_string_lossy().into_owned())
}

/// Commands run in files named after them (`crates/commands/src/GROUP/COMMAND.rs` or `.../COMMAND/SUBCOMMAND.rs`). A reader
/// of Redis's reports looks for the name that Redis's function has: `debugCommand`.
fn command_function(file: &str) -> Option<String> {
    let (_, inside) = file.split_once("crates/commands/src/")?;
    let command = inside.split('/').nth(1)?;
    let command = command.strip_suffix(".rs").unwrap_or(command);
    Some(format!("{command}Command"))
}

/// A line for an address as backtrace_symbols has it, with file and line where debug information is at hand:
/// `path(name)[0x55…] at file:line`. Inlined functions come as lines of their own, innermost first.
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
            let mut line = format!("{path}({name:#})[{address:#x}]");
            if let (Some(file), Some(number)) = (symbol.filename(), symbol.lineno()) {
                // Writing to a String cannot fail.
                let _ = write!(line, " at {}:{number}", file.display());
                if let Some(redis_name) = command_function(&file.to_string_lossy()) {
                    let _ = write!(line, " ({redis_name})");
                }
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
    fn command_functions_have_redis_names() {
        let name = |file| command_function(file);
        assert_eq!(
            name("/x/crates/commands/src/server/debug/sleep.rs").as_deref(),
            Some("debugCommand")
        );
        assert_eq!(name("crates/commands/src/string/get.rs").as_deref(), Some("getCommand"));
        assert_eq!(name("crates/engine/src/state.rs"), None);
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
