//! Wall and monotonic time, read through the vDSO without entering the kernel.

fn read(clock: libc::clockid_t) -> (i64, i64) {
    let mut spec = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `spec` is a valid timespec that outlives the call; the clocks used here always exist on Linux.
    unsafe { libc::clock_gettime(clock, &raw mut spec) };
    (spec.tv_sec, spec.tv_nsec)
}

/// Microseconds since the Unix epoch.
#[inline]
pub fn realtime_us() -> i64 {
    let (seconds, nanos) = read(libc::CLOCK_REALTIME);
    seconds * 1_000_000 + nanos / 1_000
}

/// Milliseconds since the Unix epoch.
#[inline]
pub fn realtime_ms() -> i64 {
    let (seconds, nanos) = read(libc::CLOCK_REALTIME);
    seconds * 1_000 + nanos / 1_000_000
}

/// Microseconds since an arbitrary start; never goes back.
#[inline]
pub fn monotonic_us() -> u64 {
    let (seconds, nanos) = read(libc::CLOCK_MONOTONIC);
    (seconds * 1_000_000 + nanos / 1_000).unsigned_abs()
}

/// Nanoseconds since an arbitrary start; never goes back.
#[inline]
pub fn monotonic_ns() -> u64 {
    let (seconds, nanos) = read(libc::CLOCK_MONOTONIC);
    (seconds * 1_000_000_000 + nanos).unsigned_abs()
}

/// A moment in the local time zone, broken down for printing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    pub year: i32,
    /// 1 to 12.
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
}

/// Breaks `seconds` since the epoch down in the time zone of the process.
pub fn local_time(seconds: i64) -> LocalTime {
    // SAFETY: all-zero is a valid `tm`: integers and a pointer that libc fills in.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid for the call and distinct.
    if unsafe { libc::localtime_r(&raw const seconds, &raw mut parts) }.is_null() {
        return LocalTime::default();
    }
    LocalTime {
        year: parts.tm_year.saturating_add(1900),
        month: parts.tm_mon + 1,
        day: parts.tm_mday,
        hour: parts.tm_hour,
        minute: parts.tm_min,
        second: parts.tm_sec,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_agree_with_each_other() {
        let before = monotonic_us();
        assert!(monotonic_us() >= before);
        assert!((realtime_us() / 1_000 - realtime_ms()).abs() < 10_000);
        assert!(local_time(realtime_ms() / 1_000).year >= 2024);
    }
}
