//! The data structures of the server, with the unsafe code they need; no server knowledge.
//!
//! This crate is one of the three fences for `unsafe`. Each structure states its invariants at
//! the top of its file and is tested against a naive model.

pub mod hashtable;
pub mod listpack;
mod packed;
pub mod prefetch;
pub mod record;

pub use hashtable::{Entry, HashSeed, HashTable, Item, Location, ResizePolicy};
pub use listpack::Listpack;
pub use packed::class_size;
pub use record::{CompactBytes, FieldRecord, NewPayload, OwnedPayload, Record, View, ViewMut};
