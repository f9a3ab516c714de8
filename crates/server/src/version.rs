//! What the binary says it is, in the words that tools compare.

/// The Redis version whose behaviour this server has.
pub const REDIS_VERSION: &str = "8.10.2";

/// The allocator, as INFO and `--version` name it.
pub const ALLOCATOR: &str = "jemalloc-5.3.0";

/// The line of `--version`. Tools read the `v=` field; the words behind `build=` are ours.
pub fn line() -> String {
    line_of("Redis server")
}

/// The same of another program.
pub fn line_of(program: &str) -> String {
    format!(
        "{program} v={REDIS_VERSION} sha=00000000:0 malloc={ALLOCATOR} bits={} build={:x} \
         bulkhead={}",
        usize::BITS,
        build_id(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// A number that differs between builds of different versions.
pub fn build_id() -> u64 {
    let text = concat!(env!("CARGO_PKG_VERSION"), "-bulkhead");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
