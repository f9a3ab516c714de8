//! A thread that watches the main thread: it reports a stack on request (SIGALRM) or when the main thread is late.
//!
//! The report is written by the watcher and not by the signal's handler: the interrupted code may hold any lock, and it
//! goes on afterwards.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::crash::handler::thread_id;
use crate::poll::{Interest, Waker, wait_one};

/// Why a report is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody sent SIGALRM; by this process, where known.
    Asked { sender_pid: i32 },
    /// The main thread has not been heard of for longer than the period.
    Late,
}

/// Writes the report; called on the watcher's thread with the number of the main one.
pub type Report = fn(reason: Reason, main_thread: i32);

static WAKER: OnceLock<Waker> = OnceLock::new();
static ASKED_BY: AtomicU64 = AtomicU64::new(0);
/// Milliseconds the main thread may be silent; 0: it is not watched.
static PERIOD_MS: AtomicU64 = AtomicU64::new(0);
/// When the main thread was last heard of, in milliseconds of the monotonic clock.
static HEARD_MS: AtomicU64 = AtomicU64::new(0);

/// Starts the watcher; call it on the main thread.
pub fn start(report: Report) -> io::Result<()> {
    let waker = Waker::new()?;
    if WAKER.set(waker).is_err() {
        return Ok(());
    }
    let main_thread = thread_id();
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || watch(report, main_thread))?;
    catch_alarm()
}

/// Sets how long the main thread may be silent; 0 switches watching off.
pub fn set_period(period_ms: u64) {
    heard();
    PERIOD_MS.store(period_ms, Ordering::Relaxed);
    if let Some(waker) = WAKER.get() {
        waker.wake();
    }
}

/// The main thread is alive: called once per turn of its loop.
#[inline]
pub fn heard() {
    if PERIOD_MS.load(Ordering::Relaxed) != 0 {
        HEARD_MS.store(crate::clock::monotonic_us() / 1000, Ordering::Relaxed);
    }
}

fn watch(report: Report, main_thread: i32) {
    let Some(waker) = WAKER.get() else { return };
    let mut reported_ms = 0;
    loop {
        let period_ms = PERIOD_MS.load(Ordering::Relaxed);
        // Looking twice per period finds every silence of one and a half periods.
        let timeout_ms = match period_ms {
            0 => -1,
            period_ms => i32::try_from(period_ms / 2).unwrap_or(i32::MAX).max(1),
        };
        match wait_one(waker.as_raw_fd(), Interest::READ, timeout_ms) {
            Ok(true) => waker.drain(),
            Ok(false) => {}
            // A signal ended the wait; anything else must not turn into a busy loop.
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
        let asked = ASKED_BY.swap(0, Ordering::Relaxed);
        if asked != 0 {
            let sender_pid = i32::try_from(asked - 1).unwrap_or(0);
            report(Reason::Asked { sender_pid }, main_thread);
        }
        let heard_ms = HEARD_MS.load(Ordering::Relaxed);
        let silent_ms = (crate::clock::monotonic_us() / 1000).saturating_sub(heard_ms);
        if period_ms != 0 && silent_ms > period_ms && reported_ms != heard_ms {
            // Once per silence.
            reported_ms = heard_ms;
            report(Reason::Late, main_thread);
        }
    }
}

extern "C" fn on_alarm(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo for the time of the handler.
    let sender = unsafe { (*info).si_pid() };
    ASKED_BY.store(u64::from(sender.unsigned_abs()) + 1, Ordering::Relaxed);
    if let Some(waker) = WAKER.get() {
        waker.wake();
    }
}

fn catch_alarm() -> io::Result<()> {
    // SAFETY: all-zero is a valid sigaction: no flags, empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_alarm as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the handler has the three-argument form that SA_SIGINFO asks for and only stores and writes eight bytes.
    crate::check(unsafe { libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut()) })
        .map(drop)
}
