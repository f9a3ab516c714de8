//! Payloads to begin with: values that our server makes, those that the genuine one made, and encodings of long ago.

use crate::fuzzed::Seed;
use crate::restore::{Target, bulk};

/// What stands behind the value in a payload: version and checksum.
const TRAILER: usize = 10;

/// Sessions that each leave a value at `k`.
const SESSIONS: &str = include_str!("../seeds/sessions.txt");
/// Bodies that the genuine server made in the same sessions: `kind hexadecimal`.
const GENUINE: &str = include_str!("../seeds/genuine.txt");

/// All seeds, those of a kind together.
pub fn all(target: &mut Target) -> Vec<Seed> {
    let mut seeds = genuine();
    seeds.extend(own(target));
    seeds.extend(old());
    seeds.sort_by(|left, right| left.kind.cmp(&right.kind));
    seeds
}

fn genuine() -> Vec<Seed> {
    let lines = GENUINE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (kind, digits) = line.split_once(' ')?;
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            let body = digits.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>()?;
            Some(Seed { kind: kind.to_owned(), body })
        })
        .collect()
}

/// What our server makes of the sessions; commands that it lacks leave nothing.
fn own(target: &mut Target) -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut kind = "";
    for line in SESSIONS.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("## ") {
            kind = name;
        }
        if line.starts_with('#') {
            continue;
        }
        target.command(&[b"FLUSHALL"]);
        for command in line.split(';') {
            let words = testkit::split_words(command).expect("the sessions are well formed");
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            target.command(&words);
        }
        if let Some(mut body) = bulk(target.command(&[b"DUMP", b"k"])) {
            body.truncate(body.len().saturating_sub(TRAILER));
            seeds.push(Seed { kind: kind.to_owned(), body });
        }
    }
    target.command(&[b"FLUSHALL"]);
    seeds
}

/// Type bytes of encodings that no server writes any more.
const LIST: u8 = 1;
const SET: u8 = 2;
const ZSET_WITH_TEXT: u8 = 3;
const MODULE: u8 = 7;
const HASH_ZIPMAP: u8 = 9;
const LIST_ZIPLIST: u8 = 10;
const ZSET_ZIPLIST: u8 = 12;
const HASH_ZIPLIST: u8 = 13;
const LIST_QUICKLIST: u8 = 14;
const HASH_METADATA_EARLY: u8 = 22;
const HASH_LISTPACK_EX_EARLY: u8 = 23;
/// Streams, from the oldest to the newest that had no entries given back.
const STREAMS: [u8; 4] = [15, 19, 21, 26];

fn old() -> Vec<Seed> {
    let plain = ziplist(&[b"a", b"12", b"b", b"1.5", b"c", b"-70000", b"d", b"5000000000"]);
    let long = ziplist(&[b"a", b"1", &[b'x'; 70], b"2", &[b'y'; 300], b"3"]);
    let zipmap = zipmap(&[(b"a", b"1"), (b"bb", b"two"), (b"c", &[b'z'; 100])]);
    let expiring = listpack(&[b"a", b"1"], 4_000_000_000_000);
    let seed = |kind: &str, code: u8, head: &[u8], strings: &[&[u8]]| {
        let mut body = vec![code];
        body.extend_from_slice(head);
        strings.iter().for_each(|string| push_string(&mut body, string));
        Seed { kind: kind.to_owned(), body }
    };
    let mut seeds = vec![
        seed("list-linked", LIST, &[3], &[b"a", b"b", b"12"]),
        seed("ziplist", LIST_ZIPLIST, &[], &[&plain]),
        seed("ziplist", LIST_ZIPLIST, &[], &[&long]),
        seed("ziplist", HASH_ZIPLIST, &[], &[&plain]),
        seed("ziplist", HASH_ZIPLIST, &[], &[&long]),
        seed("ziplist", ZSET_ZIPLIST, &[], &[&plain]),
        seed("ziplist", ZSET_ZIPLIST, &[], &[&long]),
        seed("quicklist1", LIST_QUICKLIST, &[2], &[&plain, &long]),
        seed("zipmap", HASH_ZIPMAP, &[], &[&zipmap]),
        seed("set-table", SET, &[4], &[b"a", b"b", b"12", &[b'z'; 100]]),
        seed("zset-text", ZSET_WITH_TEXT, &[2, 1, b'a', 3, b'1', b'.', b'5', 1, b'b', 254], &[]),
        seed("hash-field-ttl-early", HASH_METADATA_EARLY, &EARLY_FIELDS, &[]),
        seed("hash-field-ttl-early", HASH_LISTPACK_EX_EARLY, &[], &[&expiring]),
        seed("module", MODULE, &MODULE_VALUE, &[]),
    ];
    seeds.extend(STREAMS.map(|code| Seed { kind: "stream-early".to_owned(), body: stream(code) }));
    seeds
}

/// Two fields behind their expiries, of which the second has none.
const EARLY_FIELDS: [u8; 19] =
    [2, 0x81, 0, 0, 3, 0xa3, 0x52, 0x94, 0x40, 0, 1, b'a', 1, b'1', 0, 1, b'b', 1, b'2'];

/// A type's number, an unsigned number, a string, the end.
const MODULE_VALUE: [u8; 16] =
    [0x81, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0x01, 2, 7, 5, 2, b'h', b'i', 0];

/// A stream of one entry, which a group has given to its consumer.
fn stream(code: u8) -> Vec<u8> {
    const ID: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
    const NODE: [u8; 29] = [
        29, 0, 0, 0, 10, 0, 1, 1, 0, 1, 1, 1, 0x81, b'f', 2, 0, 1, 2, 1, 0, 1, 0, 1, 0x81, b'v', 2,
        4, 1, 0xff,
    ];
    let (knows_counts, knows_activity, knows_producers) = (code > 15, code > 19, code > 21);
    let mut body = vec![code, 1];
    push_string(&mut body, &ID);
    push_string(&mut body, &NODE);
    // The length, the last ID, the first, the greatest that was deleted, and how many were ever added.
    body.extend_from_slice(&[1, 1, 1]);
    if knows_counts {
        body.extend_from_slice(&[1, 1, 0, 0, 1]);
    }
    body.extend_from_slice(&[1, 2, b'g', b'1', 1, 1]);
    if knows_counts {
        body.push(1);
    }
    let time_ms = 1_600_000_000_000_u64.to_le_bytes();
    body.push(1);
    body.extend_from_slice(&ID);
    body.extend_from_slice(&time_ms);
    body.push(1);
    body.extend_from_slice(&[1, 2, b'c', b'1']);
    body.extend_from_slice(&time_ms);
    if knows_activity {
        body.extend_from_slice(&time_ms);
    }
    body.push(1);
    body.extend_from_slice(&ID);
    if knows_producers {
        body.extend_from_slice(&[0x40, 100, 0x40, 100, 1, 1, b'p', 1, 1, b'i', 1, 1, 1, 0]);
    }
    body
}

/// A listpack of short strings and, last, a big number.
fn listpack(strings: &[&[u8]], number: i64) -> Vec<u8> {
    let mut bytes = vec![0; 6];
    for string in strings {
        bytes.push(0x80 | string.len() as u8);
        bytes.extend_from_slice(string);
        bytes.push(1 + string.len() as u8);
    }
    bytes.push(0xf4);
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&[9, 0xff]);
    let (len, count) = (bytes.len() as u32, strings.len() as u16 + 1);
    bytes[..4].copy_from_slice(&len.to_le_bytes());
    bytes[4..6].copy_from_slice(&count.to_le_bytes());
    bytes
}

/// A string behind its length, as RDB has it.
fn push_string(body: &mut Vec<u8>, string: &[u8]) {
    match u8::try_from(string.len()) {
        Ok(length @ 0..64) => body.push(length),
        _ => body.extend_from_slice(&[0x40 | (string.len() >> 8) as u8, string.len() as u8]),
    }
    body.extend_from_slice(string);
}

/// A ziplist: header, entries that know the length of the one before, and the end.
fn ziplist(elements: &[&[u8]]) -> Vec<u8> {
    let mut entries: Vec<u8> = Vec::new();
    let (mut previous, mut tail) = (0, 10);
    for element in elements {
        tail = 10 + entries.len();
        let begin = entries.len();
        match u8::try_from(previous) {
            Ok(short @ 0..0xfe) => entries.push(short),
            _ => {
                entries.push(0xfe);
                entries.extend_from_slice(&(previous as u32).to_le_bytes());
            }
        }
        let number: Option<i64> =
            std::str::from_utf8(element).ok().and_then(|text| text.parse().ok());
        match number {
            Some(small @ 0..=12) => entries.push(0xf1 + small as u8),
            Some(number) => match (i16::try_from(number), i32::try_from(number)) {
                (Ok(number), _) => {
                    entries.push(0xc0);
                    entries.extend_from_slice(&number.to_le_bytes());
                }
                (_, Ok(number)) => {
                    entries.push(0xd0);
                    entries.extend_from_slice(&number.to_le_bytes());
                }
                _ => {
                    entries.push(0xe0);
                    entries.extend_from_slice(&number.to_le_bytes());
                }
            },
            None => {
                match u8::try_from(element.len()) {
                    Ok(length @ 0..64) => entries.push(length),
                    _ => entries.extend_from_slice(&[
                        0x40 | (element.len() >> 8) as u8,
                        element.len() as u8,
                    ]),
                }
                entries.extend_from_slice(element);
            }
        }
        previous = entries.len() - begin;
    }
    let total = 10 + entries.len() + 1;
    let mut bytes = (total as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(&(tail as u32).to_le_bytes());
    bytes.extend_from_slice(&(elements.len() as u16).to_le_bytes());
    bytes.extend_from_slice(&entries);
    bytes.push(0xff);
    bytes
}

/// A zipmap: the number of pairs, then each string behind its length, values with the bytes unused behind them.
fn zipmap(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = vec![pairs.len() as u8];
    for (field, value) in pairs {
        bytes.push(field.len() as u8);
        bytes.extend_from_slice(field);
        bytes.extend_from_slice(&[value.len() as u8, 0]);
        bytes.extend_from_slice(value);
    }
    bytes.push(0xff);
    bytes
}
