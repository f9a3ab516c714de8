//! Random bytes from the kernel.

use std::io;

/// Fills `bytes` from the kernel's random source.
pub fn fill(bytes: &mut [u8]) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        // SAFETY: pointer and length describe the writable slice `rest`.
        match crate::check_len(unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) })
        {
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A seed of 16 bytes, or one made of time and pid where the kernel has none to give.
pub fn seed() -> [u8; 16] {
    let mut bytes = [0; 16];
    if fill(&mut bytes).is_err() {
        let low = crate::clock::monotonic_ns() ^ (u64::from(std::process::id()) << 32);
        let high = crate::clock::realtime_us().unsigned_abs();
        bytes[..8].copy_from_slice(&low.to_le_bytes());
        bytes[8..].copy_from_slice(&high.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_seeds_differ() {
        assert_ne!(super::seed(), super::seed());
    }
}
