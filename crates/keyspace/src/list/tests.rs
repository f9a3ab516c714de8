//! Encodings of lists, and the small form against the large one.

use super::{End, List, ListEncoding, NodeLimit, Side};
use crate::element::to_vec;

fn all(list: &List) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    list.visit_range(0, usize::MAX, |element| all.push(to_vec(element)));
    all
}

#[test]
fn grows_and_shrinks_between_the_encodings() {
    let limit = NodeLimit::of_parameter(4);
    let mut list = List::new();
    for index in 0..4 {
        list.expect(1, 1, &limit);
        list.push(End::Tail, index.to_string().as_bytes(), &limit);
    }
    assert_eq!(list.encoding(), ListEncoding::Listpack);
    list.expect(1, 1, &limit);
    assert_eq!(list.encoding(), ListEncoding::Quicklist);
    list.push(End::Tail, b"4", &limit);
    assert_eq!(list.remove_range(3, 5), 2);
    list.shrink(&limit);
    assert_eq!(list.encoding(), ListEncoding::Quicklist);
    assert_eq!(list.pop(End::Tail, to_vec), Some(b"2".to_vec()));
    list.shrink(&limit);
    assert_eq!(list.encoding(), ListEncoding::Listpack);
    assert_eq!(all(&list), [b"0", b"1"]);
}

#[test]
fn small_lists_do_what_large_ones_do() {
    let mut lists = [List::new(), List::new()];
    let limit = NodeLimit::of_parameter(2);
    lists[1].expect(0, 100, &limit);
    for list in &mut lists {
        for text in ["a", "b", "a", "c", "a"] {
            list.push(End::Tail, text.as_bytes(), &limit);
        }
        list.push(End::Head, b"7", &limit);
        list.insert(2, Side::Before, b"x", &limit);
        assert!(list.set(0, b"8", &limit));
        assert!(!list.set(9, b"8", &limit));
        assert_eq!(list.find(b"x"), Some(2));
        assert_eq!(list.remove_equal(b"a", 2, End::Tail), 2);
        let mut back = Vec::new();
        list.visit_range_back(3, 9, |element| back.push(to_vec(element)));
        assert_eq!(back, [b"x", b"a", b"8"]);
        assert_eq!(all(list), [b"8", b"a", b"x", b"b", b"c"]);
        assert_eq!(list.get(4, to_vec), Some(b"c".to_vec()));
        assert_eq!(list.remove_equal(b"a", 9, End::Head), 1);
        assert_eq!(list.remove_range(0, 9), 4);
        assert!(list.is_empty());
    }
    assert_ne!(lists[0].encoding(), lists[1].encoding());
}
