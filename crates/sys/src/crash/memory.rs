//! Reading memory that may not be there, by asking the kernel to copy it.

/// Copies bytes at `address` of this process; the value is how many could be read.
pub fn read(address: usize, into: &mut [u8]) -> usize {
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: into.len() };
    // SAFETY: the local vector describes `into`; the kernel checks the remote one and copies only what is mapped.
    let read = unsafe {
        libc::process_vm_readv(crate::process::pid(), &raw const local, 1, &raw const remote, 1, 0)
    };
    usize::try_from(read).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn unmapped_memory_reads_nothing() {
        let mut into = [0_u8; 8];
        assert_eq!(super::read(16, &mut into), 0);
        let value = 0x0102_0304_0506_0708_u64;
        assert_eq!(super::read((&raw const value) as usize, &mut into), 8);
        assert_eq!(into, value.to_ne_bytes());
    }
}
