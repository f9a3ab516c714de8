//! The words against the structures they hold.

use super::*;
use crate::{Intset, Listpack};
use proptest::prelude::*;
use std::rc::Rc;

const CASES: u32 = if cfg!(miri) { 8 } else { 300 };

type Word = OneOfThree<Listpack, Boxed<(u64, Rc<()>)>, Intset>;
type Model = Three<Listpack, (u64, Rc<()>), Intset>;

#[derive(Clone, Debug)]
enum Step {
    BecomeSmall,
    BecomeLarge(u64),
    BecomeIntegers,
    Add(i64),
    Remove,
    Relocate(bool),
    Copy,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::BecomeSmall),
        1 => any::<u64>().prop_map(Step::BecomeLarge),
        1 => Just(Step::BecomeIntegers),
        8 => (-70_000..70_000_i64).prop_map(Step::Add),
        2 => Just(Step::Remove),
        2 => any::<bool>().prop_map(Step::Relocate),
        1 => Just(Step::Copy),
    ]
}

fn apply(word: &mut Word, model: &mut Model, step: &Step, drops: &Rc<()>) {
    match step {
        Step::BecomeSmall => {
            *word = Word::new(Three::Small(Listpack::new()));
            *model = Three::Small(Listpack::new());
        }
        Step::BecomeLarge(number) => {
            *word = Word::new(Three::Large(Boxed::new((*number, drops.clone()))));
            *model = Three::Large((*number, drops.clone()));
        }
        Step::BecomeIntegers => {
            *word = Word::new(Three::Integers(Intset::new()));
            *model = Three::Integers(Intset::new());
        }
        Step::Add(integer) => {
            match word.get_mut() {
                Three::Small(pack) => pack.push_back_integer(*integer),
                Three::Large(boxed) => boxed.0 ^= integer.cast_unsigned(),
                Three::Integers(integers) => {
                    integers.insert(*integer);
                }
            }
            match model {
                Three::Small(pack) => pack.push_back_integer(*integer),
                Three::Large(pair) => pair.0 ^= integer.cast_unsigned(),
                Three::Integers(integers) => {
                    integers.insert(*integer);
                }
            }
        }
        Step::Remove => {
            let least = |integers: &mut Intset| Some(integers.remove(integers.get(0)?));
            let remove = |pack: &mut Listpack| pack.first().map(|first| pack.remove(first, 1));
            match word.get_mut() {
                Three::Small(pack) => {
                    remove(pack);
                }
                Three::Integers(integers) => {
                    least(integers);
                }
                Three::Large(_) => {}
            }
            match model {
                Three::Small(pack) => {
                    remove(pack);
                }
                Three::Integers(integers) => {
                    least(integers);
                }
                Three::Large(_) => {}
            }
        }
        Step::Relocate(moves) => {
            let mut judge = |_| *moves;
            match word.get_mut() {
                Three::Small(pack) => pack.relocate(&mut judge),
                Three::Large(boxed) => Boxed::relocate(boxed, &mut judge),
                Three::Integers(integers) => integers.relocate(&mut judge),
            }
        }
        Step::Copy => *word = word.clone(),
    }
}

fn check(word: &Word, model: &Model) {
    match (word.get(), model) {
        (Three::Small(pack), Three::Small(expected)) => {
            assert_eq!(pack.as_bytes(), expected.as_bytes());
        }
        (Three::Large(boxed), Three::Large(expected)) => assert_eq!(boxed.0, expected.0),
        (Three::Integers(integers), Three::Integers(expected)) => {
            assert_eq!(integers.as_bytes(), expected.as_bytes());
        }
        _ => panic!("the word holds another structure"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn behaves_like_an_enum(steps in prop::collection::vec(step(), 0..60)) {
        let drops = Rc::new(());
        let mut word = Word::new(Three::Small(Listpack::new()));
        let mut model = Three::Small(Listpack::new());
        for step in &steps {
            apply(&mut word, &mut model, step, &drops);
            check(&word, &model);
        }
        drop((word, model));
        assert_eq!(Rc::strong_count(&drops), 1, "what a word held is dropped once");
    }
}

#[test]
fn takes_one_word() {
    assert_eq!(size_of::<Word>(), 8);
    assert_eq!(size_of::<Option<OneOfTwo<Listpack, Boxed<u64>>>>(), 8);
}
