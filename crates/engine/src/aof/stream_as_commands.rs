//! A stream as the commands that make it: its entries, what is known of IDs, the producers, the groups.

use keyspace::Stream;
use keyspace::element::ElementText;
use keyspace::stream::{Entry, Group, IdText, IdempotenceLimits, StreamId};
use persistence::aof::encode;

/// Entries given back that one command names.
const RELEASED_PER_COMMAND: usize = 64;
/// The greatest number of deliveries that commands take.
const DELIVERIES_MAX: u64 = i64::MAX as u64;

/// The words of one command, one behind the other.
#[derive(Default)]
struct Words {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Words {
    fn start(&mut self, words: &[&[u8]]) -> &mut Self {
        self.bytes.clear();
        self.ends.clear();
        words.iter().for_each(|word| self.text(word));
        self
    }

    fn text(&mut self, word: &[u8]) {
        self.bytes.extend_from_slice(word);
        self.ends.push(self.bytes.len());
    }

    fn id(&mut self, id: StreamId) -> &mut Self {
        self.text(id.text(&mut IdText::default()));
        self
    }

    fn named(&mut self, name: &[u8], value: impl itoa::Integer) -> &mut Self {
        self.text(name);
        self.text(itoa::Buffer::new().format(value).as_bytes());
        self
    }

    fn end(&self, out: &mut Vec<u8>) {
        let starts = std::iter::once(&0).chain(&self.ends);
        let words: Vec<&[u8]> =
            starts.zip(&self.ends).map(|(start, end)| &self.bytes[*start..*end]).collect();
        encode(words.into_iter(), out);
    }
}

/// Writes the commands; a new stream has the limits that are usual.
pub(super) fn write(key: &[u8], stream: &Stream, usual: IdempotenceLimits, out: &mut Vec<u8>) {
    let mut words = Words::default();
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        write_entry(key, &entry, &mut words, out);
    }
    if stream.is_empty() {
        // No command makes a stream without entries, but one that adds an entry and cuts it off at once.
        words.start(&[b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"]).end(out);
    }
    words.start(&[b"XSETID", key]).id(stream.last_id).named(b"ENTRIESADDED", stream.entries_added);
    words.text(b"MAXDELETEDID");
    words.id(stream.max_deleted_id).end(out);
    write_producers(key, stream, usual, &mut words, out);
    for group in stream.groups.iter() {
        write_group(key, group, &mut words, out);
    }
}

fn write_entry(key: &[u8], entry: &Entry<'_>, words: &mut Words, out: &mut Vec<u8>) {
    words.start(&[b"XADD", key]).id(entry.id);
    for (field, value) in entry.fields() {
        words.text(ElementText::default().of(field));
        words.text(ElementText::default().of(value));
    }
    words.end(out);
}

fn write_producers(
    key: &[u8],
    stream: &Stream,
    usual: IdempotenceLimits,
    words: &mut Words,
    out: &mut Vec<u8>,
) {
    let limits = stream.idempotence_limits;
    if limits != usual {
        words.start(&[b"XCFGSET", key]);
        words.named(b"IDMP-DURATION", limits.duration_s);
        words.named(b"IDMP-MAXSIZE", limits.ids_max).end(out);
    }
    let Some(memory) = stream.idempotence() else { return };
    for (producer, _, records) in memory.producers() {
        // The command wants the entry to be there.
        for (idempotent_id, id) in records.filter(|(_, id)| stream.contains(*id)) {
            words.start(&[b"XIDMPRECORD", key, producer, idempotent_id]).id(id).end(out);
        }
    }
}

fn write_group(key: &[u8], group: &Group, words: &mut Words, out: &mut Vec<u8>) {
    let name = group.name();
    words.start(&[b"XGROUP", b"CREATE", key, name]).id(group.last_id);
    match group.entries_read {
        Some(read) => words.named(b"ENTRIESREAD", read).end(out),
        None => words.named(b"ENTRIESREAD", -1).end(out),
    }
    for (number, consumer) in group.consumers() {
        if consumer.pending_len() == 0 {
            words.start(&[b"XGROUP", b"CREATECONSUMER", key, name, consumer.name()]).end(out);
        }
        // A claim makes the consumer as well.
        for entry in group.pending_of(number, StreamId::MIN) {
            words.start(&[b"XCLAIM", key, name, consumer.name(), b"0"]).id(entry.id);
            words.named(b"TIME", entry.delivered_ms);
            words.named(b"RETRYCOUNT", entry.deliveries.min(DELIVERIES_MAX));
            words.text(b"JUSTID");
            words.text(b"FORCE");
            words.end(out);
        }
    }
    write_released(key, group, words, out);
}

/// What was given back, in the order in which it will be delivered again.
fn write_released(key: &[u8], group: &Group, words: &mut Words, out: &mut Vec<u8>) {
    let released: Vec<(StreamId, u64)> = group
        .pending_by_age()
        .take(group.released_len())
        .map(|entry| (entry.id, entry.deliveries.min(DELIVERIES_MAX)))
        .collect();
    for same in released.chunk_by(|one, other| one.1 == other.1) {
        for part in same.chunks(RELEASED_PER_COMMAND) {
            words.start(&[b"XNACK", key, group.name(), b"FAIL"]).named(b"IDS", part.len());
            for (id, _) in part {
                words.id(*id);
            }
            words.named(b"RETRYCOUNT", part[0].1).text(b"FORCE");
            words.end(out);
        }
    }
}
