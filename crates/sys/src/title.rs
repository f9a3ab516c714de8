//! The process title: the argument area of the process, as `ps` and /proc/PID/cmdline show it, rewritten in place.

use std::sync::Mutex;

/// Where the kernel looks for the command line of this process.
struct Area {
    start: usize,
    bytes: usize,
}

static AREA: Mutex<Option<Area>> = Mutex::new(None);

/// Finds the area and moves the environment out of it. Call once, before other threads exist and after the arguments
/// were read; without it [`set`] does nothing.
pub fn prepare() {
    let Some((start, end)) = argument_area() else { return };
    for (name, value) in std::env::vars_os() {
        // SAFETY: the program is single-threaded this early. Setting each variable again gives it memory of its own,
        // away from the area that the title will overwrite.
        unsafe { std::env::set_var(name, value) };
    }
    if let Ok(mut area) = AREA.lock() {
        *area = Some(Area { start, bytes: end.saturating_sub(start) });
    }
}

/// The addresses between which arguments and environment lie, from /proc/self/stat.
fn argument_area() -> Option<(usize, usize)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold blanks; the numbers begin behind it, with field 3.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 2..)?.split(' ').collect();
    let field = |number: usize| fields.get(number - 3)?.trim().parse::<usize>().ok();
    let (argument_start, argument_end) = (field(48)?, field(49)?);
    let (environment_start, environment_end) = (field(50)?, field(51)?);
    let end = if environment_start == argument_end { environment_end } else { argument_end };
    (argument_start != 0 && end > argument_start).then_some((argument_start, end))
}

/// Makes `title` the command line of the process, cut to the room there is.
pub fn set(title: &str) {
    let Ok(area) = AREA.lock() else { return };
    let Some(area) = area.as_ref() else { return };
    let length = title.len().min(area.bytes.saturating_sub(1));
    let start = area.start as *mut u8;
    // SAFETY: the area is the stack memory of this process that held arguments and environment; the environment was
    // moved away in `prepare`, the arguments were read before, and nothing else refers to it. Both writes stay inside.
    unsafe {
        std::ptr::write_bytes(start, 0, area.bytes);
        std::ptr::copy_nonoverlapping(title.as_ptr(), start, length);
    }
}
