//! Stacks of other threads: each is interrupted by a signal and notes its own return addresses.

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use super::handler::thread_id;
use super::stack::Frame;

const THREADS_MAX: usize = 64;
const FRAMES_MAX: usize = 64;

/// The signal that asks a thread for its stack.
const ASK: i32 = libc::SIGUSR2;

/// Where one asked thread writes.
struct Slot {
    thread: AtomicI32,
    /// Number of frames plus one, once they are all there.
    ready: AtomicUsize,
    frames: [AtomicUsize; FRAMES_MAX],
}

static SLOTS: [Slot; THREADS_MAX] = [const {
    Slot {
        thread: AtomicI32::new(0),
        ready: AtomicUsize::new(0),
        frames: [const { AtomicUsize::new(0) }; FRAMES_MAX],
    }
}; THREADS_MAX];

/// A thread's stack.
#[derive(Clone, Debug)]
pub struct ThreadStack {
    pub thread: i32,
    pub name: String,
    pub frames: Vec<Frame>,
    /// The thread did not answer in time.
    pub timed_out: bool,
}

extern "C" fn answer(_: libc::c_int) {
    let own = thread_id();
    if let Some(slot) = SLOTS.iter().find(|slot| slot.thread.load(Ordering::Acquire) == own) {
        note_frames(slot);
    }
}

fn note_frames(slot: &Slot) {
    let mut count = 0;
    // SAFETY: the unsynchronised form takes no lock, which the interrupted code might hold.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            if let Some(place) = slot.frames.get(count) {
                place.store(frame.ip() as usize, Ordering::Relaxed);
                count += 1;
            }
            count < FRAMES_MAX
        });
    }
    slot.ready.store(count + 1, Ordering::Release);
}

/// Lets threads of this process be asked. Call once at start.
pub fn prepare() -> std::io::Result<()> {
    // The first walk loads what unwinding needs; later ones allocate nothing.
    super::stack::frames();
    take_signal().map(drop)
}

/// Answers the signal; what was done at it before.
fn take_signal() -> std::io::Result<libc::sigaction> {
    // SAFETY: all-zero is a valid sigaction: no flags, empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = answer as *const () as libc::sighandler_t;
    // On the stack of the thread itself: the one the standard library sets aside is small.
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: all-zero is a valid sigaction, and it is overwritten.
    let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: the handler takes no lock and allocates nothing.
    crate::check(unsafe { libc::sigaction(ASK, &raw const action, &raw mut before) })?;
    Ok(before)
}

/// Leaves the signal to whom it was taken from.
fn give_signal_back(before: &libc::sigaction) {
    // SAFETY: what was installed before is valid still.
    unsafe { libc::sigaction(ASK, before, std::ptr::null_mut()) };
}

/// Stacks of all threads but this one, waiting at most `timeout_ms` for their answers.
pub fn others(timeout_ms: u64) -> Vec<ThreadStack> {
    // A module may have made the signal its own: one would let its threads sleep for good.
    let before = take_signal();
    let threads = all_threads();
    let asked: Vec<(i32, &Slot)> =
        threads.into_iter().filter(|thread| *thread != thread_id()).zip(&SLOTS).collect();
    for (thread, slot) in &asked {
        slot.ready.store(0, Ordering::Relaxed);
        slot.thread.store(*thread, Ordering::Release);
        // SAFETY: a thread that has ended meanwhile is an error of the call, nothing more.
        unsafe { libc::syscall(libc::SYS_tgkill, crate::process::pid(), *thread, ASK) };
    }
    let deadline_us = crate::clock::monotonic_us() + timeout_ms * 1000;
    while asked.iter().any(|(_, slot)| slot.ready.load(Ordering::Acquire) == 0)
        && crate::clock::monotonic_us() < deadline_us
    {
        // SAFETY: usleep only waits.
        unsafe { libc::usleep(500) };
    }
    let stacks: Vec<ThreadStack> =
        asked.iter().map(|(thread, slot)| stack_in(*thread, slot)).collect();
    // One that has not answered may be told later.
    if let Ok(before) = before
        && !stacks.iter().any(|stack| stack.timed_out)
    {
        give_signal_back(&before);
    }
    stacks
}

fn stack_in(thread: i32, slot: &Slot) -> ThreadStack {
    let ready = slot.ready.load(Ordering::Acquire);
    slot.thread.store(0, Ordering::Release);
    let frames = slot
        .frames
        .iter()
        .take(ready.saturating_sub(1))
        .map(|address| Frame { address: address.load(Ordering::Relaxed) })
        .collect();
    ThreadStack { thread, name: thread_name(thread), frames, timed_out: ready == 0 }
}

fn all_threads() -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let mut threads: Vec<i32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    threads.sort_unstable();
    threads
}

/// The name of a thread, as `ps -L` shows it.
pub fn thread_name(thread: i32) -> String {
    std::fs::read_to_string(format!("/proc/self/task/{thread}/comm"))
        .map(|name| name.trim_end().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_thread_tells_its_stack() {
        prepare().expect("sigaction");
        let (send, receive) = std::sync::mpsc::channel::<()>();
        let waiting = std::thread::spawn(move || receive.recv().is_err());
        let stacks = others(2000);
        assert!(stacks.iter().any(|stack| !stack.timed_out && stack.frames.len() > 2));
        // Somebody else's handler is not called, and is there again afterwards.
        extern "C" fn of_others(_: libc::c_int) {
            std::process::abort();
        }
        let mut action = take_signal().expect("sigaction");
        action.sa_sigaction = of_others as *const () as libc::sighandler_t;
        give_signal_back(&action);
        assert!(others(2000).iter().all(|stack| !stack.timed_out));
        let found = take_signal().expect("sigaction").sa_sigaction;
        assert_eq!(found, of_others as *const () as libc::sighandler_t);
        drop(send);
        assert!(waiting.join().expect("the thread ends"));
    }
}
