//! Hashes against a plain map, in each encoding.

use super::{Element, ElementText, Hash, HashEncoding, HashLimits, Template, Templates};
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
    SetAll(Vec<(Vec<u8>, Vec<u8>)>),
    RemoveAll(Vec<Vec<u8>>),
    Clone,
    Share,
    Unshare,
}

fn step() -> impl Strategy<Value = Step> {
    let field = || (0..30u8).prop_map(|number| format!("{number}").into_bytes());
    let value = || {
        prop_oneof![
            9 => prop::collection::vec(b'0'..=b'9', 0..14),
            // Two of them are too much for an array in one allocation.
            1 => Just(vec![b'x'; 2500]),
        ]
    };
    prop_oneof![
        6 => (field(), value(), any::<bool>()).prop_map(|(f, v, keep)| Step::Set(f, v, keep)),
        2 => field().prop_map(Step::Remove),
        4 => (field(), prop::option::of(1..50i64)).prop_map(|(f, at)| Step::SetExpiry(f, at)),
        1 => (1..50i64, 0usize..5).prop_map(|(now, count)| Step::RemoveExpired(now, count)),
        2 => prop::collection::vec((field(), value()), 1..5).prop_map(Step::SetAll),
        1 => prop::collection::vec(field(), 1..9).prop_map(Step::RemoveAll),
        1 => Just(Step::Clone),
        2 => Just(Step::Share),
        1 => Just(Step::Unshare),
    ]
}

fn templates() -> Templates {
    Templates::new(HashSeed::new([5; 16]))
}

type Model = BTreeMap<Vec<u8>, (Vec<u8>, Option<i64>)>;

fn text(element: Element<'_>) -> Vec<u8> {
    ElementText::default().of(element).to_vec()
}

fn apply(
    hash: &mut Hash,
    model: &mut Model,
    limits: &HashLimits,
    templates: &Templates,
    step: Step,
) {
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
            if at_ms.is_some() {
                hash.expect_expiry(limits);
            }
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
        Step::SetAll(pairs) => {
            let new: std::collections::BTreeSet<_> =
                pairs.iter().map(|(field, _)| field).filter(|f| !model.contains_key(*f)).collect();
            let words: Vec<_> = pairs.iter().map(|(field, value)| [&**field, &**value]).collect();
            assert_eq!(hash.set_all(&words, false, limits), new.len());
            model.extend(pairs.into_iter().map(|(field, value)| (field, (value, None))));
        }
        Step::RemoveAll(fields) => {
            let words: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
            hash.remove_all(&words, |field| assert!(model.remove(field).is_some()));
            fields.iter().for_each(|field| assert!(!model.contains_key(field)));
        }
        Step::Clone => *hash = hash.clone(),
        Step::Share => {
            let shared = hash.is_sharable();
            assert_eq!(hash.share(templates, false).is_some(), shared);
        }
        Step::Unshare => hash.unshare(limits),
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
        let (limits, templates) = (limits(entries), templates());
        for step in steps {
            apply(&mut hash, &mut model, &limits, &templates, step);
            check(&hash, &model);
            let shared = hash.template().is_some();
            assert_eq!((templates.len(), templates.keys()), (shared.into(), shared.into()));
        }
        drop(hash);
        assert!(templates.is_empty());
    }
}

#[test]
fn hashes_share_names() {
    let (limits, templates) = (limits(3), templates());
    let held = templates.make(&[b"a", b"b", b"name"]);
    let mut first = Hash::from_template(&held, &[b"1", b"v", b"3"], &limits);
    drop(held);
    assert_eq!((order(&first), first.encoding().name()), ("abname".into(), "template-listpack"));
    let mut second = Hash::new();
    second.set_all(&[[b"name", b"x"], [b"b", b"y"], [b"a", b"z"]], false, &limits);
    assert_eq!(second.share(&templates, true), Some((0, 1)));
    assert_eq!((templates.len(), templates.keys()), (1, 2));
    // The longer name stands behind, and an own template begins.
    assert_eq!(second.set_all(&[[b"c", b"1"], [b"a", b"2"]], false, &limits), 1);
    assert_eq!((order(&second), second.encoding().name()), ("abcname".into(), "template-array"));
    assert_eq!((templates.len(), templates.keys()), (2, 2));
    let share = |hash: &Hash| hash.template().map(Template::share_bytes);
    let alone = share(&first);
    second.remove_all(&[b"c", b"c", b"none"], |field| assert_eq!(field, b"c"));
    assert_eq!((templates.len(), second.encoding().name()), (1, "template-array"));
    assert!(share(&first) < alone);
    first.set(b"a", b"longer than a listpack may hold", false, &limits);
    assert_eq!(first.encoding(), HashEncoding::TemplateArray);
    first.expect_expiry(&limits);
    assert_eq!(first.encoding(), HashEncoding::Hashtable);
    let freed = std::thread::spawn(move || drop(second));
    freed.join().expect("dropping does not panic");
    assert_eq!((templates.len(), templates.keys()), (0, 0));
}

#[test]
fn payloads_of_names_are_kept_for_a_while() {
    let templates = templates();
    let held = templates.make(&[b"name"]);
    let before = templates.memory_bytes();
    let bytes = held.listpack_bytes();
    assert_eq!(*bytes, *b"\x0d\0\0\0\x01\0\x84name\x05\xff");
    assert_eq!(templates.memory_bytes(), before + bytes.len());
    // The second time finds it unused since the first.
    templates.drop_unused_payloads();
    assert_eq!(templates.memory_bytes(), before + bytes.len());
    templates.drop_unused_payloads();
    assert_eq!(templates.memory_bytes(), before);
    let long = vec![b'x'; 16 << 20];
    let big = templates.make(&[&long]);
    let before = templates.memory_bytes();
    assert_eq!(big.listpack_bytes().len(), (16 << 20) + 16);
    assert_eq!(templates.memory_bytes(), before);
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
