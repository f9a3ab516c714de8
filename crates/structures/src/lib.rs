//! The data structures of the server, with the unsafe code they need; no server knowledge.
//!
//! This crate is one of the three fences for `unsafe`. Each structure states its invariants at
//! the top of its file and is tested against a naive model.

pub mod array;
pub mod bitmap;
pub mod hashtable;
pub mod hyperloglog;
pub mod intset;
pub mod lent;
pub mod listpack;
pub mod one_word;
mod packed;
pub mod prefetch;
pub mod quicklist;
pub mod record;
pub mod relocate;
pub mod scored_set;
mod short_arc;

pub use hashtable::{Entry, HashSeed, HashTable, Item, Location, ResizePolicy};
pub use intset::Intset;
pub use listpack::Listpack;
pub use one_word::{Boxed, OneOfThree, OneOfTwo, Three, Two};
pub use packed::class_size;
pub use quicklist::Quicklist;
pub use record::{CompactBytes, FieldRecord, NewPayload, OwnedPayload, Record, View, ViewMut};
pub use scored_set::{ScoredMember, ScoredSet};
pub use short_arc::ShortArc;
