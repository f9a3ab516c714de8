//! Signals as events: a handler that only counts and writes one byte to a pipe the loop waits for.

use std::io;
use std::os::fd::{IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, Ordering};

/// The signals of the C library that the server speaks of, by number.
pub use libc::{
    SIGABRT, SIGALRM, SIGBUS, SIGCHLD, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGKILL, SIGPIPE, SIGSEGV,
    SIGSTOP, SIGTERM, SIGUSR1,
};

static PIPE_WRITE: AtomicI32 = AtomicI32::new(-1);
const COUNTED: usize = 32;
static COUNTS: [AtomicU32; COUNTED] = [const { AtomicU32::new(0) }; COUNTED];

/// SIGINT is not counted but ends the process at once.
static INTERRUPT_LEAVES: AtomicBool = AtomicBool::new(false);
/// The file that such an end removes, terminated; empty: none.
static LEFT_BEHIND: [AtomicU8; 64] = [const { AtomicU8::new(0) }; 64];

/// From now on SIGINT ends the process at once with exit code 1, even while the main thread is busy (`true`), or comes
/// through the pipe again (`false`).
pub fn let_interrupt_leave(on: bool) {
    INTERRUPT_LEAVES.store(on, Ordering::SeqCst);
}

/// Names a file of the working directory that an end by signal must not leave behind; `None` forgets it.
pub fn set_left_behind(name: Option<&str>) {
    let name = name.unwrap_or("").as_bytes();
    let (last, places) = match LEFT_BEHIND.split_last() {
        Some(split) => split,
        None => return,
    };
    for (index, place) in places.iter().enumerate() {
        place.store(name.get(index).copied().unwrap_or(0), Ordering::Relaxed);
    }
    last.store(0, Ordering::SeqCst);
}

/// What a person who insists gets. Only calls that a handler may make.
fn leave_at_once() -> ! {
    const WORDS: &[u8] = b"You insist... exiting now.\n";
    // SAFETY: pointer and length describe the constant.
    unsafe { libc::write(1, WORDS.as_ptr().cast(), WORDS.len()) };
    let mut name = [0_u8; 64];
    for (byte, place) in name.iter_mut().zip(&LEFT_BEHIND) {
        *byte = place.load(Ordering::Relaxed);
    }
    if name[0] != 0 {
        // SAFETY: the last byte is always zero, so the name is terminated; unlink may be called from a handler.
        unsafe { libc::unlink(name.as_ptr().cast()) };
    }
    crate::process::exit_now(1)
}

extern "C" fn note(signal: libc::c_int) {
    if signal == libc::SIGINT && INTERRUPT_LEAVES.load(Ordering::SeqCst) {
        leave_at_once();
    }
    if let Some(count) = usize::try_from(signal).ok().and_then(|index| COUNTS.get(index)) {
        count.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: __errno_location always points at the errno of this thread.
    let errno = unsafe { *libc::__errno_location() };
    let byte = signal.to_le_bytes();
    // SAFETY: one readable byte; write is async-signal-safe, and a full pipe is readable already.
    unsafe { libc::write(PIPE_WRITE.load(Ordering::Relaxed), byte.as_ptr().cast(), 1) };
    // SAFETY: as above; the interrupted code must find its own errno.
    unsafe { *libc::__errno_location() = errno };
}

/// The readable end: becomes ready when a watched signal came.
pub struct SignalPipe {
    read: OwnedFd,
}

impl SignalPipe {
    /// Opens the pipe. A process has one; a second one takes the signals over.
    pub fn new() -> io::Result<SignalPipe> {
        let (read, write) = crate::file::pipe()?;
        // The handler of the signals has it to the end.
        PIPE_WRITE.store(write.into_raw_fd(), Ordering::Relaxed);
        Ok(SignalPipe { read })
    }

    pub fn as_raw_fd(&self) -> RawFd {
        use std::os::fd::AsRawFd;
        self.read.as_raw_fd()
    }

    /// Lets `signal` come through the pipe from now on.
    pub fn watch(&self, signal: i32) -> io::Result<()> {
        set_action(signal, note as *const () as libc::sighandler_t, libc::SA_RESTART)
    }

    /// Empties the pipe; the counts tell what came.
    pub fn drain(&self) {
        let mut bytes = [0_u8; 64];
        // SAFETY: pointer and length describe `bytes`.
        while unsafe { libc::read(self.as_raw_fd(), bytes.as_mut_ptr().cast(), bytes.len()) } > 0 {}
    }
}

/// How often `signal` came since the last call.
pub fn take_count(signal: i32) -> u32 {
    usize::try_from(signal)
        .ok()
        .and_then(|index| COUNTS.get(index))
        .map_or(0, |count| count.swap(0, Ordering::Relaxed))
}

/// How often `signal` came since the last [`take_count`], without resetting.
pub fn count(signal: i32) -> u32 {
    usize::try_from(signal)
        .ok()
        .and_then(|index| COUNTS.get(index))
        .map_or(0, |count| count.load(Ordering::Relaxed))
}

/// Ignores `signal` in this process.
pub fn ignore(signal: i32) -> io::Result<()> {
    set_action(signal, libc::SIG_IGN, 0)
}

/// Gives `signal` back to the kernel's default.
pub fn restore_default(signal: i32) -> io::Result<()> {
    set_action(signal, libc::SIG_DFL, 0)
}

/// Lets `signal` end this process at once with exit code `code`, without any handler of ours (for child processes).
pub fn exit_on(signal: i32, code: i32) -> io::Result<()> {
    EXIT_CODE.store(code, Ordering::Relaxed);
    set_action(signal, leave as *const () as libc::sighandler_t, 0)
}

static EXIT_CODE: AtomicI32 = AtomicI32::new(0);

extern "C" fn leave(_: libc::c_int) {
    crate::process::exit_now(EXIT_CODE.load(Ordering::Relaxed));
}

/// Lets `signal` end all of this process's group at once.
pub(crate) fn end_group_on(signal: i32) -> io::Result<()> {
    set_action(signal, end_group as *const () as libc::sighandler_t, 0)
}

extern "C" fn end_group(_: libc::c_int) {
    // SAFETY: no pointers; this process ends by it, too.
    unsafe { libc::kill(0, libc::SIGKILL) };
}

fn set_action(signal: i32, handler: libc::sighandler_t, flags: i32) -> io::Result<()> {
    // SAFETY: all-zero is a valid sigaction: no flags, empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the handler is SIG_IGN, SIG_DFL or a function here that keeps to async-signal-safe calls.
    crate::check(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) })
        .map(drop)
}

/// The name of a signal as people write it.
pub fn name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGALRM => "SIGALRM",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGHUP => "SIGHUP",
        libc::SIGILL => "SIGILL",
        libc::SIGINT => "SIGINT",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGTERM => "SIGTERM",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGUSR2 => "SIGUSR2",
        _ => "unknown signal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_comes_through_the_pipe() {
        let pipe = SignalPipe::new().expect("pipe");
        pipe.watch(libc::SIGUSR2).expect("a catchable signal");
        crate::process::kill(crate::process::pid(), libc::SIGUSR2).expect("kill oneself");
        let ready = crate::poll::wait_one(pipe.as_raw_fd(), crate::poll::Interest::READ, 1000);
        assert!(ready.expect("poll"));
        pipe.drain();
        assert_eq!(take_count(libc::SIGUSR2), 1);
        assert_eq!(count(libc::SIGUSR2), 0);
    }
}
