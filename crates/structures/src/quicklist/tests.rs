//! Quicklists against a vector.

use super::{End, NodeLimit, NodeView, Quicklist, Side};
use crate::listpack::Element;
use proptest::prelude::*;

fn text(element: Element<'_>) -> Vec<u8> {
    match element {
        Element::Bytes(bytes) => bytes.to_vec(),
        Element::Integer(integer) => integer.to_string().into_bytes(),
    }
}

fn from(list: &Quicklist, index: usize) -> Vec<Vec<u8>> {
    let mut elements = Vec::new();
    list.visit(index, |element| {
        elements.push(text(element));
        true
    });
    elements
}

fn back_from(list: &Quicklist, count: usize) -> Vec<Vec<u8>> {
    let mut elements = Vec::new();
    list.visit_back(count, |element| {
        elements.push(text(element));
        true
    });
    elements.reverse();
    elements
}

fn check(list: &Quicklist, model: &[Vec<u8>]) {
    assert_eq!(list.len(), model.len());
    assert_eq!(from(list, 0), model);
    assert_eq!(back_from(list, list.len()), model);
    for index in (0..model.len()).step_by(1 + model.len() / 7) {
        assert_eq!(list.get(index, text).as_ref(), Some(&model[index]));
        assert_eq!(from(list, index), model[index..]);
        assert_eq!(back_from(list, index), model[..index]);
    }
    assert_eq!(list.get(model.len(), text), None);
}

/// Nodes are not empty, and compressed as deep inside as they should be.
fn check_nodes(list: &Quicklist) {
    assert!(list.nodes.iter().all(|node| node.count() > 0));
    let (depth, nodes) = (usize::from(list.depth), list.node_len());
    for (index, view) in list.nodes().enumerate() {
        let is_inner = depth > 0 && index >= depth && index + depth < nodes;
        match view {
            NodeView::Compressed { .. } => assert!(is_inner, "{index} of {nodes}"),
            NodeView::Packed(_) | NodeView::Plain(_) if is_inner => {
                let mut node = list.nodes[index].clone();
                node.compress();
                let compressed = matches!(node.view(), NodeView::Compressed { .. });
                assert!(!compressed, "{index} of {nodes} is worth compressing");
            }
            _ => {}
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push(bool, Vec<u8>),
    Pop(bool),
    Insert(usize, bool, Vec<u8>),
    Replace(usize, Vec<u8>),
    Remove(usize, usize),
    RemoveEqual(Vec<u8>, usize, bool),
}

fn element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (0u8..20).prop_map(|n| n.to_string().into_bytes()),
        2 => prop::collection::vec(b'a'..b'c', 0..3),
        1 => (0usize..300).prop_map(|len| vec![b'x'; len]),
        1 => (4000usize..9000).prop_map(|len| vec![b'y'; len]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), element()).prop_map(|(tail, bytes)| Step::Push(tail, bytes)),
        1 => any::<bool>().prop_map(Step::Pop),
        4 => (any::<usize>(), any::<bool>(), element())
            .prop_map(|(at, after, bytes)| Step::Insert(at, after, bytes)),
        2 => (any::<usize>(), element()).prop_map(|(at, bytes)| Step::Replace(at, bytes)),
        1 => (any::<usize>(), 0usize..5).prop_map(|(at, count)| Step::Remove(at, count)),
        1 => (element(), 0usize..4, any::<bool>()).prop_map(|(b, n, t)| Step::RemoveEqual(b, n, t)),
    ]
}

fn end(tail: bool) -> End {
    if tail { End::Tail } else { End::Head }
}

fn apply(step: &Step, list: &mut Quicklist, model: &mut Vec<Vec<u8>>, limit: &NodeLimit) {
    let at = |at: usize, len: usize| at % (len + 1);
    match step {
        Step::Push(tail, bytes) => {
            list.push(end(*tail), bytes, limit);
            model.insert(if *tail { model.len() } else { 0 }, bytes.clone());
        }
        Step::Pop(tail) => {
            let index = if *tail { model.len().saturating_sub(1) } else { 0 };
            let expected = (!model.is_empty()).then(|| model.remove(index));
            assert_eq!(list.pop(end(*tail), text), expected);
        }
        Step::Insert(index, after, bytes) => {
            let index = at(*index, model.len());
            let side = if *after { Side::After } else { Side::Before };
            list.insert(index, side, bytes, limit);
            model.insert((index + usize::from(*after)).min(model.len()), bytes.clone());
        }
        Step::Replace(index, bytes) => {
            let index = at(*index, model.len());
            assert_eq!(list.replace(index, bytes, limit), index < model.len());
            if let Some(place) = model.get_mut(index) {
                place.clone_from(bytes);
            }
        }
        Step::Remove(index, count) => {
            let index = at(*index, model.len());
            let end = (index + count).min(model.len());
            assert_eq!(list.remove_range(index, *count), end - index);
            model.drain(index..end);
        }
        Step::RemoveEqual(bytes, max, tail) => {
            let mut equal: Vec<usize> =
                (0..model.len()).filter(|at| model[*at] == *bytes).collect();
            if *tail {
                equal.reverse();
            }
            equal.truncate(*max);
            assert_eq!(list.remove_equal(bytes, *max, end(*tail)), equal.len());
            let mut index = 0;
            model.retain(|_| {
                index += 1;
                !equal.contains(&(index - 1))
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]

    #[test]
    fn like_a_vector(
        steps in prop::collection::vec(step(), 1..if cfg!(miri) { 20 } else { 120 }),
        parameter in prop_oneof![Just(-1), Just(-2), 0i32..6, Just(128)],
        plain in prop_oneof![Just(None), Just(Some(2)), Just(Some(100))],
        depth in 0i32..4,
    ) {
        let limit = NodeLimit::of_parameter(parameter).with_plain_from(plain).with_depth(depth);
        let (mut list, mut model) = (Quicklist::new(&limit), Vec::new());
        for step in &steps {
            apply(step, &mut list, &mut model, &limit);
            check_nodes(&list);
        }
        check(&list, &model);
        check(&list.clone(), &model);
    }
}

#[test]
fn moved_nodes_keep_their_elements() {
    let limit = NodeLimit::of_parameter(2).with_plain_from(Some(100)).with_depth(2);
    let mut list = Quicklist::new(&limit);
    for index in 0..40 {
        list.push(End::Tail, &vec![b'x'; index * 4], &limit);
    }
    let before = list.clone();
    let moved = (0..).take_while(|index| list.relocate_node(*index, &mut |_| true)).count();
    assert_eq!(moved, list.node_len());
    assert_eq!(from(&list, 0), from(&before, 0));
}
