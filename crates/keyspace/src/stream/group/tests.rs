//! A group against vectors: one of entries in the order of delivery, one of consumers.

use proptest::prelude::*;

use super::super::id::StreamId;
use super::{Group, PendingEntry};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    id: StreamId,
    delivered_ms: i64,
    deliveries: u64,
    consumer: Option<Vec<u8>>,
}

fn held(entry: PendingEntry<'_>) -> Held {
    Held {
        id: entry.id,
        delivered_ms: entry.delivered_ms,
        deliveries: entry.deliveries,
        consumer: entry.consumer.map(|consumer| consumer.name().to_vec()),
    }
}

/// Entries in the order of delivery.
#[derive(Default)]
struct Model {
    entries: Vec<Held>,
    consumers: Vec<Vec<u8>>,
}

impl Model {
    fn take(&mut self, id: StreamId) -> Option<Held> {
        let at = self.entries.iter().position(|entry| entry.id == id)?;
        Some(self.entries.remove(at))
    }

    fn released(&self) -> usize {
        self.entries.iter().filter(|entry| entry.consumer.is_none()).count()
    }

    fn assign(&mut self, entry: Held) {
        self.take(entry.id);
        let later = |held: &Held| held.consumer.is_some() && held.delivered_ms > entry.delivered_ms;
        let at = self.entries.iter().position(later).unwrap_or(self.entries.len());
        self.entries.insert(at, entry);
    }

    fn release(&mut self, id: StreamId, deliveries: u64) {
        self.take(id);
        let entry = Held { id, delivered_ms: 0, deliveries, consumer: None };
        self.entries.insert(self.released(), entry);
    }

    fn by_id(&self) -> Vec<Held> {
        let mut entries = self.entries.clone();
        entries.sort_by_key(|entry| entry.id);
        entries
    }
}

fn check(group: &Group, model: &Model) {
    let by_id = model.by_id();
    assert_eq!(group.pending_by_age().map(held).collect::<Vec<_>>(), model.entries);
    assert_eq!(group.pending_from(StreamId::MIN).map(held).collect::<Vec<_>>(), by_id);
    assert_eq!(group.pending_len(), by_id.len());
    assert_eq!(group.released_len(), model.released());
    assert_eq!(group.first_pending_id(), by_id.first().map(|entry| entry.id));
    assert_eq!(group.last_pending_id(), by_id.last().map(|entry| entry.id));
    let mut names = model.consumers.clone();
    names.sort();
    let consumers: Vec<_> = group.consumers().collect();
    assert!(consumers.iter().map(|(_, consumer)| consumer.name()).eq(names.iter().map(|it| &**it)));
    for (consumer, it) in consumers {
        let own: Vec<_> =
            by_id.iter().filter(|entry| entry.consumer.as_deref() == Some(it.name())).collect();
        assert_eq!(it.pending_len(), own.len());
        assert!(
            group.pending_of(consumer, StreamId::MIN).map(held).eq(own.iter().copied().cloned())
        );
        let start = StreamId::new(20, 0);
        let later = own.into_iter().filter(|entry| entry.id >= start).cloned();
        assert!(group.pending_of(consumer, start).map(held).eq(later));
    }
}

/// As RDB writes a group and reads it.
fn through_rdb(group: &Group) -> Group {
    let mut copy = Group::new(group.name(), group.last_id, group.entries_read);
    for entry in group.pending_from(StreamId::MIN) {
        assert!(copy.load_pending(entry.id, entry.delivered_ms, entry.deliveries));
        assert!(!copy.load_pending(entry.id, entry.delivered_ms, entry.deliveries));
    }
    for (from, consumer) in group.consumers() {
        let to = copy.load_consumer(consumer.name(), consumer.seen_ms, consumer.active_ms);
        let to = to.expect("names differ");
        for entry in group.pending_of(from, StreamId::MIN) {
            assert!(copy.load_owner(entry.id, to));
            assert!(!copy.load_owner(entry.id, to));
        }
    }
    let released = group.pending_by_age().filter(|entry| entry.consumer.is_none());
    assert!(copy.finish_loading(&released.map(|entry| entry.id).collect::<Vec<_>>()));
    copy
}

proptest! {
    #[test]
    fn like_vectors(
        steps in prop::collection::vec((0u8..10, 0u64..40, 0u8..4, 0i64..6), 1..60),
        spread in 1u64..12,
    ) {
        let mut group = Group::new(b"g", StreamId::MIN, None);
        let mut model = Model::default();
        for (kind, ms, name, delivered_ms) in steps {
            let id = StreamId::new(ms, 0);
            let name = vec![b'a' + name];
            match kind {
                0 => prop_assert_eq!(group.acknowledge(id), model.take(id).is_some()),
                1 => {
                    group.release(id, ms);
                    model.release(id, ms);
                }
                2 if delivered_ms == 0 => {
                    let count = model.entries.len();
                    model.entries.retain(|entry| entry.consumer.as_ref() != Some(&name));
                    model.consumers.retain(|it| *it != name);
                    let removed = group.find_consumer(&name).map(|it| group.remove_consumer(it));
                    prop_assert_eq!(removed.unwrap_or(0), count - model.entries.len());
                }
                _ => {
                    let consumer = match group.find_consumer(&name) {
                        Some(consumer) => consumer,
                        None => {
                            model.consumers.push(name.clone());
                            group.add_consumer(&name, 1).expect("is not there")
                        }
                    };
                    // Several in one go, so that chunks fill.
                    for step in 0..spread {
                        let id = StreamId::new(ms, step);
                        group.assign(id, consumer, delivered_ms, ms);
                        let consumer = Some(name.clone());
                        model.assign(Held { id, delivered_ms, deliveries: ms, consumer });
                    }
                }
            }
            check(&group, &model);
        }
        check(&group.clone(), &model);
        let loaded = through_rdb(&group);
        // Of one moment, those that were read are in the order of their IDs.
        let released = model.released();
        model.entries[released..].sort_by_key(|entry| (entry.delivered_ms, entry.id));
        check(&loaded, &model);
    }
}

#[test]
fn many_entries_take_few_bytes_and_give_them_back() {
    let mut group = Group::new(b"g", StreamId::MIN, None);
    let consumer = group.add_consumer(b"c", 0).expect("is not there");
    let empty = group.memory_bytes();
    let count = 100_000;
    for ms in 0..count {
        group.assign(StreamId::new(ms, 0), consumer, ms as i64, 1);
    }
    let per_entry = (group.memory_bytes() - empty) as u64 / count;
    assert!(per_entry < 64, "{per_entry} bytes per entry");
    for ms in (0..count).step_by(2).chain((10..count / 2).rev().map(|half| half * 2 + 1)) {
        assert!(group.acknowledge(StreamId::new(ms, 0)));
    }
    assert_eq!(group.pending_len(), 10);
    assert!(group.memory_bytes() - empty < 200_000, "{} bytes", group.memory_bytes());
}

#[test]
fn what_was_read_must_fit_together() {
    let id = StreamId::new(1, 0);
    let mut group = Group::new(b"g", id, None);
    assert!(group.load_pending(id, 5, 1));
    assert!(!group.clone().finish_loading(&[]), "nobody's");
    assert!(!group.clone().finish_loading(&[StreamId::new(2, 0)]), "unknown");
    assert!(group.clone().finish_loading(&[id]));
    let consumer = group.load_consumer(b"c", 0, 0).expect("is not there");
    assert!(group.load_consumer(b"c", 0, 0).is_none());
    assert!(group.load_owner(id, consumer));
    assert!(!group.clone().finish_loading(&[id]), "both");
    assert!(group.finish_loading(&[]));
    let mut twice = Group::new(b"g", id, None);
    assert!(twice.load_pending(id, 5, 1) && twice.load_pending(StreamId::new(2, 0), 5, 1));
    assert!(!twice.finish_loading(&[id, id]));
}
