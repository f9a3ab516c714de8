//! Both encodings against plain registers, and against what the genuine server stores.

use super::*;
use proptest::prelude::*;

fn values(bytes: &[u8]) -> Registers {
    let mut values = [0; REGISTERS];
    merge(bytes, &mut values).expect("nothing corrupted it");
    values
}

fn mark() -> impl Strategy<Value = Mark> {
    let index = prop_oneof![0..40usize, 0..REGISTERS, REGISTERS - 10..REGISTERS];
    let value = prop_oneof![8 => 1..4u8, 1 => 1..=51u8];
    (index, value).prop_map(|(index, value)| Mark { index, value })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]

    #[test]
    fn both_encodings_are_registers(marks in prop::collection::vec(mark(), 1..300), bytes_max in 0..400usize) {
        let (mut bytes, mut dense, mut model) = (empty(), empty(), [0u8; REGISTERS]);
        prop_assert_eq!(become_dense(&mut dense), Ok(true));
        for mark in marks {
            let is_raised = model[mark.index] < mark.value;
            model[mark.index] = model[mark.index].max(mark.value);
            prop_assert_eq!(raise(&mut bytes, mark, bytes_max), Ok(is_raised));
            prop_assert_eq!(raise(&mut dense, mark, bytes_max), Ok(is_raised));
        }
        prop_assert!(values(&bytes) == model && values(&dense) == model);
        prop_assert_eq!(estimate(&bytes), estimate(&dense));
        prop_assert_eq!(estimate(&bytes), Ok(estimate_of(&model)));
        prop_assert!(encoding(&bytes) == Some(Encoding::Dense) || bytes.len() <= bytes_max.max(empty().len()));
        let mut merged = empty();
        prop_assert_eq!(take_maxima(&mut merged, &model, bytes_max), Ok(()));
        prop_assert!(values(&merged) == model);
    }

    #[test]
    fn no_bytes_are_too_corrupt(tail in prop::collection::vec(any::<u8>(), 0..300), mark in mark()) {
        let mut bytes = header(Encoding::Sparse).to_vec();
        bytes.extend(tail);
        let mut maxima = [0; REGISTERS];
        prop_assert_eq!(merge(&bytes, &mut maxima).is_err(), estimate(&bytes).is_err());
        let _ = runs(&bytes).count();
        let _ = raise(&mut bytes.clone(), mark, 3000);
        let _ = become_dense(&mut bytes);
    }
}

#[test]
fn the_estimate_is_near() {
    let mut bytes = empty();
    for number in 0..if cfg!(miri) { 200u32 } else { 100_000 } {
        let mark = Mark::of(number.to_string().as_bytes());
        raise(&mut bytes, mark, 3000).expect("nothing corrupted it");
        if (number + 1) % 1000 == 0 {
            let estimate = estimate(&bytes).expect("nothing corrupted it") as f64;
            assert!((estimate / f64::from(number + 1) - 1.0).abs() < 0.05, "{number}: {estimate}");
        }
    }
}

#[test]
fn the_header_remembers_an_estimate() {
    let mut bytes = empty();
    assert_eq!(encoding(&bytes), Some(Encoding::Sparse));
    assert_eq!(known_estimate(&bytes), Some(0));
    assert_eq!(raise(&mut bytes, Mark::of(b"a"), 3000), Ok(true));
    assert_eq!(known_estimate(&bytes), None);
    set_estimate(&mut bytes, 1);
    assert_eq!(known_estimate(&bytes), Some(1));
    // PFADD h a, PFDEBUG DECODE h.
    let expected = [
        Run::LongZeros { len: 12711 },
        Run::Values { value: 2, len: 1 },
        Run::LongZeros { len: 3672 },
    ];
    assert_eq!(runs(&bytes).collect::<Vec<_>>(), expected);
    assert_eq!(encoding(&bytes[..15]), None);
    assert_eq!(become_dense(&mut bytes), Ok(true));
    assert_eq!(encoding(&bytes), Some(Encoding::Dense));
    assert_eq!(encoding(&bytes[..bytes.len() - 1]), None);
}
