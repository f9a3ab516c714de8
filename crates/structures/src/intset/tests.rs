//! Intsets against a BTreeSet, and bytes from outside.

use super::Intset;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn bytes_are_those_of_redis() {
    let mut set = Intset::new();
    set.insert(5);
    set.insert(-1);
    assert_eq!(set.as_bytes(), [2, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 5, 0]);
    set.insert(70_000);
    assert_eq!(set.as_bytes()[..8], [4, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(set.iter().collect::<Vec<_>>(), [-1, 5, 70_000]);
}

fn integers() -> impl Strategy<Value = i64> {
    prop_oneof![-50i64..50, -40_000i64..40_000, any::<i64>(), Just(i64::MIN), Just(i64::MAX)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

    #[test]
    fn like_a_sorted_set(steps in prop::collection::vec((any::<bool>(), integers()), 1..100)) {
        let (mut set, mut model) = (Intset::new(), BTreeSet::new());
        for (add, integer) in steps {
            if add {
                prop_assert_eq!(set.insert(integer), model.insert(integer));
            } else {
                prop_assert_eq!(set.remove(integer), model.remove(&integer));
            }
            prop_assert_eq!(set.len(), model.len());
            prop_assert!(set.iter().eq(model.iter().copied()));
            prop_assert_eq!(set.contains(integer), model.contains(&integer));
            prop_assert_eq!(set.get(model.len()), None);
        }
        let copy = Intset::from_bytes(set.as_bytes());
        prop_assert!(copy.is_some_and(|copy| copy.iter().eq(model)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40), width in 0u8..9, len in 0u8..6) {
        let mut bytes = bytes;
        if bytes.len() >= 8 {
            bytes[..8].copy_from_slice(&[width, 0, 0, 0, len, 0, 0, 0]);
        }
        if let Some(set) = Intset::from_bytes(&bytes) {
            prop_assert_eq!(set.as_bytes(), &bytes[..]);
        }
    }
}
