//! Descriptors of files where std has no word: appending without buffering, syncing, standard streams.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Writes all of `bytes` to a blocking descriptor, going on after signals.
pub fn write_all(fd: RawFd, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: pointer and length describe the readable slice.
        let written = unsafe { libc::write(fd, rest.as_ptr().cast(), rest.len()) };
        match crate::check_len(written) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A pipe of which neither end ever waits.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors.
    crate::check(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_NONBLOCK | libc::O_CLOEXEC) })?;
    // SAFETY: both were just created and nobody else owns them.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Lets reads and writes of the descriptor wait.
pub fn let_wait(fd: &OwnedFd) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: no pointers; the descriptor is open.
    crate::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, 0) }).map(drop)
}

/// Points standard input, output and error at /dev/null.
pub fn standard_streams_to_null() -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    for stream in 0..=2 {
        // SAFETY: both numbers are descriptors of this process; the old streams are replaced on purpose.
        crate::check(unsafe { libc::dup2(null.as_raw_fd(), stream) })?;
    }
    Ok(())
}

/// Whether the descriptor is a terminal.
pub fn is_terminal(fd: RawFd) -> bool {
    // SAFETY: any number is fine; a bad one is an error.
    unsafe { libc::isatty(fd) == 1 }
}

/// Changes the permission mask for new files and returns the old one.
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: umask cannot fail and touches no memory.
    unsafe { libc::umask(mask) }
}
