//! Rings that change their size, and the end of the indexes.

use super::{Array, ArrayLimits, CellText};

const LIMITS: ArrayLimits = ArrayLimits { slice_size: 256, sparse_max: 10, sparse_min: 5 };

fn text(array: &Array) -> String {
    let items = array.range(0, Array::INDEX_MAX).map(|(index, cell)| {
        format!("{index}={}", String::from_utf8_lossy(CellText::default().of(cell)))
    });
    items.collect::<Vec<_>>().join(" ")
}

fn filled(texts: &str) -> Array {
    let mut array = Array::new(&LIMITS);
    let texts: Vec<&[u8]> = texts.split(' ').map(str::as_bytes).collect();
    array.set_run(0, &texts, &LIMITS);
    array
}

/// What the genuine server made of rings whose size changed.
#[test]
fn rings_change_their_size() {
    for (cursor, size, expected) in [
        (None, 3, "0=x 1=g 2=h"),
        (Some(3), 3, "0=x 1=c 2=d"),
        (Some(3), 20, "0=e 1=f 2=g 3=h 4=a 5=b 6=c 7=d 8=x"),
        (Some(7), 20, "0=a 1=b 2=c 3=d 4=e 5=f 6=g 7=h 8=x"),
        (Some(7), 8, "0=x 1=b 2=c 3=d 4=e 5=f 6=g 7=h"),
        (Some(99), 8, "0=a 1=b 2=c 3=d 4=x 5=f 6=g 7=h"),
        (Some(99), 5, "0=x 1=a 2=b 3=c 4=d"),
        (None, 20, "0=x 1=b 2=c 3=d 4=e 5=f 6=g 7=h"),
    ] {
        let mut array = filled("a b c d e f g h");
        array.set_cursor(cursor);
        array.insert_ring(size, &[b"x"], &LIMITS);
        assert_eq!(text(&array), expected, "{cursor:?} {size}");
    }
}

#[test]
fn rings_end_at_a_hole() {
    let mut array = filled("a b c d e");
    array.set_cursor(Some(4));
    array.remove_range(2, 2, &LIMITS);
    array.insert_ring(4, &[b"x"], &LIMITS);
    assert_eq!(text(&array), "0=d 1=e 2=x");
}

#[test]
fn no_room_behind_the_last_index() {
    let mut array = filled("a");
    array.set_cursor(Some(Array::INDEX_MAX - 1));
    assert_eq!(array.insert(&[b"x", b"y"], &LIMITS), None);
    assert_eq!(array.insert(&[b"x"], &LIMITS), Some(Array::INDEX_MAX));
    assert_eq!(array.next_index(), None);
    assert_eq!(array.insert(&[b"y"], &LIMITS), None);
}
