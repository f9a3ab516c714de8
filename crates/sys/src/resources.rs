//! What the kernel counts for the process: memory, processor time, descriptors, out-of-memory score.

use std::io;

/// Processor time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuUsage {
    pub system_us: i64,
    pub user_us: i64,
}

/// Whose processor time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Process,
    Children,
    Thread,
}

/// Processor time used so far.
pub fn cpu_usage(whose: Whose) -> CpuUsage {
    let whose = match whose {
        Whose::Process => libc::RUSAGE_SELF,
        Whose::Children => libc::RUSAGE_CHILDREN,
        Whose::Thread => libc::RUSAGE_THREAD,
    };
    // SAFETY: all-zero is a valid rusage: integers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is valid for the call; the selector is one of the three known.
    unsafe { libc::getrusage(whose, &raw mut usage) };
    let us = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    CpuUsage { system_us: us(usage.ru_stime), user_us: us(usage.ru_utime) }
}

/// Resident memory of this process in bytes.
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(page_bytes())
}

/// Memory that only this process has and has written to, in bytes: in a child, what was changed here or there since the fork.
pub fn private_dirty_bytes() -> Option<u64> {
    // Older kernels have no sum, but each mapping alone.
    let text = std::fs::read_to_string("/proc/self/smaps_rollup")
        .or_else(|_| std::fs::read_to_string("/proc/self/smaps"))
        .ok()?;
    let kilobytes = |line: &str| {
        let words = line.strip_prefix("Private_Dirty:")?;
        words.split_ascii_whitespace().next()?.parse::<u64>().ok()
    };
    Some(text.lines().filter_map(kilobytes).sum::<u64>() * 1024)
}

pub fn page_bytes() -> u64 {
    // SAFETY: no pointers; the name is known.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Memory of the machine in bytes.
pub fn total_memory_bytes() -> u64 {
    // SAFETY: no pointers; the name is known.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    u64::try_from(pages).unwrap_or(0).saturating_mul(page_bytes())
}

/// Soft and hard limit on open descriptors.
pub fn open_files_limit() -> io::Result<(u64, u64)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for the call.
    crate::check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
    Ok((limit.rlim_cur, limit.rlim_max))
}

/// Sets both limits on open descriptors to `wanted`, or only the soft one where the hard one may not be raised.
pub fn set_open_files_limit(wanted: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: wanted, rlim_max: wanted };
    // SAFETY: `limit` is valid for the call.
    if crate::check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }).is_ok() {
        return Ok(());
    }
    let (_, hard) = open_files_limit()?;
    let limit = libc::rlimit { rlim_cur: wanted, rlim_max: hard };
    // SAFETY: `limit` is valid for the call.
    crate::check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }).map(drop)
}

/// Memory that the machine can still give without swapping, in bytes.
pub fn available_memory_bytes() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// Bounds the memory that this process may fill.
pub fn set_data_limit(bytes: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: `limit` is valid for the call.
    crate::check(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) }).map(drop)
}

/// Reads the out-of-memory score adjustment of this process.
pub fn oom_score_adj() -> io::Result<i32> {
    let text = std::fs::read_to_string("/proc/self/oom_score_adj")?;
    text.trim().parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}

/// Sets the out-of-memory score adjustment of this process.
pub fn set_oom_score_adj(value: i32) -> io::Result<()> {
    std::fs::write("/proc/self/oom_score_adj", value.to_string())
}

/// Turns core files off (`false`) or leaves them to the hard limit (`true`).
pub fn set_core_files(on: bool) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for the call.
    crate::check(unsafe { libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) })?;
    limit.rlim_cur = if on { limit.rlim_max } else { 0 };
    // SAFETY: `limit` is valid for the call.
    crate::check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const limit) }).map(drop)
}

/// Switches transparent huge pages off for this process, as latency wants it.
pub fn disable_huge_pages() -> io::Result<()> {
    // SAFETY: PR_SET_THP_DISABLE takes plain integers.
    crate::check(unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plausible() {
        assert!(resident_bytes().expect("procfs") > 100_000);
        let dirty = private_dirty_bytes().expect("procfs");
        assert!((4096..resident_bytes().expect("procfs")).contains(&dirty));
        assert!(total_memory_bytes() > resident_bytes().expect("procfs"));
        let (soft, hard) = open_files_limit().expect("getrlimit");
        assert!(soft <= hard);
        assert!(cpu_usage(Whose::Process).user_us >= 0);
        assert!((-1000..=1000).contains(&oom_score_adj().expect("procfs")));
    }
}
