//! Streams against a BTreeMap.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{NodeLimits, References, Stream, StreamId, Trim, TrimTo};
use crate::element::to_vec;
use crate::relocate::RelocateCursor;

type Model = BTreeMap<StreamId, Vec<(Vec<u8>, Vec<u8>)>>;

#[derive(Clone, Debug)]
enum Step {
    /// How much higher the ID is, and what is added.
    Add(u64, u64, Vec<(&'static str, String)>),
    /// The entry at this place from the end.
    Delete(usize),
    TrimLen(u64, bool, u64),
    TrimId(usize, bool),
    Look(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let field = prop_oneof![Just("a"), Just("b"), Just("7"), Just("a longer name")];
    let fields = prop::collection::vec((field, "[0-9]{1,3}|[a-z]{0,80}"), 1..4);
    prop_oneof![
        8 => (0..3u64, 0..1000u64, fields).prop_map(|(ms, seq, fields)| Step::Add(ms, seq, fields)),
        3 => (0..40usize).prop_map(Step::Delete),
        1 => (0..40u64, any::<bool>(), 0..9u64).prop_map(|(to, about, limit)| Step::TrimLen(to, about, limit)),
        1 => (0..40usize, any::<bool>()).prop_map(|(at, about)| Step::TrimId(at, about)),
        1 => (0..40usize, 0..40usize).prop_map(|(from, to)| Step::Look(from, to)),
    ]
}

fn id_at(model: &Model, from_end: usize) -> StreamId {
    model.keys().rev().nth(from_end).copied().unwrap_or(StreamId::new(1, 1))
}

fn content(entry: &super::Entry<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    entry.fields().map(|(field, value)| (to_vec(field), to_vec(value))).collect()
}

/// What exact trimming leaves; approximate trimming leaves that and what precedes it to the beginning of its node.
fn trim(stream: &mut Stream, model: &mut Model, to: TrimTo, approximate: bool, limit: u64) {
    let limit = if approximate { limit } else { 0 };
    let doomed: Vec<StreamId> = match to {
        TrimTo::MaxLen(len) => {
            model.keys().take(model.len().saturating_sub(len as usize)).copied().collect()
        }
        TrimTo::MinId(id) => model.range(..id).map(|(id, _)| *id).collect(),
    };
    let removed = stream.trim(&Trim { to, approximate, limit, references: References::Keep });
    assert!(removed as usize <= doomed.len());
    assert!(limit == 0 || removed <= limit);
    assert!(approximate || removed as usize == doomed.len());
    for id in doomed.iter().take(removed as usize) {
        model.remove(id);
    }
}

fn run(steps: Vec<Step>, limits: NodeLimits) {
    let (mut stream, mut model) = (Stream::default(), Model::new());
    let mut added = 0;
    for step in steps {
        match step {
            Step::Add(ms, seq, fields) => {
                let last = stream.last_id;
                let seq = if ms == 0 { last.seq + seq + 1 } else { seq };
                let id = StreamId::new(last.ms + ms, seq);
                let words: Vec<&[u8]> = fields
                    .iter()
                    .flat_map(|(field, value)| [field.as_bytes(), value.as_bytes()])
                    .collect();
                stream.append(id, &words, &limits);
                added += 1;
                let pairs = words.chunks(2).map(|pair| (pair[0].to_vec(), pair[1].to_vec()));
                model.insert(id, pairs.collect());
            }
            Step::Delete(at) => {
                let id = id_at(&model, at);
                assert_eq!(stream.delete(id), model.remove(&id).is_some());
                assert!(!stream.delete(id));
            }
            Step::TrimLen(len, about, limit) => {
                trim(&mut stream, &mut model, TrimTo::MaxLen(len), about, limit);
            }
            Step::TrimId(at, about) => {
                let id = id_at(&model, at);
                trim(&mut stream, &mut model, TrimTo::MinId(id), about, 0);
            }
            Step::Look(from, to) => {
                let (start, end) = (id_at(&model, from), id_at(&model, to));
                let mut found: Vec<_> =
                    stream.range(start, end).map(|entry| (entry.id, content(&entry))).collect();
                let expected: Vec<_> = if start <= end {
                    model.range(start..=end).map(|(id, fields)| (*id, fields.clone())).collect()
                } else {
                    Vec::new()
                };
                assert_eq!(found, expected);
                found.reverse();
                let back: Vec<_> = stream
                    .range_back(start, end)
                    .map(|entry| (entry.id, content(&entry)))
                    .collect();
                assert_eq!(back, found);
                assert_eq!(stream.contains(start), model.contains_key(&start));
            }
        }
        let first = model.first_key_value().map_or(StreamId::MIN, |(id, _)| *id);
        assert_eq!(stream.first_id(), first);
        assert_eq!(stream.len(), model.len());
        assert_eq!(stream.last().map(|entry| entry.id), model.last_key_value().map(|(id, _)| *id));
        assert_eq!(stream.entries_added, added);
    }
    let all: Model = stream
        .range(StreamId::MIN, StreamId::MAX)
        .map(|entry| (entry.id, content(&entry)))
        .collect();
    assert_eq!(all, model);
    let mut loaded = Stream::default();
    for (base, bytes) in stream.nodes() {
        let pack = structures::Listpack::from_bytes(bytes).expect("written by the stream");
        assert!(loaded.add_node(base, pack));
    }
    assert_eq!(loaded.len(), stream.len());
    assert_eq!(loaded.first_id(), stream.first_id());
}

proptest! {
    #[test]
    fn like_a_map(
        steps in prop::collection::vec(step(), 1..150),
        entries_max in 0..12usize,
        bytes_max in prop_oneof![Just(0usize), 1..300usize],
    ) {
        run(steps, NodeLimits { entries_max, bytes_max });
    }
}

/// Nodes, groups, consumers and pending entries move, and nothing else changes.
#[test]
fn moved_pieces_keep_their_content() {
    let limits = NodeLimits { entries_max: 3, bytes_max: 0 };
    let mut stream = Stream::default();
    let mut group = super::Group::new(b"a group", StreamId::MIN, None);
    let consumer = group.add_consumer(b"a consumer", 1).expect("it is the first");
    for seq in 1..200 {
        stream.append(StreamId::new(1, seq), &[b"field", seq.to_string().as_bytes()], &limits);
        group.assign(StreamId::new(1, seq), consumer, 5, 1);
    }
    stream.groups.add(group);
    let before = stream.clone();
    let mut asked = 0;
    let mut cursor = RelocateCursor::default();
    let mut judge = |_| {
        asked += 1;
        asked % 3 != 0
    };
    while stream.relocate(&mut cursor, &mut judge) {}
    assert!(asked > 199 / 3);
    assert!(stream.nodes().eq(before.nodes()));
    let pending = |stream: &Stream| {
        let group = stream.groups.get(b"a group").expect("it was added");
        let entry = |entry: super::PendingEntry<'_>| {
            (entry.id, entry.deliveries, entry.consumer.map(|consumer| consumer.name().to_vec()))
        };
        group.pending_from(StreamId::MIN).map(entry).collect::<Vec<_>>()
    };
    assert_eq!(pending(&stream).len(), 199);
    assert_eq!(pending(&stream), pending(&before));
}
