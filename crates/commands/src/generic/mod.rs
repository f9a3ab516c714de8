//! Commands of the group generic, and what they share.

use engine::{State, notify};
use keyspace::{Type, type_of};

pub mod copy;
pub mod del;
pub mod dump;
pub mod exists;
pub mod expire;
pub mod expireat;
pub mod expiretime;
pub mod keys;
pub mod migrate;
pub mod r#move;
pub mod object;
pub mod persist;
pub mod pexpire;
pub mod pexpireat;
pub mod pexpiretime;
pub mod pttl;
pub mod randomkey;
pub mod rename;
pub mod renamenx;
pub mod restore;
pub mod scan;
pub mod sort;
pub mod sort_ro;
pub mod touch;
pub mod ttl;
pub mod r#type;
pub mod unlink;
pub mod wait;
pub mod waitaof;

/// The type of a key that is there and not expired.
fn living_type(state: &mut State, db: usize, key: &[u8]) -> Option<Type> {
    if !state.key_exists(db, key) {
        return None;
    }
    state.db(db).find(key).map(type_of)
}

/// Tells listeners that a key had a value before, and perhaps another type.
fn notify_overwritten(
    state: &mut State,
    db: usize,
    key: &[u8],
    old_type: Option<Type>,
    new_type: Type,
) {
    let Some(old_type) = old_type else { return };
    state.notify(notify::class::OVERWRITTEN, "overwritten", db, key);
    if old_type != new_type {
        state.notify(notify::class::TYPE_CHANGED, "type_changed", db, key);
    }
}
