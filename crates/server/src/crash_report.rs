//! The crash report: what a person needs to find the fault, written in the shape that tools for Redis logs know.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use sys::crash::handler::Fault;
use sys::crash::{self, stack, threads};
use sys::watch::Reason;

use crate::crash_sections as sections;
use crate::log;

/// Switches of the report, set from the configuration: read in a handler, hence atomics.
#[derive(Debug)]
pub struct Switches {
    /// `crash-log-enabled`.
    pub enabled: AtomicBool,
    /// `crash-memcheck-enabled`.
    pub memory_test: AtomicBool,
    /// `hide-user-data-from-log`.
    pub hide_user_data: AtomicBool,
    /// `use-exit-on-panic`.
    pub exit_on_panic: AtomicBool,
}

pub static SWITCHES: Switches = Switches {
    enabled: AtomicBool::new(true),
    memory_test: AtomicBool::new(true),
    hide_user_data: AtomicBool::new(false),
    exit_on_panic: AtomicBool::new(false),
};

static STARTED: AtomicBool = AtomicBool::new(false);

/// Longest time the report may take before the process ends without the rest of it.
const REPORT_SECONDS_MAX: u32 = 20;

/// Takes over fatal signals, panics and failed assertions.
pub fn install() -> std::io::Result<()> {
    threads::prepare()?;
    crash::handler::install(on_fault)?;
    crash::set_on_assertion(on_assertion);
    std::panic::set_hook(Box::new(on_panic));
    Ok(())
}

/// A line of the log at warning level, whatever the configured level: reports are always written.
fn say(text: &str) {
    let line = format!("{}# {text}\n", log::prefix(sys::clock::realtime_ms()));
    log::write_raw(line.as_bytes());
}

fn begin() {
    if !STARTED.swap(true, Ordering::SeqCst) {
        log::write_raw(b"\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
        sys::crash::handler::end_after(REPORT_SECONDS_MAX);
    }
}

fn end() {
    log::write_raw(
        b"\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n\
       This server is Bulkhead, not Redis. Please report the lines above to the Bulkhead project. If a module is named\n\
       at the top, its authors are the ones to ask first. Memory that fails is a frequent cause of crashes that nobody\n\
       else has: `bulkhead-server --test-memory <megabytes>` tests it once the server is stopped.\n\n",
    );
}

/// A fatal signal has come.
fn on_fault(fault: &Fault<'_>) {
    let name = sys::signals::name(fault.signal);
    if !SWITCHES.enabled.load(Ordering::Relaxed) {
        say(&format!("Crashed by signal {} ({name}); crash-log-enabled is no.", fault.signal));
        return;
    }
    begin();
    if fault.depth > 0 {
        say("Crashed running signal handler. Providing reduced version of recursive crash report.");
    }
    // A signal sent by a process says nothing about the code that happened to run.
    attribute(if fault.sender_pid.is_some() { 0 } else { fault.instruction_pointer() }, name);
    say(&format!(
        "Redis {} (Bulkhead {}) crashed by signal: {}, si_code: {}",
        crate::version::REDIS_VERSION,
        env!("CARGO_PKG_VERSION"),
        fault.signal,
        fault.code
    ));
    if matches!(fault.signal, sys::signals::SIGSEGV | sys::signals::SIGBUS) && fault.code > 0 {
        say(&format!("Accessing address: {:#x}", fault.address));
    }
    if let Some(pid) = fault.sender_pid {
        say(&format!("Killed by PID: {pid}"));
    }
    say(&format!("Crashed running the instruction at: {:#x}", fault.instruction_pointer()));
    if fault.depth > 0 {
        if fault.depth > 1 {
            end();
            return;
        }
        write_stack(Some(fault), fault.depth);
    } else {
        write_stack(Some(fault), 0);
        write_registers(fault);
        sections::write_all(fault.instruction_pointer());
    }
    end();
}

/// An assertion of the server or of a module does not hold.
fn on_assertion(expression: &str, file: &str, line: u32) -> ! {
    let depth = crash::handler::begin_report();
    if SWITCHES.enabled.load(Ordering::Relaxed) {
        begin();
        let recursive = if depth > 0 { "RECURSIVE " } else { "" };
        if depth == 0 {
            sections::write_request("=== CLIENT CONTEXT OF THE ASSERTION ===", " = ");
        }
        attribute(0, "a failed assertion");
        say(&format!("=== {recursive}ASSERTION FAILED ==="));
        say(&format!("==> {file}:{line} '{expression}' is not true"));
        if depth < 2 {
            write_stack(None, depth);
        }
        if depth == 0 {
            sections::write_all(0);
        }
        end();
    }
    leave()
}

/// A panic of our own code: a broken invariant.
fn on_panic(info: &std::panic::PanicHookInfo<'_>) {
    let depth = crash::handler::begin_report();
    let message = info
        .payload()
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| info.payload().downcast_ref::<String>().cloned())
        .unwrap_or_default();
    let place = info
        .location()
        .map_or_else(String::new, |place| format!("{}:{}", place.file(), place.line()));
    if SWITCHES.enabled.load(Ordering::Relaxed) {
        begin();
        attribute(0, "a panic");
        say("------------------------------------------------");
        say("!!! Software Failure. Press left mouse button to continue");
        say(&format!("Guru Meditation: {message} #{place}"));
        say(&format!("panicked at {place}: {message}"));
        say("------------------------------------------------");
        if depth < 2 {
            write_stack(None, depth);
        }
        if depth == 0 {
            sections::write_all(0);
        }
        end();
    } else {
        say(&format!("panicked at {place}: {message}"));
    }
    leave()
}

fn leave() -> ! {
    if SWITCHES.exit_on_panic.load(Ordering::Relaxed) {
        sys::process::exit_now(1);
    }
    crash::handler::die_of(sys::signals::SIGABRT)
}

/// The first line of a report in which a module has a part.
fn attribute(instruction: usize, cause: &str) {
    let object = (instruction != 0)
        .then(|| stack::object_of(instruction))
        .flatten()
        .filter(|object| object.path.contains(".so"));
    let place =
        object.as_ref().map(|object| format!("{} +{:#x}", object.path, instruction - object.base));
    match (crash::running(), place) {
        (Some(running), place) => {
            let place = place.map_or_else(String::new, |place| format!(" at {place}"));
            say(&format!(
                "Module '{}' was running ({}) when the server ended by {cause}{place}",
                running.module, running.function
            ));
        }
        (None, Some(place)) => {
            say(&format!("The server ended by {cause} in a shared object: {place}"));
        }
        (None, None) => {}
    }
}

fn write_stack(fault: Option<&Fault<'_>>, depth: usize) {
    let head = if depth == 0 {
        "\n------ STACK TRACE ------\n"
    } else {
        "\n------ STACK TRACE (recursive) ------\n"
    };
    log::write_raw(head.as_bytes());
    if let Some(fault) = fault {
        let mut text = String::from("EIP:\n");
        for line in stack::describe(fault.instruction_pointer(), false) {
            text.push_str(&line);
            text.push('\n');
        }
        log::write_raw(text.as_bytes());
    }
    let own = sys::crash::handler::thread_id();
    let frames = stack::frames();
    // What the handler itself has called stands above the fault and tells nothing.
    let from = fault.and_then(|fault| {
        frames.iter().position(|frame| frame.address == fault.instruction_pointer())
    });
    let shown = frames.get(from.unwrap_or(0)..).unwrap_or_default();
    write_frames(own, &threads::thread_name(own), shown, " *");
    if depth == 0 {
        for thread in threads::others(1000) {
            if thread.timed_out {
                log::write_raw(
                    format!("\n{} {}: no answer\n", thread.thread, thread.name).as_bytes(),
                );
            } else {
                write_frames(thread.thread, &thread.name, &thread.frames, "");
            }
        }
    }
    log::write_raw(b"\n------ STACK TRACE DONE ------\n");
}

/// One thread's frames, line by line, so that a fault while they are named loses only the rest.
pub fn write_frames(thread: i32, name: &str, frames: &[stack::Frame], mark: &str) {
    log::write_raw(format!("\n{thread} {name}{mark}\n").as_bytes());
    for frame in frames {
        let mut text = String::new();
        for line in stack::describe(frame.address, true) {
            text.push_str(&line);
            text.push('\n');
        }
        log::write_raw(text.as_bytes());
    }
}

fn write_registers(fault: &Fault<'_>) {
    log::write_raw(b"\n------ REGISTERS ------\n");
    let mut text = String::new();
    for row in fault.registers().chunks(4) {
        for (name, value) in row {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name}:{value:016x} ");
        }
        text.push('\n');
    }
    say(text.trim_end());
    if SWITCHES.hide_user_data.load(Ordering::Relaxed) {
        say("hide-user-data-from-log is on, skip logging stack content to avoid spilling PII.");
        return;
    }
    for (address, word) in fault.stack_words(16).iter().rev() {
        say(&format!("({address:016x}) -> {word:016x}"));
    }
}

/// DEBUG SEGFAULT and its like.
pub fn crash_on_purpose(kind: &str) {
    match kind {
        "segfault" => sys::crash::handler::segfault(),
        "assert" => crash::assertion_failed("1 == 2", file!(), line!()),
        _ => panic!("Panic called at Unix time {}", sys::clock::realtime_ms() / 1000),
    }
}

/// The stacks of all threads of a process that goes on. Runs on the thread that watches.
pub fn on_watch(reason: Reason, main_thread: i32) {
    log::write_raw(b"\n");
    match reason {
        Reason::Asked { sender_pid } => {
            say("Received SIGALRM");
            if sender_pid != 0 {
                say(&format!("Sent by PID: {sender_pid}"));
            }
        }
        Reason::Late => say("--- WATCHDOG TIMER EXPIRED ---"),
    }
    log::write_raw(b"\n------ STACK TRACE ------\n");
    for thread in threads::others(1000) {
        let mark = if thread.thread == main_thread { " *" } else { "" };
        if thread.timed_out {
            log::write_raw(format!("\n{} {}: no answer\n", thread.thread, thread.name).as_bytes());
        } else {
            write_frames(thread.thread, &thread.name, &thread.frames, mark);
        }
    }
    log::write_raw(b"\n------ STACK TRACE DONE ------\n");
    say("--------");
}
