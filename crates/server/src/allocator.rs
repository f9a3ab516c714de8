//! The allocator of the whole process (modules included) and its figures.

use std::sync::OnceLock;

use tikv_jemalloc_ctl::{epoch, epoch_mib, stats};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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

/// Bytes handed out and not given back. Renews jemalloc's figures, which costs some microseconds.
pub fn used_bytes() -> usize {
    let Some(figures) = figures() else { return 0 };
    // The epoch is advanced so that the figure is of now; a stale one is still a figure.
    let _ = figures.epoch.advance();
    figures.allocated.read().unwrap_or(0)
}

/// The bytes an allocation of `bytes` really takes: jemalloc's size classes.
pub fn good_size(bytes: usize) -> usize {
    const QUANTUM: usize = 16;
    if bytes <= 8 {
        return 8;
    }
    if bytes <= 128 {
        return bytes.next_multiple_of(QUANTUM);
    }
    // Four classes between two powers of two.
    let group = (bytes - 1).ilog2();
    let step = 1_usize << (group - 2);
    bytes.checked_next_multiple_of(step).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes() {
        for (bytes, class) in [
            (1, 8),
            (9, 16),
            (17, 32),
            (100, 112),
            (129, 160),
            (161, 192),
            (257, 320),
            (4097, 5120),
        ] {
            assert_eq!(good_size(bytes), class, "{bytes}");
        }
    }

    #[test]
    fn used_bytes_follow_allocations() {
        let before = used_bytes();
        let block = vec![1_u8; 8 << 20];
        assert!(used_bytes() >= before + (4 << 20));
        drop(block);
    }
}
