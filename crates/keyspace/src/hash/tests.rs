//! Hashes against a plain map, in each encoding.

use super::{Element, ElementText, Hash, HashEncoding, HashLimits};
use proptest::prelude::*;
use std::collections::BTreeMap;
use structures::HashSeed;

fn limits(entries: usize) -> HashLimits {
    HashLimits {
        listpack_entries_max: entries,
        listpack_value_bytes_max: 12,
        seed: HashSeed::new([3; 16]),
    }
}

#[derive(Clone, Debug)]
enum Step {
    Set(Vec<u8>, Vec<u8>, bool),
    Remove(Vec<u8>),
    SetExpiry(Vec<u8>, Option<i64>),
    RemoveExpired(i64, usize),
    Clone,
}

fn step() -> impl Strategy<Value = Step> {
    let field = || (0..30u8).prop_map(|number| format!("{number}").into_bytes());
    let value = prop::collection::vec(b'0'..=b'9', 0..14);
    prop_oneof![
        6 => (field(), value, any::<bool>()).prop_map(|(f, v, keep)| Step::Set(f, v, keep)),
        2 => field().prop_map(Step::Remove),
        4 => (field(), prop::option::of(1..50i64)).prop_map(|(f, at)| Step::SetExpiry(f, at)),
        1 => (1..50i64, 0usize..5).prop_map(|(now, count)| Step::RemoveExpired(now, count)),
        1 => Just(Step::Clone),
    ]
}

type Model = BTreeMap<Vec<u8>, (Vec<u8>, Option<i64>)>;

fn text(element: Element<'_>) -> Vec<u8> {
    ElementText::default().of(element).to_vec()
}

fn apply(hash: &mut Hash, model: &mut Model, limits: &HashLimits, step: Step) {
    match step {
        Step::Set(field, value, keep) => {
            let old = model.get(&field).cloned();
            assert_eq!(hash.set(&field, &value, keep, limits), old.is_none());
            let expiry_ms = old.and_then(|(_, expiry_ms)| expiry_ms).filter(|_| keep);
            model.insert(field, (value, expiry_ms));
        }
        Step::Remove(field) => {
            assert_eq!(hash.remove(&field), model.remove(&field).is_some());
        }
        Step::SetExpiry(field, at_ms) => {
            let entry = model.get_mut(&field);
            assert_eq!(hash.set_expiry(&field, at_ms), entry.is_some());
            if let Some((_, expiry_ms)) = entry {
                *expiry_ms = at_ms;
            }
        }
        Step::RemoveExpired(now_ms, count) => {
            let due: Vec<_> = model
                .iter()
                .filter(|(_, (_, at_ms))| at_ms.is_some_and(|at_ms| at_ms < now_ms))
                .map(|(field, _)| field.clone())
                .collect();
            let removed = hash.remove_expired(now_ms, count);
            assert_eq!(removed.len(), count.min(due.len()));
            for field in removed {
                assert!(due.contains(&field.to_vec()));
                model.remove(&field.to_vec());
            }
        }
        Step::Clone => *hash = hash.clone(),
    }
}

fn check(hash: &Hash, model: &Model) {
    assert_eq!(hash.len(), model.len());
    assert_eq!(hash.is_empty(), model.is_empty());
    let listed: Model =
        hash.iter().map(|view| (text(view.field), (text(view.value), view.expiry_ms))).collect();
    assert_eq!(&listed, model);
    let mut scanned = 0;
    let mut cursor = 0;
    loop {
        cursor = hash.scan(cursor, |_| scanned += 1);
        if cursor == 0 {
            break;
        }
    }
    assert!(scanned >= model.len());
    let expiries = || model.values().filter_map(|(_, at_ms)| *at_ms);
    assert_eq!(hash.volatile_len(), expiries().count());
    assert_eq!(hash.next_expiry_ms(), expiries().min());
    assert_eq!(hash.expired_len(25), expiries().filter(|at_ms| *at_ms < 25).count());
    let mut random = || 1 << 40;
    assert_eq!(hash.random(&mut random).is_some(), !model.is_empty());
}

proptest! {
    #[test]
    fn behaves_as_a_map(
        steps in prop::collection::vec(step(), 1..80),
        entries in prop_oneof![Just(0usize), Just(8), Just(100)],
    ) {
        let (mut hash, mut model) = (Hash::new(), Model::new());
        let limits = limits(entries);
        for step in steps {
            apply(&mut hash, &mut model, &limits, step);
            check(&hash, &model);
        }
    }
}

fn order(hash: &Hash) -> String {
    hash.iter().map(|view| String::from_utf8(text(view.field)).expect("ASCII")).collect()
}

#[test]
fn volatile_fields_stand_in_front() {
    let limits = limits(100);
    let mut hash = Hash::new();
    for field in ["a", "b", "c", "d", "e"] {
        hash.set(field.as_bytes(), b"1", false, &limits);
    }
    assert_eq!(hash.encoding(), HashEncoding::Listpack);
    hash.set_expiry(b"c", Some(100));
    hash.set_expiry(b"e", Some(50));
    assert_eq!((order(&hash), hash.encoding()), ("ecabd".to_owned(), HashEncoding::ListpackEx));
    hash.set_expiry(b"a", Some(100));
    assert_eq!(order(&hash), "eacbd");
    hash.set(b"c", b"2", false, &limits);
    assert_eq!(order(&hash), "eabdc");
    hash.set_expiry(b"e", None);
    assert_eq!(order(&hash), "abdce");
    hash.set(b"b", b"long enough for a table", false, &limits);
    assert_eq!(hash.encoding(), HashEncoding::Hashtable);
    assert_eq!(hash.next_expiry_ms(), Some(100));
}
