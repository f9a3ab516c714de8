//! The global lock of the Module API as a baton: the main thread lends the state at one place of its loop, and a module's
//! thread that holds the lock works on it meanwhile.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::State;
use parking_lot::RawMutex;
use parking_lot::lock_api::RawMutex as _;

static LOCK: RawMutex = RawMutex::INIT;
/// The main thread holds the lock, except while it waits.
static MAIN_HOLDS: AtomicBool = AtomicBool::new(false);
/// How often the main thread has lent.
static TURNS: AtomicU64 = AtomicU64::new(0);
static LENT: AtomicPtr<State> = AtomicPtr::new(std::ptr::null_mut());

/// Notes the state that is in use now, for functions that are given no context.
pub fn note(state: *mut State) {
    LENT.store(state, Ordering::Release);
}

/// The same after it was elsewhere for a while, if modules use it at all.
pub fn moved_back(state: &mut State) {
    if is_in_use() {
        note(state);
    }
}

/// Before the main thread waits: whoever gets the lock may use the state.
pub fn lend(state: &mut State) {
    LENT.store(state, Ordering::Release);
    HELD_HERE.set(false);
    TURNS.fetch_add(1, Ordering::AcqRel);
    if MAIN_HOLDS.swap(false, Ordering::AcqRel) {
        // SAFETY: the main thread holds the lock, as the flag said, and this is the main thread.
        unsafe { LOCK.unlock() };
    }
}

/// After waiting: waits until no module thread uses the state.
pub fn take_back() {
    if !MAIN_HOLDS.load(Ordering::Acquire) {
        LOCK.lock();
        MAIN_HOLDS.store(true, Ordering::Release);
    }
    HELD_HERE.set(true);
}

/// Whether the main thread lends at all (it does once a module is loaded).
pub fn is_in_use() -> bool {
    !LENT.load(Ordering::Acquire).is_null()
}

/// Begins the use of the lock: from now on the main thread holds it, except while it lends.
pub fn begin(state: &mut State) {
    LENT.store(state, Ordering::Release);
    take_back();
}

/// The state as lent, for those who hold the lock.
pub fn lent_state() -> *mut State {
    LENT.load(Ordering::Acquire)
}

thread_local! {
    /// This thread of a module holds the lock.
    static HELD_HERE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether the calling thread of a module holds the lock.
pub fn is_held_here() -> bool {
    HELD_HERE.get()
}

/// Whether it is the main thread that holds the lock.
pub fn is_held_by_main() -> bool {
    MAIN_HOLDS.load(Ordering::Acquire)
}

/// A module's thread takes the lock.
pub fn lock() {
    LOCK.lock();
    HELD_HERE.set(true);
}

/// A module's thread takes the lock if it is free.
pub fn try_lock() -> bool {
    let taken = LOCK.try_lock();
    HELD_HERE.set(taken);
    taken
}

/// A module's thread that holds the lock lets the main thread have a whole turn, which must have been woken.
pub fn let_main_thread_turn() {
    /// The main thread may wait for a disk; the module goes on all the same.
    const LONGEST_WAIT: Duration = Duration::from_millis(100);
    const STEP: Duration = Duration::from_micros(50);
    let (turns, began) = (TURNS.load(Ordering::Acquire), Instant::now());
    unlock();
    while TURNS.load(Ordering::Acquire) == turns && began.elapsed() < LONGEST_WAIT {
        std::thread::sleep(STEP);
    }
    lock();
}

/// A module's thread gives the lock back.
pub fn unlock() {
    HELD_HERE.set(false);
    // SAFETY: by the API's contract the calling thread has taken the lock.
    unsafe { LOCK.unlock() };
}
