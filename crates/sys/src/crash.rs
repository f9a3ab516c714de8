//! What runs when the process is about to die: which module was running, and a handler on a stack of its own.

use std::any::TypeId;
use std::cell::Cell;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

pub mod handler;
pub mod memory;
pub mod stack;
pub mod threads;

/// Names of the module and of its function or callback that is about to run. The host keeps one per callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningModule {
    pub module: String,
    pub function: String,
}

thread_local! {
    static CURRENT: Cell<*const RunningModule> = const { Cell::new(std::ptr::null()) };
}

/// Runs `call` with `running` noted as what this thread executes, so that a fault inside is attributed to it. Costs two
/// stores; may nest.
#[inline]
pub fn with_running<R>(running: &RunningModule, call: impl FnOnce() -> R) -> R {
    struct Restore(*const RunningModule);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(std::ptr::from_ref(running)));
    call()
}

/// Tells apart what this thread executes: another number, while what was noted runs something that is noted, too.
pub fn running_mark() -> usize {
    CURRENT.get().addr()
}

/// What this thread executes right now, where a module does.
pub fn running() -> Option<RunningModule> {
    // SAFETY: the pointer was set from a reference in `with_running`, whose borrow lasts until the pointer is replaced.
    unsafe { CURRENT.get().as_ref() }.cloned()
}

/// What the server does about an assertion that failed: report and end.
pub type OnAssertion = fn(expression: &str, file: &str, line: u32) -> !;

static ON_ASSERTION: std::sync::OnceLock<OnAssertion> = std::sync::OnceLock::new();

/// Names the function that [`assertion_failed`] calls. The first caller wins.
pub fn set_on_assertion(call: OnAssertion) {
    ON_ASSERTION.get_or_init(|| call);
}

/// Ends the process because something that must hold does not, such as the assertion of a module.
pub fn assertion_failed(expression: &str, file: &str, line: u32) -> ! {
    match ON_ASSERTION.get() {
        Some(call) => call(expression, file, line),
        None => std::process::abort(),
    }
}

// The argument vector of the request that the main thread executes, for the report. Plain atomics rather than
// thread-locals: two unordered stores are all that a request pays.
static REQUEST_ARGV: AtomicPtr<&'static [u8]> = AtomicPtr::new(std::ptr::null_mut());
static REQUEST_ARGC: AtomicUsize = AtomicUsize::new(0);

/// Runs `call` with `argv` noted as the request that the main thread executes.
#[inline]
pub fn with_request<R>(argv: &[&[u8]], call: impl FnOnce() -> R) -> R {
    struct Clear;
    impl Drop for Clear {
        fn drop(&mut self) {
            REQUEST_ARGC.store(0, Ordering::Relaxed);
        }
    }
    REQUEST_ARGV.store(argv.as_ptr().cast_mut().cast(), Ordering::Relaxed);
    REQUEST_ARGC.store(argv.len(), Ordering::Relaxed);
    let _clear = Clear;
    call()
}

/// Copies the request that the main thread executes, to be called on that thread: each argument cut to `argument_bytes_max`, and its true length.
pub fn request(arguments_max: usize, argument_bytes_max: usize) -> Vec<(Vec<u8>, usize)> {
    let pointer = REQUEST_ARGV.load(Ordering::Relaxed);
    let length = REQUEST_ARGC.load(Ordering::Relaxed);
    if pointer.is_null() || length == 0 || !handler::is_reporting() {
        return Vec::new();
    }
    // SAFETY: pointer and length were taken from a slice in `with_request`, whose borrow lasts until the length is set to
    // zero; this thread is inside that call and will not return from it.
    let argv = unsafe { std::slice::from_raw_parts(pointer, length) };
    argv.iter()
        .take(arguments_max)
        .map(|argument| {
            (argument.iter().take(argument_bytes_max).copied().collect(), argument.len())
        })
        .collect()
}

thread_local! {
    static SUBJECT: Cell<Option<(TypeId, *const ())>> = const { Cell::new(None) };
}

/// Runs `body` with `subject` at hand for [`look_at`] in the crash report of this thread. May nest: the innermost counts.
pub fn observed<T: 'static, R>(subject: &mut T, body: impl FnOnce(&mut T) -> R) -> R {
    struct Restore(Option<(TypeId, *const ())>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SUBJECT.set(self.0);
        }
    }
    let pointer: *mut T = subject;
    let _restore = Restore(SUBJECT.replace(Some((TypeId::of::<T>(), pointer.cast_const().cast()))));
    // SAFETY: `pointer` was just made from an exclusive reference that is not used again until `body` has returned.
    body(unsafe { &mut *pointer })
}

/// Shows the observed subject to the crash report. Only for a thread that will not go on: the code that was interrupted
/// holds an exclusive reference to the same subject.
pub fn look_at<T: 'static, R>(report: impl FnOnce(&mut T) -> R) -> Option<R> {
    let (kind, pointer) = SUBJECT.get()?;
    if !handler::is_reporting() || kind != TypeId::of::<T>() {
        return None;
    }
    // SAFETY: `observed` stored a pointer to a live T of this thread, and the type was compared. The holder of the other
    // reference is this same thread, stopped in a fatal signal or a panic that ends the process, so it never runs again.
    Some(report(unsafe { &mut *pointer.cast_mut().cast::<T>() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_nests_and_clears() {
        let outer = RunningModule { module: "a".into(), function: "f".into() };
        let inner = RunningModule { module: "b".into(), function: "g".into() };
        assert_eq!(running(), None);
        with_running(&outer, || {
            assert_eq!(running().as_ref(), Some(&outer));
            with_running(&inner, || assert_eq!(running().as_ref(), Some(&inner)));
            assert_eq!(running().as_ref(), Some(&outer));
        });
        assert_eq!(running(), None);
    }
}
