//! A database against a plain map, with its expiry indexes checked after each step.

use super::*;
use crate::hash::HashLimits;
use crate::relocate::RelocateCursor;
use crate::string::StringBuffer;
use proptest::prelude::*;
use std::collections::BTreeMap;

const LIMITS: HashLimits = HashLimits {
    listpack_entries_max: 4,
    listpack_value_bytes_max: 8,
    seed: HashSeed::new([7; 16]),
};

#[derive(Clone, Debug)]
enum Step {
    SetString(u8, Vec<u8>, Option<bool>, i64),
    SetField(u8, u8, Option<i64>),
    Remove(u8),
    Expiry(u8, Option<i64>),
    Persist(u8),
    Rename(u8, u8),
    Append(u8, Vec<u8>),
    Rehash,
    Relocate,
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(b'0'..=b'9', 0..60);
    let key = 0..60u8;
    let at = 1..50i64;
    prop_oneof![
        8 => (key.clone(), bytes(), any::<Option<bool>>(), at.clone())
            .prop_map(|(key, bytes, keep, at)| Step::SetString(key, bytes, keep, at)),
        8 => (key.clone(), 0..10u8, prop::option::of(at.clone()))
            .prop_map(|(key, field, at)| Step::SetField(key, field, at)),
        6 => key.clone().prop_map(Step::Remove),
        6 => (key.clone(), prop::option::of(at)).prop_map(|(key, at)| Step::Expiry(key, at)),
        2 => key.clone().prop_map(Step::Persist),
        3 => (key.clone(), key.clone()).prop_map(|(from, to)| Step::Rename(from, to)),
        3 => (key, bytes()).prop_map(|(key, bytes)| Step::Append(key, bytes)),
        1 => Just(Step::Rehash),
        1 => Just(Step::Relocate),
        1 => Just(Step::Take),
    ]
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    String(Vec<u8>),
    Hash(BTreeMap<u8, Option<i64>>),
}

type Model = BTreeMap<u8, (Content, Option<i64>)>;

fn content_of(record: &KeyRecord) -> Content {
    if let Some(hash) = hash_in(record) {
        return Content::Hash(
            (0..10)
                .filter_map(|field| hash.get(&[field]).map(|view| (field, view.expiry_ms)))
                .collect(),
        );
    }
    let mut buffer = StringBuffer::new();
    Content::String(string::bytes(record, &mut buffer).expect("it is no hash").to_vec())
}

fn check_slots(database: &Database, model: &Model) {
    let mut by_slot: BTreeMap<u16, Vec<Box<[u8]>>> = BTreeMap::new();
    for key in 0..60u8 {
        let keys = by_slot.entry(stdx::crc16::key_slot(&[key])).or_default();
        if model.contains_key(&key) {
            keys.push([key].into());
        }
    }
    for (slot, expected) in by_slot {
        let mut keys = database.keys_in_slot(slot, usize::MAX);
        keys.sort();
        assert_eq!(keys, expected);
        assert_eq!(database.count_in_slot(slot), expected.len());
    }
}

fn check(database: &mut Database, model: &Model) {
    assert_eq!(database.len(), model.len());
    for (key, (content, expiry_ms)) in model {
        let record = database.find(&[*key]).expect("the model has the key");
        assert_eq!(&content_of(record), content);
        assert_eq!(record.expiry_ms(), *expiry_ms);
    }
    check_slots(database, model);
    let volatile = model.values().filter(|(_, expiry_ms)| expiry_ms.is_some()).count();
    assert_eq!(database.expires_len(), volatile);
    let next_field = |content: &Content| match content {
        Content::Hash(fields) => fields.values().flatten().min().copied(),
        Content::String(_) => None,
    };
    let with_fields = model.values().filter(|(content, _)| next_field(content).is_some()).count();
    assert_eq!(database.subexpiry_len(), with_fields);
    let due: Vec<u8> = model
        .iter()
        .filter(|(_, (content, _))| next_field(content).is_some_and(|at_ms| at_ms < 25))
        .map(|(key, _)| *key)
        .collect();
    let mut found: Vec<u8> =
        database.hashes_with_expired_fields(25, 1000).iter().map(|key| key[0]).collect();
    found.sort_unstable();
    assert_eq!(found, due);
    check_sampling(database, model);
    // Not always, so that keys stay open across steps.
    if model.len().is_multiple_of(3) {
        assert!(database.histograms_are_right());
    }
}

fn check_sampling(database: &mut Database, model: &Model) {
    // Two rounds from wherever the cursor is see all of the index.
    let mut expired = Vec::new();
    let mut wraps = 0;
    while wraps < 2 {
        let sample = database.sample_expired(25, 1);
        wraps += usize::from(sample.wrapped);
        expired.extend(sample.expired.iter().map(|key| key[0]));
    }
    expired.sort_unstable();
    expired.dedup();
    let due = model.iter().filter(|(_, (_, expiry_ms))| expiry_ms.is_some_and(|at| at < 25));
    assert!(expired.iter().copied().eq(due.map(|(key, _)| *key)));
}

fn set_field(database: &mut Database, key: u8, field: u8, at_ms: Option<i64>) {
    if database.find(&[key]).is_none_or(|record| hash_in(record).is_none()) {
        database.set(&[key], NewPayload::Value(Value::Hash(Hash::new())), SetExpiry::Keep);
    }
    let hash = database.find_mut(&[key]).and_then(hash_in_mut).expect("it is a hash by now");
    hash.set(&[field], b"value", true, &LIMITS);
    hash.set_expiry(&[field], at_ms);
    database.hash_changed(&[key]);
}

fn apply(database: &mut Database, model: &mut Model, step: Step) {
    match step {
        Step::SetString(key, bytes, keep, at_ms) => {
            let old = model.get(&key).and_then(|(_, expiry_ms)| *expiry_ms);
            let (expiry, after) = match keep {
                Some(true) => (SetExpiry::Keep, old),
                Some(false) => (SetExpiry::Clear, None),
                None => (SetExpiry::At(at_ms), Some(at_ms)),
            };
            database.set_string(&[key], &bytes, expiry);
            model.insert(key, (Content::String(bytes), after));
        }
        Step::SetField(key, field, at_ms) => {
            set_field(database, key, field, at_ms);
            let entry = model.entry(key).or_insert((Content::Hash(BTreeMap::new()), None));
            match &mut entry.0 {
                Content::Hash(fields) => {
                    fields.insert(field, at_ms);
                }
                string @ Content::String(_) => *string = Content::Hash([(field, at_ms)].into()),
            }
        }
        Step::Remove(key) => {
            assert_eq!(database.remove(&[key]).is_some(), model.remove(&key).is_some());
        }
        Step::Expiry(key, at_ms) => {
            assert_eq!(database.set_expiry(&[key], at_ms), model.contains_key(&key));
            model.entry(key).and_modify(|(_, expiry_ms)| *expiry_ms = at_ms);
        }
        Step::Persist(key) => {
            let had = model.get_mut(&key).and_then(|(_, expiry_ms)| expiry_ms.take());
            assert_eq!(database.persist(&[key]), had.is_some());
        }
        Step::Rename(from, to) => {
            let renamed = database.rename(&[from], &[to]);
            assert_eq!(renamed.is_some(), model.contains_key(&from));
            if let Some(entry) = model.remove(&from) {
                model.insert(to, entry);
            }
        }
        Step::Append(key, tail) => append(database, model, key, &tail),
        Step::Rehash => {
            database.rehash_step(3);
        }
        Step::Relocate => relocate(database),
        Step::Take => {
            assert_eq!(database.take().len(), model.len());
            model.clear();
        }
    }
}

/// Moves every other allocation.
fn relocate(database: &mut Database) {
    let mut asked = 0;
    let mut judge = |_| {
        asked += 1;
        asked % 2 == 0
    };
    let mut cursor = 0;
    loop {
        cursor = database.relocate(cursor, &mut judge, |record, judge| {
            let mut within = RelocateCursor::default();
            while record.value_mut().is_some_and(|value| value.relocate(&mut within, judge)) {}
        });
        if cursor == 0 {
            break;
        }
    }
}

fn append(database: &mut Database, model: &mut Model, key: u8, tail: &[u8]) {
    let Some(record) = database.find_mut(&[key]) else { return };
    let len = string::append(record, tail);
    match model.get_mut(&key) {
        Some((Content::String(bytes), _)) => {
            bytes.extend_from_slice(tail);
            assert_eq!(len, Some(bytes.len()));
        }
        _ => assert_eq!(len, None),
    }
}

/// With this seed the two keys share a bucket and a tag, and their fields expire at the same time.
#[test]
fn keys_of_one_bucket_and_tag_are_told_apart() {
    let mut database = Database::new(HashSeed::new([3; 16]));
    database.index_slots();
    let mut model = Model::new();
    for key in [38, 28] {
        apply(&mut database, &mut model, Step::SetField(key, 0, Some(16)));
        check(&mut database, &model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_a_map(steps in prop::collection::vec(step(), 0..200)) {
        let mut database = Database::new(HashSeed::new([3; 16]));
        database.index_slots();
        let mut model = Model::new();
        database.count_memory(steps.len() % 2 == 0);
        for step in steps {
            apply(&mut database, &mut model, step);
            check(&mut database, &model);
        }
        assert!(database.histograms_are_right());
    }
}
