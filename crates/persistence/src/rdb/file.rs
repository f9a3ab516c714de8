//! A whole dataset as a file: items one after another, each introduced by a byte.

pub(super) mod opcode;
mod read;
mod write;

pub use read::{FileReader, Item, KeyItem, Place};
pub use write::{FileWriter, ModuleAux};

/// The first bytes of a file; the version follows as four digits.
const MAGIC: &[u8; 5] = b"REDIS";
/// From this version on a checksum stands at the end.
const CHECKSUM_SINCE: u16 = 5;
