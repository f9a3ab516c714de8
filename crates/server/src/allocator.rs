//! The allocator of the whole process, and of what modules ask the server for, and its figures.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use tikv_jemalloc_ctl::thread::{self, ThreadLocal};
use tikv_jemalloc_ctl::{epoch, epoch_mib, stats};

#[global_allocator]
static ALLOCATOR: sys::heap::Heap = sys::heap::Heap;

/// Names looked up once; a read by number costs no search.
struct Figures {
    epoch: epoch_mib,
    allocated: tikv_jemalloc_ctl::stats::allocated_mib,
}

fn figures() -> Option<&'static Figures> {
    static FIGURES: OnceLock<Option<Figures>> = OnceLock::new();
    FIGURES
        .get_or_init(|| {
            Some(Figures { epoch: epoch::mib().ok()?, allocated: stats::allocated::mib().ok()? })
        })
        .as_ref()
}

thread_local! {
    /// jemalloc's own counters of what this thread has allocated and freed since it began.
    static COUNTERS: Option<(ThreadLocal<u64>, ThreadLocal<u64>)> = counters();
}

fn counters() -> Option<(ThreadLocal<u64>, ThreadLocal<u64>)> {
    Some((thread::allocatedp::read().ok()?, thread::deallocatedp::read().ok()?))
}

/// What this thread holds more than it gave back, by its own counters; it may be negative.
fn held_by_thread() -> i64 {
    COUNTERS.with(|counters| {
        let Some((allocated, freed)) = counters else { return 0 };
        allocated.get().wrapping_sub(freed.get()).cast_signed()
    })
}

/// The process's figure when it was last renewed, less what the main thread held then.
static BASE: AtomicI64 = AtomicI64::new(0);

/// Renews the figure of the whole process, which costs some microseconds: called by the cron, on the main thread.
pub fn renew() {
    let Some(figures) = figures() else { return };
    // A stale figure is still one.
    let _ = figures.epoch.advance();
    let allocated = figures.allocated.read().unwrap_or(0);
    // What threads keep for their next allocations counts as handed out for jemalloc, but nobody holds it.
    let cached = sys::allocator::number("stats.arenas.4096.tcache_bytes", None).unwrap_or(0);
    let allocated = allocated.saturating_sub(usize::try_from(cached).unwrap_or(0));
    let allocated = i64::try_from(allocated).unwrap_or(i64::MAX);
    BASE.store(allocated - held_by_thread(), Ordering::Relaxed);
}

/// Bytes handed out and not given back, for the main thread: what the process had when the figure was last renewed, and
/// what this thread has taken since. Two loads, so that it can be asked before every command.
pub fn used_bytes() -> usize {
    usize::try_from(BASE.load(Ordering::Relaxed) + held_by_thread()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_bytes_follow_allocations() {
        renew();
        let before = used_bytes();
        let block = vec![1_u8; 8 << 20];
        assert!(used_bytes() >= before + (4 << 20));
        drop(block);
    }
}
