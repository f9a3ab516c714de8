//! Descriptors of files where std has no word: appending without buffering, syncing, standard streams.

use std::io;
use std::os::fd::RawFd;

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
