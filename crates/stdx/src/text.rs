//! Text as C has it.

/// The bytes before the first zero byte: where text from a client is handled as a C string, it ends there.
pub fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}
