//! Sets against a BTreeSet through all encodings.

use std::collections::BTreeSet;

use proptest::prelude::*;
use structures::HashSeed;

use super::{Set, SetEncoding, SetLimits};
use crate::element::to_vec;

const LIMITS: SetLimits = SetLimits {
    intset_entries_max: 6,
    listpack_entries_max: 8,
    listpack_value_bytes_max: 5,
    seed: HashSeed::new([3; 16]),
};

fn encoding_of(members: &[&str]) -> SetEncoding {
    let mut set = Set::for_members(members[0].as_bytes(), members.len(), &LIMITS);
    for member in members {
        set.add(member.as_bytes(), &LIMITS);
    }
    set.encoding()
}

#[test]
fn encodings_follow_the_members() {
    assert_eq!(encoding_of(&["1", "2"]), SetEncoding::Intset);
    assert_eq!(encoding_of(&["1", "a"]), SetEncoding::Listpack);
    assert_eq!(encoding_of(&["a", "1"]), SetEncoding::Listpack);
    assert_eq!(encoding_of(&["123456", "a"]), SetEncoding::Hashtable);
    assert_eq!(encoding_of(&["1", "abcdef"]), SetEncoding::Hashtable);
    assert_eq!(encoding_of(&["1", "2", "3", "4", "5", "6", "7"]), SetEncoding::Listpack);
    let mut set = Set::for_members(b"1", 1, &LIMITS);
    for integer in 0..7 {
        set.add(integer.to_string().as_bytes(), &LIMITS);
    }
    assert_eq!(set.encoding(), SetEncoding::Hashtable);
}

proptest! {
    #[test]
    fn like_a_set(steps in prop::collection::vec((any::<bool>(), "[0-9]{1,2}|[a-f]{1,6}"), 1..60), integers in any::<bool>()) {
        let mut set = if integers { Set::new_intset() } else { Set::new_listpack() };
        let mut model = BTreeSet::new();
        for (add, member) in steps {
            let member = member.into_bytes();
            if add {
                prop_assert_eq!(set.add(&member, &LIMITS), model.insert(member.clone()));
            } else {
                prop_assert_eq!(set.remove(&member), model.remove(&member));
            }
            prop_assert_eq!(set.contains(&member), model.contains(&member));
            prop_assert_eq!(set.len(), model.len());
            let all: BTreeSet<Vec<u8>> = set.iter().map(to_vec).collect();
            prop_assert_eq!(&all, &model);
            let mut scanned = BTreeSet::new();
            let mut cursor = 0;
            loop {
                cursor = set.scan(cursor, |element| { scanned.insert(to_vec(element)); });
                if cursor == 0 { break; }
            }
            prop_assert_eq!(&scanned, &model);
            prop_assert_eq!(set.random(&mut || 7).is_some(), !model.is_empty());
            let copy: BTreeSet<Vec<u8>> = set.clone().iter().map(to_vec).collect();
            prop_assert_eq!(&copy, &model);
        }
    }
}
