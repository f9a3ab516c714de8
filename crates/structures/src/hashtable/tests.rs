//! The hash table against a standard map, and its scan guarantees.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const CASES: u32 = if cfg!(miri) { 4 } else { 300 };
const STEPS: usize = if cfg!(miri) { 120 } else { 2000 };
/// Keys beyond which the scan test lets the table grow no more.
const SCAN_KEYS_MAX: u64 = if cfg!(miri) { 100 } else { 3000 };

/// An item that counts its drops through its owner's reference count.
struct Counted(Box<(u64, u64, Rc<()>)>);

impl Item for Counted {
    type Key = u64;
    fn key(&self) -> &u64 {
        &self.0.0
    }
    fn hash_key(seed: &HashSeed, key: &u64) -> u64 {
        // Few different tags, so that tags collide too.
        let hash = seed.hash(&key.to_le_bytes());
        hash & 0x03ff_ffff_ffff_ffff
    }
    fn matches(&self, key: &u64) -> bool {
        self.0.0 == *key
    }
}

fn table() -> HashTable<Counted> {
    HashTable::with_seed(HashSeed::new(*b"0123456789abcdef"))
}

#[derive(Clone, Debug)]
enum Step {
    Set(u64, u64),
    Remove(u64),
    Rehash(usize),
    Policy(u8),
    Expand(usize),
    Clear,
}

fn step(keys: u64) -> impl Strategy<Value = Step> {
    prop_oneof![
        60 => (0..keys, any::<u64>()).prop_map(|(key, value)| Step::Set(key, value)),
        50 => (0..keys).prop_map(Step::Remove),
        3 => (0..20usize).prop_map(Step::Rehash),
        3 => (0..4u8).prop_map(Step::Policy),
        1 => (0..500usize).prop_map(Step::Expand),
        1 => Just(Step::Clear),
    ]
}

fn check(table: &HashTable<Counted>, model: &BTreeMap<u64, u64>) {
    assert_eq!(table.len(), model.len());
    let seen: BTreeMap<u64, u64> = table.iter().map(|item| (item.0.0, item.0.1)).collect();
    assert_eq!(&seen, model);
    assert_eq!(table.iter().count(), model.len());
    let (current, next) = table.stats();
    let children = current.child_buckets + next.as_ref().map_or(0, |next| next.child_buckets);
    assert_eq!(children, table.child_buckets);
    assert_eq!(current.items + next.map_or(0, |next| next.items), model.len());
}

fn run(steps: &[Step], owner: &Rc<()>) {
    let mut table = table();
    let mut old_location = None;
    let mut model = BTreeMap::new();
    for step in steps {
        match *step {
            Step::Set(key, value) => {
                let item = Counted(Box::new((key, value, owner.clone())));
                match table.find_or_slot(&key) {
                    Entry::Occupied(old) => *old = item,
                    Entry::Vacant(slot) => assert_eq!(slot.insert(item).0.1, value),
                }
                model.insert(key, value);
            }
            Step::Remove(key) => {
                assert_eq!(table.remove(&key).map(|item| item.0.1), model.remove(&key));
            }
            Step::Rehash(budget) => {
                table.rehash_step(budget);
            }
            Step::Policy(policy) => table.set_resize_policy(match policy {
                0 => ResizePolicy::Forbid,
                1 => ResizePolicy::Avoid,
                _ => ResizePolicy::Allow,
            }),
            Step::Expand(items) => {
                table.expand_to(items);
            }
            Step::Clear => {
                table.clear();
                model.clear();
            }
        }
        assert_eq!(Rc::strong_count(owner), model.len() + 1);
        // A location of the past names an item or none, never anything else.
        if let Some(item) = old_location.and_then(|location| table.at(location)) {
            assert!(model.contains_key(&item.0.0));
        }
        old_location = table
            .iter()
            .next()
            .and_then(|item| table.locate_hashed(table.hash_of(&item.0.0), &item.0.0));
    }
    for key in model.keys() {
        assert_eq!(table.find(key).map(|item| item.0.1), model.get(key).copied());
        assert_eq!(table.find_mut(key).map(|item| item.0.0), Some(*key));
        let location = table.locate_hashed(table.hash_of(key), key).expect("the key is there");
        assert_eq!(table.at(location).map(|item| item.0.0), Some(*key));
        assert_eq!(table.at_mut(location).map(|item| item.0.0), Some(*key));
    }
    check(&table, &model);
    for item in table.iter_mut() {
        item.0.1 = item.0.1.wrapping_add(1);
    }
    let held: Vec<&mut Counted> = table.iter_mut().collect();
    assert_eq!(held.len(), model.len());
    for item in held {
        item.0.1 = item.0.1.wrapping_sub(1);
    }
    check(&table, &model);
    let mut drained = table.drain();
    let half: Vec<Counted> = drained.by_ref().take(model.len() / 2).collect();
    assert_eq!(drained.len(), model.len() - half.len());
    drop(drained);
    assert_eq!(Rc::strong_count(owner), half.len() + 1);
}

/// Scans a table while `change` grows or shrinks it between calls.
fn scan_all(
    table: &mut HashTable<Counted>,
    mut change: impl FnMut(&mut HashTable<Counted>),
) -> BTreeSet<u64> {
    let mut seen = BTreeSet::new();
    let mut cursor = 0;
    loop {
        cursor = table.scan(cursor, |item| {
            seen.insert(item.0.0);
        });
        if cursor == 0 {
            return seen;
        }
        change(table);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_a_map(keys in 1..400u64, steps in (1..400u64).prop_flat_map(|keys| prop::collection::vec(step(keys), 0..STEPS))) {
        let _ = keys;
        let owner = Rc::new(());
        run(&steps, &owner);
        prop_assert_eq!(Rc::strong_count(&owner), 1);
    }

    #[test]
    fn scan_sees_what_stays(
        start in 0..600u64,
        batches in prop::collection::vec((-300i64..300, 0..40usize), 1..30),
    ) {
        let owner = Rc::new(());
        let start = if cfg!(miri) { start / 10 } else { start };
        let mut table = table();
        let insert = |table: &mut HashTable<Counted>, key| {
            table.insert_unique(Counted(Box::new((key, 0, owner.clone()))));
        };
        for key in 0..start {
            insert(&mut table, key);
        }
        // Keys from `start` on come and go between the calls; those below must all be seen.
        let mut next = start;
        let mut extra: Vec<u64> = Vec::new();
        let mut batches = batches.iter().cycle();
        let seen = scan_all(&mut table, |table| {
            let (change, budget) = *batches.next().expect("a cycle has no end");
            for _ in 0..change.max(0).min(if next > SCAN_KEYS_MAX { 0 } else { 300 }) {
                insert(table, next);
                extra.push(next);
                next += 1;
            }
            for _ in 0..(-change).max(0) {
                if let Some(key) = extra.pop() {
                    table.remove(&key);
                }
            }
            table.rehash_step(budget);
        });
        for key in 0..start {
            prop_assert!(seen.contains(&key), "{} of {} was not seen", key, start);
        }
    }
}

#[test]
fn grows_without_moving_everything_and_shrinks_again() {
    let owner = Rc::new(());
    let mut table = table();
    let count = if cfg!(miri) { 300 } else { 20_000 };
    let mut was_rehashing = false;
    for key in 0..count {
        table.insert_unique(Counted(Box::new((key, key, owner.clone()))));
        was_rehashing |= table.is_rehashing();
    }
    assert!(was_rehashing);
    while table.rehash_step(10) {}
    let (buckets, _) = table.bucket_counts();
    assert!(buckets as u64 * 8 >= count && (buckets as u64) < count);
    for key in 0..count - 10 {
        assert!(table.remove(&key).is_some());
    }
    while table.is_rehashing() {
        table.rehash_step(100);
        table.shrink_if_sparse();
    }
    assert!(table.bucket_counts().0 <= 8, "{:?}", table.bucket_counts());
    assert_eq!(table.stats().0.items, 10);
}

#[test]
fn random_items_are_evenly_spread() {
    let owner = Rc::new(());
    let mut table = table();
    let count = if cfg!(miri) { 20 } else { 200u64 };
    for key in 0..count {
        table.insert_unique(Counted(Box::new((key, 0, owner.clone()))));
    }
    let mut state = 1u64;
    let mut random = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state ^ state >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let draws = if cfg!(miri) { 400 } else { 200_000 };
    let mut counts = vec![0u64; count as usize];
    for _ in 0..draws {
        counts[table.random(&mut random).expect("the table is not empty").0.0 as usize] += 1;
    }
    let expected = draws as f64 / count as f64;
    let chi: f64 = counts.iter().map(|&n| (n as f64 - expected).powi(2) / expected).sum();
    assert!(chi < count as f64 * 1.6, "chi square {chi} for {count} items");
    let mut seen = BTreeSet::new();
    assert_eq!(
        table.sample(10, &mut random, |item| {
            seen.insert(item.0.0);
        }),
        10
    );
    assert_eq!(seen.len(), 10);
}

#[test]
fn policies_hold_the_table_back() {
    let owner = Rc::new(());
    let mut table = table();
    table.set_resize_policy(ResizePolicy::Forbid);
    for key in 0..100 {
        table.insert_unique(Counted(Box::new((key, 0, owner.clone()))));
    }
    assert_eq!(table.bucket_counts(), (1, 0));
    table.set_resize_policy(ResizePolicy::Avoid);
    table.insert_unique(Counted(Box::new((100, 0, owner.clone()))));
    assert!(table.bucket_counts().0.max(table.bucket_counts().1) > 8);
    assert!((0..=100).all(|key| table.contains(&key)));
    table.set_resize_policy(ResizePolicy::Forbid);
    while table.len() < 1000 {
        table.insert_unique(Counted(Box::new((table.len() as u64, 0, owner.clone()))));
    }
    table.set_resize_policy(ResizePolicy::Allow);
    while table.rehash_step(10) || table.resize_if_needed() {}
    assert_eq!(table.bucket_counts(), (128, 0));
}
