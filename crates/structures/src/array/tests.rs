//! Against an ordered map, and the forms of cells.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{ArrayLimits, Cell, CellText, CellView, INDEX_MAX, SparseArray};

#[derive(Clone, Debug)]
enum Step {
    Set(u64, Vec<u8>),
    Run(u64, u8),
    Remove(u64),
    RemoveRange(u64, u64),
    Limits(u32, u32),
}

fn index() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0u64..300,
        2 => 0u64..9000,
        1 => (0u64..4).prop_map(|block| block * 2048 * 256 + 7),
        1 => (0u64..300).prop_map(|back| INDEX_MAX - back),
        1 => 0..=INDEX_MAX,
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|integer| integer.to_string().into_bytes()),
        any::<i16>().prop_map(|integer| format!("{}.5", integer).into_bytes()),
        any::<f64>().prop_map(|double| double.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..9),
        prop::collection::vec(any::<u8>(), 240..300),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (index(), text()).prop_map(|(index, text)| Step::Set(index, text)),
        2 => (index(), 1u8..40).prop_map(|(index, count)| Step::Run(index, count)),
        6 => index().prop_map(Step::Remove),
        2 => (index(), index()).prop_map(|(a, b)| Step::RemoveRange(a.min(b), a.max(b))),
        1 => (0u32..20, 0u32..10).prop_map(|(most, least)| Step::Limits(most, least)),
    ]
}

fn check(array: &SparseArray, model: &BTreeMap<u64, Vec<u8>>) {
    let mut buffer = CellText::default();
    let items: Vec<_> =
        array.iter().map(|(index, cell)| (index, buffer.of(cell).to_vec())).collect();
    let expected: Vec<_> = model.iter().map(|(index, text)| (*index, text.clone())).collect();
    assert_eq!(items, expected);
    let backwards: Vec<_> = array.iter().rev().map(|(index, _)| index).collect();
    assert!(backwards.iter().eq(model.keys().rev()));
    assert_eq!(array.count(), model.len() as u64);
    assert_eq!(array.len(), model.keys().next_back().map_or(0, |last| last + 1));
    let stats = array.slice_stats();
    assert_eq!(stats.dense + stats.sparse, array.slices());
}

proptest! {
    #[test]
    fn same_as_a_map(steps in prop::collection::vec(step(), 1..120)) {
        let mut limits = ArrayLimits { slice_size: 256, sparse_max: 10, sparse_min: 5 };
        let (mut array, mut model) = (SparseArray::new(&limits), BTreeMap::new());
        for step in steps {
            match step {
                Step::Set(index, text) => {
                    let is_new = array.set(index, Cell::new(&text), &limits);
                    prop_assert_eq!(is_new, model.insert(index, text).is_none());
                }
                Step::Run(first, count) => {
                    let last = first.saturating_add(u64::from(count)).min(INDEX_MAX);
                    array.expect(first, last, &limits);
                    for index in first..=last {
                        array.set(index, Cell::new(b"run"), &limits);
                        model.insert(index, b"run".to_vec());
                    }
                }
                Step::Remove(index) => {
                    prop_assert_eq!(array.remove(index, &limits), model.remove(&index).is_some());
                }
                Step::RemoveRange(first, last) => {
                    let before = model.len();
                    model.retain(|index, _| !(first..=last).contains(index));
                    let removed = array.remove_range(first, last, &limits);
                    prop_assert_eq!(removed, (before - model.len()) as u64);
                }
                Step::Limits(most, least) => {
                    limits = ArrayLimits { sparse_max: most, sparse_min: least, ..limits };
                }
            }
            check(&array, &model);
        }
        check(&array.clone(), &model);
        let mut slice = Some(0);
        while let Some(next) = slice {
            slice = array.relocate(next, &mut |_| true);
        }
        check(&array, &model);
        for (index, text) in &model {
            let cell = array.get(*index);
            prop_assert!(cell.is_some_and(|cell| cell.is(text, &mut CellText::default())));
        }
    }

    #[test]
    fn cells_keep_their_text(text in text()) {
        let cell = Cell::new(&text).clone();
        prop_assert!(cell.is(&text, &mut CellText::default()));
    }
}

/// What the genuine server put into which form.
#[test]
fn forms_of_cells() {
    let form = |text: &str| match Cell::new(text.as_bytes()).view() {
        CellView::Integer(_) => 'i',
        CellView::Double(_) => 'd',
        CellView::Short(..) => 's',
        CellView::Text(_) => 't',
    };
    for (text, expected) in [
        ("0", 'i'),
        ("-0", 's'),
        ("2305843009213693951", 'i'),
        ("2305843009213693952", 't'),
        ("-2305843009213693952", 'i'),
        ("3.5", 'd'),
        ("3.14", 's'),
        ("-0.0", 'd'),
        ("1.0", 'd'),
        ("1e5", 's'),
        ("10000000000000000.0", 'd'),
        ("3.141592653589793", 'd'),
        ("0.3333333333333333", 't'),
        ("0.0009765625", 't'),
        ("0.00390625", 'd'),
        ("1180591620717411300000.0", 'd'),
        ("7.450580596923828e-9", 't'),
        ("abcdefg", 's'),
        ("abcdefgh", 't'),
        ("", 's'),
    ] {
        assert_eq!(form(text), expected, "{text}");
    }
}
