//! Records against plain structs of the same contents.

use super::*;
use proptest::prelude::*;
use std::rc::Rc;

const CASES: u32 = if cfg!(miri) { 20 } else { 500 };

#[derive(Debug)]
struct Token(#[expect(dead_code, reason = "counts drops")] Rc<()>, u64);

#[derive(Clone, Debug)]
enum Content {
    Bytes(Vec<u8>, bool),
    Integer(i64),
    Token(u64),
}

impl Content {
    fn payload<'a>(&'a self, owner: &Rc<()>) -> NewPayload<'a, Token> {
        match self {
            Content::Bytes(bytes, raw) => NewPayload::Bytes { bytes, raw: *raw },
            Content::Integer(integer) => NewPayload::Integer(*integer),
            Content::Token(number) => NewPayload::Value(Token(owner.clone(), *number)),
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Replace(Content, bool),
    ReplaceAll(Content, Option<i64>),
    Expiry(Option<i64>),
    Access(u32),
    Rename(Vec<u8>),
    Resize(usize),
    Change,
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..70),
        1 => prop::collection::vec(any::<u8>(), 250..260),
        1 => prop::collection::vec(any::<u8>(), if cfg!(miri) { 300..301 } else { 65_530..65_540 }),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        (bytes(), any::<bool>()).prop_map(|(bytes, raw)| Content::Bytes(bytes, raw)),
        any::<i64>().prop_map(Content::Integer),
        any::<u64>().prop_map(Content::Token),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (content(), any::<bool>()).prop_map(|(content, keep)| Step::Replace(content, keep)),
        (content(), any::<Option<i64>>()).prop_map(|(c, expiry)| Step::ReplaceAll(c, expiry)),
        any::<Option<i64>>().prop_map(Step::Expiry),
        (0..=ACCESS_MAX).prop_map(Step::Access),
        bytes().prop_map(Step::Rename),
        (0..300usize).prop_map(Step::Resize),
        Just(Step::Change),
    ]
}

struct Model {
    key: Vec<u8>,
    content: Content,
    expiry_ms: Option<i64>,
    access: u32,
}

fn check(record: &Record<Token>, model: &Model, owner: &Rc<()>) {
    assert_eq!(record.key(), model.key);
    assert_eq!(record.expiry_ms(), model.expiry_ms);
    assert_eq!(record.access(), model.access);
    let mut owners = 1;
    match (record.view(), &model.content) {
        (View::Bytes { bytes, raw }, Content::Bytes(expected, expected_raw)) => {
            assert_eq!(bytes, expected);
            assert_eq!(raw, *expected_raw);
        }
        (View::Integer(integer), Content::Integer(expected)) => assert_eq!(integer, *expected),
        (View::Value(token), Content::Token(expected)) => {
            assert_eq!(token.1, *expected);
            owners = 2;
        }
        (view, content) => panic!("{view:?} is not {content:?}"),
    }
    assert_eq!(Rc::strong_count(owner), owners);
}

fn apply(
    mut record: Record<Token>,
    model: &mut Model,
    step: Step,
    owner: &Rc<()>,
) -> Record<Token> {
    match step {
        Step::Replace(content, keep) => {
            record.replace_payload(content.payload(owner), keep);
            model.content = content;
            model.expiry_ms = model.expiry_ms.filter(|_| keep);
        }
        Step::ReplaceAll(content, expiry_ms) => {
            record.replace(content.payload(owner), expiry_ms);
            model.content = content;
            model.expiry_ms = expiry_ms;
        }
        Step::Expiry(expiry_ms) => {
            record.set_expiry(expiry_ms);
            model.expiry_ms = expiry_ms;
        }
        Step::Access(access) => {
            record.set_access(access);
            model.access = access;
        }
        Step::Rename(key) => {
            record = record.with_key(&key);
            model.key = key;
        }
        Step::Resize(len) => {
            let is_bytes = record.resize_bytes(len).is_some();
            match &mut model.content {
                Content::Bytes(bytes, raw) => {
                    bytes.resize(len, 0);
                    *raw = true;
                    assert!(is_bytes);
                }
                _ => assert!(!is_bytes),
            }
        }
        Step::Change => match (record.view_mut(), &mut model.content) {
            (ViewMut::Bytes(bytes), Content::Bytes(expected, _)) => {
                bytes.reverse();
                expected.reverse();
            }
            (ViewMut::Integer(integer), Content::Integer(expected)) => {
                *integer ^= 1;
                *expected ^= 1;
            }
            (ViewMut::Value(token), Content::Token(expected)) => {
                token.1 ^= 1;
                *expected ^= 1;
            }
            _ => panic!("the kinds differ"),
        },
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn record_keeps_its_contents(
        key in bytes(),
        content in content(),
        expiry_ms in any::<Option<i64>>(),
        steps in prop::collection::vec(step(), 0..20),
    ) {
        let owner = Rc::new(());
        let mut record = Record::new(&key, content.payload(&owner), expiry_ms);
        let mut model = Model { key, content, expiry_ms, access: 0 };
        check(&record, &model, &owner);
        for step in steps {
            record = apply(record, &mut model, step, &owner);
            check(&record, &model, &owner);
        }
        match (record.into_payload(), model.content) {
            (OwnedPayload::Bytes { bytes, raw }, Content::Bytes(expected, expected_raw)) => {
                prop_assert_eq!((bytes, raw), (expected, expected_raw));
            }
            (OwnedPayload::Integer(integer), Content::Integer(expected)) => prop_assert_eq!(integer, expected),
            (OwnedPayload::Value(token), Content::Token(expected)) => prop_assert_eq!(token.1, expected),
            _ => prop_assert!(false),
        }
        prop_assert_eq!(Rc::strong_count(&owner), 1);
    }

    #[test]
    fn field_record_keeps_its_contents(
        field in bytes(),
        start in bytes(),
        steps in prop::collection::vec((any::<Option<Option<i64>>>(), bytes()), 0..10),
    ) {
        let mut record = FieldRecord::new(&field, &start, None);
        let (mut value, mut expiry) = (start, None);
        for (new_expiry, new_value) in steps {
            match new_expiry {
                Some(new_expiry) if new_value.len() % 2 == 0 => {
                    record.set_expiry(new_expiry);
                    expiry = new_expiry;
                }
                Some(new_expiry) => {
                    record.replace(&new_value, new_expiry);
                    (value, expiry) = (new_value, new_expiry);
                }
                None => {
                    record.set_value(&new_value);
                    value = new_value;
                }
            }
            prop_assert_eq!((record.field(), record.value()), (&field[..], &value[..]));
            prop_assert_eq!(record.expiry_ms(), expiry);
        }
        let copy = record.clone();
        drop(record);
        prop_assert_eq!((copy.field(), copy.value()), (&field[..], &value[..]));
    }

    #[test]
    fn compact_bytes_keep_their_bytes(content in bytes()) {
        let compact = CompactBytes::new(&content);
        prop_assert_eq!(compact.as_bytes(), &content[..]);
        prop_assert_eq!(&compact.clone(), &compact);
    }
}

#[test]
fn a_small_record_takes_one_small_allocation() {
    let (key, value) = ([b'k'; 16], [b'v'; 32]);
    assert_eq!(Record::<Token>::new_bytes(&key, &value, false, None).alloc_bytes(), 56);
    assert_eq!(Record::<Token>::new_bytes(&key, &value, false, Some(1)).alloc_bytes(), 64);
    assert_eq!(Record::<Token>::new_integer(&key, 1, None).alloc_bytes(), 32);
    assert_eq!(size_of::<Option<Record<Token>>>(), 8);
    assert_eq!(CompactBytes::new(&[0; 251]).alloc_bytes(), 256);
}

#[test]
fn replacing_by_the_same_size_reuses_the_allocation() {
    let mut record = Record::<Token>::new_bytes(b"ten bytes.", b"value", false, Some(5));
    let memory = record.memory;
    record.replace_payload(NewPayload::Bytes { bytes: b"other", raw: false }, true);
    record.set_expiry(None);
    record.set_expiry(Some(7));
    record.replace(NewPayload::Integer(3), Some(8));
    assert_eq!(record.memory, memory);
    assert_eq!(record.expiry_ms(), Some(8));
}
