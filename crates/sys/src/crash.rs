//! What runs when the process is about to die: which module was running, and a handler on a stack of its own.

use std::cell::Cell;

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

/// What this thread executes right now, where a module does.
pub fn running() -> Option<RunningModule> {
    // SAFETY: the pointer was set from a reference in `with_running`, whose borrow lasts until the pointer is replaced.
    unsafe { CURRENT.get().as_ref() }.cloned()
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
