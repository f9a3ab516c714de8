//! Listpacks against a vector of byte strings.

use super::{Element, Listpack};
use proptest::prelude::*;

fn text(element: Element<'_>) -> Vec<u8> {
    match element {
        Element::Bytes(bytes) => bytes.to_vec(),
        Element::Integer(integer) => integer.to_string().into_bytes(),
    }
}

fn contents(listpack: &Listpack) -> Vec<Vec<u8>> {
    listpack.iter().map(|(_, element)| text(element)).collect()
}

#[derive(Clone, Debug)]
enum Step {
    PushBack(Vec<u8>),
    PushFront(Vec<u8>),
    Insert(usize, Vec<u8>),
    Replace(usize, Vec<u8>),
    Remove(usize, usize),
    Find(Vec<u8>),
}

fn element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        any::<i16>().prop_map(|number| number.to_string().into_bytes()),
        (0..200i64).prop_map(|number| number.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..10),
        (0usize..9000).prop_map(|len| vec![b'x'; len]),
        Just(b"-0".to_vec()),
        Just(b"007".to_vec()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => element().prop_map(Step::PushBack),
        1 => element().prop_map(Step::PushFront),
        2 => (any::<usize>(), element()).prop_map(|(at, text)| Step::Insert(at, text)),
        2 => (any::<usize>(), element()).prop_map(|(at, text)| Step::Replace(at, text)),
        1 => (any::<usize>(), 0usize..4).prop_map(|(at, count)| Step::Remove(at, count)),
        1 => element().prop_map(Step::Find),
    ]
}

fn apply(step: &Step, listpack: &mut Listpack, model: &mut Vec<Vec<u8>>) {
    match step {
        Step::PushBack(text) => {
            listpack.push_back(text);
            model.push(text.clone());
        }
        Step::PushFront(text) => {
            listpack.push_front(text);
            model.insert(0, text.clone());
        }
        Step::Insert(at, text) => {
            let at = at % (model.len() + 1);
            let position = listpack.nth(at);
            listpack.insert_before(position, text);
            model.insert(at, text.clone());
        }
        Step::Replace(at, text) if !model.is_empty() => {
            let at = at % model.len();
            listpack.replace(listpack.nth(at).expect("within the model's length"), text);
            model[at] = text.clone();
        }
        Step::Remove(at, count) if !model.is_empty() => {
            let at = at % model.len();
            listpack.remove(listpack.nth(at).expect("within the model's length"), *count);
            model.drain(at..(at + count).min(model.len()));
        }
        Step::Find(text) => {
            let found = listpack.first().and_then(|first| listpack.find(first, text, 0));
            let expected = model.iter().position(|element| element == text);
            assert_eq!(found, expected.and_then(|index| listpack.nth(index)));
        }
        Step::Replace(..) | Step::Remove(..) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 256 }))]

    #[test]
    fn behaves_as_a_vector(
        steps in prop::collection::vec(step(), 1..if cfg!(miri) { 15 } else { 60 }),
    ) {
        let (mut listpack, mut model) = (Listpack::new(), Vec::new());
        for step in &steps {
            apply(step, &mut listpack, &mut model);
            prop_assert_eq!(contents(&listpack), model.clone());
            prop_assert_eq!(listpack.len(), model.len());
        }
        let copy = Listpack::from_bytes(listpack.as_bytes()).expect("it is well-formed");
        prop_assert_eq!(contents(&copy), model);
        let mut backwards: Vec<_> =
            std::iter::successors(copy.last(), |position| copy.prev(*position)).collect();
        backwards.reverse();
        let forwards: Vec<_> = copy.iter().map(|(position, _)| position).collect();
        prop_assert_eq!(backwards, forwards);
    }

    #[test]
    fn foreign_bytes_are_refused_or_whole(mut bytes in prop::collection::vec(any::<u8>(), 7..60)) {
        let total = bytes.len() as u32;
        bytes[..4].copy_from_slice(&total.to_le_bytes());
        bytes[4..6].fill(0xff);
        *bytes.last_mut().expect("not empty") = 0xff;
        if let Some(listpack) = Listpack::from_bytes(&bytes) {
            prop_assert_eq!(listpack.iter().count(), listpack.len());
        }
    }
}

#[test]
fn skipping_finds_fields_but_not_values() {
    let mut listpack = Listpack::new();
    for text in ["a", "b", "b", "1", "c", "a"] {
        listpack.push_back(text.as_bytes());
    }
    let first = listpack.first().expect("not empty");
    assert_eq!(listpack.find(first, b"b", 1), listpack.nth(2));
    assert_eq!(listpack.find(first, b"1", 1), None);
    assert_eq!(listpack.find(first, b"1", 0), listpack.nth(3));
}

#[test]
fn bytes_are_those_of_redis() {
    let mut listpack = Listpack::new();
    listpack.push_back(b"ab");
    listpack.push_back(b"1");
    listpack.push_back(b"-1");
    listpack.push_back(b"1000000");
    let expected = [
        19, 0, 0, 0, 4, 0, 0x82, b'a', b'b', 3, 1, 1, 0xdf, 0xff, 2, 0xf2, 0x40, 0x42, 0x0f, 4,
        0xff,
    ];
    assert_eq!(listpack.as_bytes()[4..], expected[4..]);
    assert_eq!(listpack.byte_len(), expected.len());
}

/// A listpack of elements encoded by hand.
fn by_hand(elements: &[&[u8]]) -> Listpack {
    let content = elements.concat();
    let total = (6 + content.len() + 1) as u32;
    let count = elements.len() as u16;
    let bytes = [&total.to_le_bytes()[..], &count.to_le_bytes(), &content, &[0xff]].concat();
    Listpack::from_bytes(&bytes).expect("it is well-formed")
}

#[test]
fn maps_and_sets_are_told_from_others() {
    let of = |texts: &[&str]| {
        let mut listpack = Listpack::new();
        texts.iter().for_each(|text| {
            listpack.push_back(text.as_bytes());
        });
        listpack
    };
    assert!(of(&[]).is_distinct_by(2));
    assert!(of(&["a", "b", "b", "a", "1", "a"]).is_distinct_by(2));
    assert!(!of(&["a", "b", "b"]).is_distinct_by(2));
    assert!(!of(&["a", "1", "b", "1", "a", "2"]).is_distinct_by(2));
    assert!(!of(&["7", "1", "b", "1", "7", "2"]).is_distinct_by(2));
    assert!(of(&["7", "a", "77"]).is_distinct_by(1));
    assert!(!of(&["7", "a", "7"]).is_distinct_by(1));
}

#[test]
fn elements_encoded_otherwise_are_not_distinct_for_sure() {
    assert!(by_hand(&[&[1, 1], &[0x81, b'a', 2]]).is_distinct_by(2));
    // One as a string, as an integer of 13 bits, and a string whose length takes a byte more than it needs.
    for odd in [&[0x81, b'1', 2][..], &[0xc0, 1, 2], &[0xe0, 1, b'a', 3]] {
        assert!(!by_hand(&[odd]).is_distinct_by(1), "{odd:?}");
    }
}
