//! Names of members: equal ones share one text, since documents are many and their names few.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arcstr::ArcStr;

use crate::limits::SHARED_NAME_BYTES_MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(ArcStr);

/// All short names in use, and some that no longer are.
struct Shared {
    names: Option<HashSet<ArcStr>>,
    /// Of the texts of these.
    bytes: usize,
    /// Names asked for lately, by a hash that costs little: documents of one kind come one after the other.
    recent: [Option<ArcStr>; RECENT],
    /// At so many names those that nobody has are thrown away.
    sweep_at: usize,
}

const SWEEP_MIN: usize = 1024;
const RECENT: usize = 256;

static SHARED: Mutex<Shared> = Mutex::new(Shared {
    names: None,
    bytes: 0,
    recent: [const { None }; RECENT],
    sweep_at: SWEEP_MIN,
});

/// Where a name stands among the recent ones.
fn recent_place(text: &str) -> usize {
    let bytes = text.as_bytes();
    let at = |index: usize| usize::from(bytes.get(index).copied().unwrap_or(0));
    let mixed = at(0) ^ at(bytes.len() / 2) << 2 ^ at(bytes.len().saturating_sub(1)) << 4;
    (mixed ^ bytes.len().wrapping_mul(37)) % RECENT
}

fn shared() -> MutexGuard<'static, Shared> {
    // A set is whole at each point where something may panic.
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Name {
    pub fn new(text: &str) -> Name {
        if text.len() > SHARED_NAME_BYTES_MAX {
            return Name(ArcStr::from(text));
        }
        let mut shared = shared();
        let place = recent_place(text);
        if let Some(name) = shared.recent[place].as_ref().filter(|name| *name == text) {
            return Name(name.clone());
        }
        let name = shared.find_or_add(text);
        shared.recent[place] = Some(name.clone());
        Name(name)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Bytes behind the pointer that no other document shares.
    pub fn own_bytes(&self) -> Option<usize> {
        (self.0.len() > SHARED_NAME_BYTES_MAX).then(|| self.0.len())
    }
}

impl Shared {
    fn find_or_add(&mut self, text: &str) -> ArcStr {
        let names = self.names.get_or_insert_default();
        if let Some(name) = names.get(text) {
            return name.clone();
        }
        let name = ArcStr::from(text);
        names.insert(name.clone());
        self.bytes += name.len();
        if names.len() >= self.sweep_at {
            self.recent = [const { None }; RECENT];
            names.retain(|name| ArcStr::strong_count(name).is_none_or(|count| count > 1));
            names.shrink_to(SWEEP_MIN);
            self.bytes = names.iter().map(|name| name.len()).sum();
            self.sweep_at = SWEEP_MIN.max(2 * names.len());
        }
        name
    }
}

/// How many names are shared, and the bytes of their texts.
pub fn shared_names() -> (usize, usize) {
    let shared = shared();
    (shared.names.as_ref().map_or(0, HashSet::len), shared.bytes)
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_share_a_text_and_unused_ones_go() {
        let first = Name::new("a name of the test");
        let second = Name::new("a name of the test");
        assert!(ArcStr::ptr_eq(&first.0, &second.0));
        for number in 0..5 * SWEEP_MIN {
            Name::new(&format!("unused {number}"));
        }
        assert!(shared_names().0 < 3 * SWEEP_MIN);
        let long = "x".repeat(SHARED_NAME_BYTES_MAX + 1);
        assert_eq!(Name::new(&long).own_bytes(), Some(long.len()));
    }
}
