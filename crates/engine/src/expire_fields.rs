//! Active expiry of hash fields.

use crate::state::State;

impl State {
    /// Deletes expired fields of a database's hashes, at most about `budget` of them.
    pub(crate) fn active_expire_fields(&mut self, _db: usize, _budget: usize) {}
}
