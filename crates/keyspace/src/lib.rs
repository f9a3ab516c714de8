//! The keyspace: databases, values and their encodings, expiry, and the indexes over keys.
//!
//! A [`Database`] maps keys to [`KeyRecord`]s. A record holds a key, its expiry, its access word
//! and either a short string or an integer at once, or a [`Value`] of any type. Nothing here
//! knows the time or decides when a key is too old: the engine asks and tells.
//!
//! Invariants: a key with an expiry is in the database's expiry index and no other is; a hash with
//! volatile fields is in the field-expiry index under its next one (`Database::hash_changed`); each key
//! is counted in the size histograms where it belongs, as soon as anything else is done.
#![forbid(unsafe_code)]

pub mod array;
mod database;
pub mod element;
mod expiry_index;
pub mod hash;
pub mod list;
pub mod metadata;
pub mod module;
mod ordered_chunks;
pub mod parked;
mod relocate;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
mod value;

pub use array::Array;
pub use database::{
    Database, ExpirySample, KeyRecord, SIZE_GROUPS, SetExpiry, SizeGroup, SizeHistogram, bin_start,
};
pub use hash::Hash;
pub use list::List;
pub use relocate::{Judge, RelocateCursor};
pub use set::Set;
pub use sorted_set::SortedSet;
pub use stream::Stream;
pub use structures::{HashSeed, Location, NewPayload, OwnedPayload, ResizePolicy, View, ViewMut};
pub use value::{Type, Value, duplicate, encoding_name, type_name, type_of};
