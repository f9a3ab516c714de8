//! jemalloc's settings and figures by name, its report, and giving idle memory back.

use tikv_jemalloc_ctl::raw;

/// A pointer that jemalloc reads when it starts, before any thread of ours exists.
#[repr(transparent)]
pub struct Options(*const u8);

// SAFETY: the text behind the pointer is constant.
unsafe impl Sync for Options {}

/// jemalloc's options at start, under the name it looks for. More slots per thread cache: a server allocates and frees
/// small blocks of few sizes all the time, and a larger cache keeps that within the thread.
// SAFETY: jemalloc declares a weak variable of this name and type, for programs to define.
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static OPTIONS: Options =
    Options(c"tcache_nslots_small_max:1000,lg_tcache_nslots_mul:3".as_ptr().cast());

/// Reads a number by its name (`stats.active`, `arenas.page`); with a value, writes it afterwards.
pub fn number(name: &str, value: Option<u64>) -> Option<u64> {
    let name = terminated(name)?;
    let old = read_number(&name)?;
    if let Some(value) = value {
        // SAFETY: the name ends with a zero byte; jemalloc refuses a value of the wrong size.
        unsafe { raw::write(&name, usize::try_from(value).ok()?) }.ok()?;
    }
    Some(old)
}

fn read_number(name: &[u8]) -> Option<u64> {
    // SAFETY: the name ends with a zero byte; jemalloc refuses to fill a variable of the wrong size.
    if let Ok(value) = unsafe { raw::read::<usize>(name) } {
        return Some(value as u64);
    }
    // SAFETY: as above.
    if let Ok(value) = unsafe { raw::read::<u32>(name) } {
        return Some(u64::from(value));
    }
    // SAFETY: as above; read as a byte, since a truth value of jemalloc might be any.
    unsafe { raw::read::<u8>(name) }.ok().map(u64::from)
}

/// Names under which jemalloc answers with a text; it does not say so itself, and a number is no pointer.
const TEXTS: [&str; 9] = [
    "version",
    "config.malloc_conf",
    "opt.dss",
    "opt.junk",
    "opt.metadata_thp",
    "opt.percpu_arena",
    "opt.stats_print_opts",
    "opt.thp",
    "opt.zero_realloc",
];

/// Reads a text by its name (`version`).
pub fn text(name: &str) -> Option<String> {
    if !TEXTS.contains(&name) {
        return None;
    }
    let name = terminated(name)?;
    let mut value: *const libc::c_char = std::ptr::null();
    let mut len = size_of::<*const libc::c_char>();
    let place = (&raw mut value).cast();
    let none = std::ptr::null_mut();
    // SAFETY: the name ends with a zero byte, and is one of those whose answer is a pointer to a text.
    let code =
        unsafe { tikv_jemalloc_sys::mallctl(name.as_ptr().cast(), place, &raw mut len, none, 0) };
    if code != 0 || value.is_null() {
        return None;
    }
    // SAFETY: jemalloc's texts end with a zero byte and live for ever.
    Some(unsafe { std::ffi::CStr::from_ptr(value) }.to_string_lossy().into_owned())
}

/// Does what has neither argument nor answer (`thread.tcache.flush`); false for what does not exist or would take memory
/// away that is in use.
pub fn act(name: &str) -> bool {
    let harmless = ["thread.tcache.flush", "thread.idle", "thread.peak.reset"].contains(&name)
        || name.starts_with("arena.") && (name.ends_with(".purge") || name.ends_with(".decay"));
    let Some(name) = terminated(name).filter(|_| harmless) else { return false };
    let none = std::ptr::null_mut();
    // SAFETY: the name ends with a zero byte; a call without argument and result takes null pointers.
    let code = unsafe {
        tikv_jemalloc_sys::mallctl(name.as_ptr().cast(), none, std::ptr::null_mut(), none, 0)
    };
    code == 0
}

/// Figures of all memory: allocated, active, resident, in bytes, as of now.
pub fn figures() -> (u64, u64, u64) {
    // Stale figures are figures, too.
    let _ = tikv_jemalloc_ctl::epoch::advance();
    let read = |name: &str| number(name, None).unwrap_or(0);
    (read("stats.allocated"), read("stats.active"), read("stats.resident"))
}

/// Gives memory that lies idle back to the system.
pub fn purge() {
    // 4096 stands for all arenas in the names of jemalloc 5. A refusal leaves the memory where it is.
    act("arena.4096.purge");
}

/// The report for people.
pub fn report() -> String {
    let mut text = Vec::new();
    let options = tikv_jemalloc_ctl::stats_print::Options::default();
    // A report cut short is still one.
    let _ = tikv_jemalloc_ctl::stats_print::stats_print(&mut text, options);
    String::from_utf8_lossy(&text).into_owned()
}

fn terminated(name: &str) -> Option<Vec<u8>> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(0);
    (!name.as_bytes().contains(&0)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_that_do_not_exist() {
        assert_eq!(super::number("no.such.name", None), None);
        assert_eq!(super::number("a\0b", None), None);
        assert_eq!(super::text("stats.allocated"), None);
        assert_eq!(super::text("arena.0.reset"), None);
    }

    #[test]
    fn texts_and_actions() {
        assert!(super::text("version").is_some_and(|version| version.starts_with("5.")));
        assert!(super::act("thread.tcache.flush"));
        assert!(!super::act("arena.0.destroy") && !super::act("no.such.name"));
    }
}
