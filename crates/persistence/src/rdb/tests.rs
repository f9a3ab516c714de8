//! Payloads of the genuine server, round trips, and damaged bytes.

use keyspace::array::ArrayLimits;
use keyspace::hash::{HashLimits, Templates};
use keyspace::list::NodeLimit;
use keyspace::set::SetLimits;
use keyspace::sorted_set::SortedSetLimits;
use keyspace::{Hash, HashSeed, KeyRecord, NewPayload, Set, Value, View, encoding_name};
use proptest::prelude::*;

use super::dump::{dump, load, verify};
use super::file::{FileReader, FileWriter, Item};
use super::value::{self, Limits, Loaded};
use super::{RdbError, Writer, type_code};

fn limits(entries: usize) -> Limits {
    let seed = HashSeed::new([7; 16]);
    let templates = Templates::new(seed);
    templates.set_limits(entries, 64);
    Limits {
        hash: HashLimits { listpack_entries_max: entries, listpack_value_bytes_max: 64, seed },
        list: NodeLimit::of_parameter(-2),
        set: SetLimits {
            intset_entries_max: entries,
            listpack_entries_max: entries,
            listpack_value_bytes_max: 64,
            seed,
        },
        sorted_set: SortedSetLimits {
            listpack_entries_max: entries,
            listpack_value_bytes_max: 64,
            seed,
        },
        templates,
        array: ArrayLimits { slice_size: 4096, sparse_max: 10, sparse_min: 5 },
        now_ms: 0,
    }
}

fn record(loaded: Loaded<'_>) -> Result<KeyRecord, RdbError> {
    let payload = match loaded {
        Loaded::String(ref bytes) => keyspace::string::payload(bytes),
        Loaded::Value(value) => NewPayload::Value(value),
        Loaded::Module { .. } => return Err(RdbError::UnknownType(7)),
    };
    Ok(KeyRecord::new(b"k", payload, None))
}

fn restore(payload: &[u8], entries: usize) -> Result<KeyRecord, RdbError> {
    verify(payload, false).and_then(|body| load(body, &limits(entries))).and_then(record)
}

/// Payloads that the genuine server's DUMP returned, with the encoding it had.
const GENUINE: &[(&str, &[u8])] = &[
    ("embstr", b"\x00\x05hello\x0f\x00x\xf6\xbaz\xcb\x98\xdd\xf2"),
    ("int", b"\x00\xc0\x0c\x0f\x00'\xae\x9d]\xf2\xa8A-"),
    ("int", b"\x00\xc1\xd2\x04\x0f\x00\x1b\x03m\xad\xea.\xa1\x15"),
    ("int", b"\x00\xc2@\xe2\x01\x00\x0f\x00X\xa2\"\xf8\xed\xb5\x8f{"),
    ("int", b"\x00\x0b12345678901\x0f\x00+\xca7\xdb\x89\xbb\x98\xe8"),
    ("embstr", b"\x00\xc3\t%\x01aa\xe0\x18\x00\x01aa\x0f\x00\xe3-\x95\xe9\x8dN\\\x97"),
    (
        "listpack",
        b"\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81g\x02\x0c\x01\xff\x0f\x00\xc5\x97\\\x9fY/|\x86",
    ),
    (
        "listpackex",
        b"\x19\x00@\x94R\xa3\x03\x00\x00\x1e\x1e\x00\x00\x00\x06\x00\x81f\x02\x81v\x02\xf4\x00@\x94R\xa3\x03\x00\x00\t\x81g\x02\x0c\x01\x00\x01\xff\x0f\x00\xc5\xecvF\x04C\xa3\xe7",
    ),
    (
        "listpack",
        b"\x12\x01\x02\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x0c\x01\xff\x0f\x00\x06MR6C\x1b\xcd\xb8",
    ),
    (
        "intset",
        b"\x0b\x0e\x02\x00\x00\x00\x03\x00\x00\x00\x01\x00\x02\x00\x03\x00\x0f\x00\xbe\x869\xee\xc3\xc2\xb0\xe3",
    ),
    (
        "listpack",
        b"\x14\x10\x10\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x81c\x02\xff\x0f\x00\x1fn\x8c\x18\x98;\x8dF",
    ),
    (
        "listpack",
        b"\x11\x14\x14\x00\x00\x00\x04\x00\x81a\x02\x01\x01\x81b\x02\x832.5\x04\xff\x0f\x00\xcf\xc8\x0b\xa8X\xe8$/",
    ),
    (
        "template-listpack",
        b"\x1d\x00\x12\x12\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x83ccc\x04\xff\x10\x10\x00\x00\x00\x04\x00\x00\x01\x01\x01\x81v\x02\x03\x01\xff\x0f\x00{\x1a\xddh\xcd\xd6j\x1e",
    ),
    (
        "template-array",
        b"\x1f\x00\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff\xc0\x01\xc3\x09@F\x01yy\xe09\x00\x01yy\x0f\x00\"\xdd8\xe6\x8aaJN",
    ),
    (
        "template-listpack",
        b"\x1d\x01\x02\x01b\xc3\x09@A\x01xx\xe04\x00\x01xx\x0d\x0d\x00\x00\x00\x03\x00\x00\x01\x02\x01\x01\x01\xff\x0f\x00\x1b\x1f\xf7\xf4\x7f7\xef\x9f",
    ),
    (
        "template-array",
        b"\x1f\x01\x02\x01b\xc3\x09@A\x01xx\xe04\x00\x01xx\xc3\x09@B\x01zz\xe05\x00\x01zz\xc0\x01\x0f\x00k\xf3\x04\x18:\xf8B6",
    ),
    (
        "stream",
        b"\x1b\x04\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01@DD\x00\x00\x00\x18\x00\x01\x01\x02\x01\x02\x01\x84name\x05\x83age\x04\x00\x01\x03\x01\x00\x01\x00\x01\x82n1\x03\x01\x01\x05\x01\x03\x01\x01\x01\x00\x01\x82n2\x03\x02\x01\x05\x01\x02\x01\x02\x01\x00\x01\x82n3\x03\x03\x01\x05\x01\xff\x10\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\xc3>@D\x16D\x00\x00\x00\x18\x00\x03\x01\x00\x01\x02\x01\x84name\x05\x83age\x04@\x0e\x00\x00 \x01\x06\x82n4\x03\x04\x01\x05 \x1c\x00\x01`\r\x025\x03\x05`\r@\x1d\x04\x82n6\x03\x06 \r\x00\xff\x10\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x01@UU\x00\x00\x00\x1a\x00\x02\x01\x01\x01\x02\x01\x84name\x05\x83age\x04\x00\x01\x03\x01\x00\x01\x00\x01\x82n7\x03\x07\x01\x05\x01\x00\x01\x01\x01\x00\x01\x01\x01\x85other\x06\xdf\xfb\x02\x06\x01\x00\x01\xf4\xf8?z\x10\xf3Z\x00\x00\t\xdf\xff\x02\x01\x01\x81a\x02\x81b\x02\x06\x01\xff\x10\x00\x00Z\xf3\x10z?\xff\x00\x00\x00\x00\x00\x00\x00\x01((\x00\x00\x00\x0f\x00\x02\x01\x00\x01\x01\x01\x81a\x02\x00\x01\x02\x01\x00\x01\x00\x01\x81b\x02\x04\x01\x02\x01\x00\x01\x01\x01\x81b\x02\x04\x01\xff\x08\x81\x00\x00Z\xf3\x10z?\xff\x02\x03\x01\x07\x01\x0b\x02\x01g\x05\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x03\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x9a\x03\x88\x1e\xa2\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x9b\x03\x88\x1e\xa2\x01\x00\x00\x01\x02\x05alice\x9a\x03\x88\x1e\xa2\x01\x00\x00\x9a\x03\x88\x1e\xa2\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x03bob\x9b\x03\x88\x1e\xa2\x01\x00\x00\x9b\x03\x88\x1e\xa2\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x01\x01h\x04\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00\x01\x04idle\x9a\x03\x88\x1e\xa2\x01\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00@d@d\x02\x01p\x01\x01i\x81\x00\x00Z\xf3\x10z?\xff\x01\x01q\x01\x01j\x81\x00\x00Z\xf3\x10z?\xff\x02\x02\x01\x0f\x00`\x1836\x91\xe84\xff",
    ),
    (
        "stream",
        b"\x1b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01g\x05\x05\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00@d@d\x00\x00\x00\x0f\x00\xb1\xf6\x05\x06\x17\xe1\x0b`",
    ),
];

/// The same of values in large encodings, whose limits are one element.
const GENUINE_LARGE: &[(&str, &[u8])] = &[
    ("hashtable", b"\x04\x02\x01g\xc0\x0c\x01f\x01v\x0f\x00\xce|\xdd\x0c\xc06\xaf\x9d"),
    (
        "hashtable",
        b"\x18\x00@\x94R\xa3\x03\x00\x00\x02\x00\x01g\xc0\x0c\x01\x01f\x01v\x0f\x00\xff\xbai\xc5\x01\xf7\xd9\x19",
    ),
    ("hashtable", b"\x02\x03\x01a\x01c\x01b\x0f\x00\x16\xfa\xef\r\xe2R\xcf\x94"),
    (
        "skiplist",
        b"\x05\x02\x01b\x00\x00\x00\x00\x00\x00\x04@\x01a\x00\x00\x00\x00\x00\x00\xf0?\x0f\x00\xef\xea\xd25\xb7\xda\x8fi",
    ),
];

#[test]
fn genuine_payloads_are_read_and_written_alike() {
    for (encoding, payload) in GENUINE {
        let record = restore(payload, 128).expect("the payload is genuine");
        assert_eq!(encoding_name(&record), *encoding);
        assert_eq!(dump(&record, 0, true).as_deref(), Some(*payload));
    }
    for (encoding, payload) in GENUINE_LARGE {
        let record = restore(payload, 1).expect("the payload is genuine");
        assert_eq!(encoding_name(&record), *encoding);
        let again = dump(&record, 0, true).expect("the type can be written");
        assert_eq!(again.len(), payload.len());
        assert!(restore(&again, 1).is_ok());
    }
}

#[test]
fn old_encodings_are_read() {
    let ziplist = b"\x14\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xfe\x05\xff";
    let mut ziplist = ziplist.to_vec();
    ziplist[0] = ziplist.len() as u8;
    let zipmap = b"\x01\x01f\x01\x00v\xff";
    let value = |code: u8, head: &[u8], strings: &[&[u8]]| {
        let mut writer = Writer::default();
        writer.byte(code);
        writer.raw(head);
        strings.iter().for_each(|string| writer.string(string));
        writer.take()
    };
    for (body, encoding) in [
        (value(type_code::LIST, &[2], &[b"a", b"b"]), "listpack"),
        (value(type_code::LIST_ZIPLIST, &[], &[&ziplist]), "quicklist"),
        (value(type_code::LIST_QUICKLIST, &[2], &[&ziplist, &ziplist]), "quicklist"),
        (value(type_code::LIST_QUICKLIST, &[1], &[&ziplist]), "listpack"),
        (value(type_code::HASH_ZIPLIST, &[], &[&ziplist]), "listpack"),
        (value(type_code::HASH_ZIPMAP, &[], &[zipmap]), "listpack"),
        (value(type_code::ZSET_ZIPLIST, &[], &[&ziplist]), "listpack"),
        (value(type_code::ZSET, &[1, 1, b'a', 3, b'1', b'.', b'5'], &[]), "listpack"),
        (value(type_code::HASH_METADATA_EARLY, &[1, 5], &[b"f", b"v"]), "listpackex"),
    ] {
        let loaded = load(&body, &limits(128)).and_then(record);
        assert_eq!(loaded.as_ref().map(encoding_name), Ok(encoding), "{body:?}");
    }
    for code in [type_code::LIST, type_code::SET, type_code::ZSET_2, type_code::HASH] {
        assert_eq!(load(&[code, 0], &limits(128)).err(), Some(RdbError::Empty));
    }
    let zset = value(type_code::ZSET, &[1, 1, b'a', 253], &[]);
    assert!(load(&zset, &limits(128)).is_err());
}

#[test]
fn payloads_of_others_are_refused() {
    let (_, payload) = GENUINE[0];
    let mut changed = payload.to_vec();
    changed[3] ^= 1;
    assert!(matches!(verify(&changed, false), Err(RdbError::Checksum)));
    assert!(matches!(verify(&payload[..9], false), Err(RdbError::Truncated)));
    let mut newer = payload.to_vec();
    newer[payload.len() - 10] = 16;
    assert!(matches!(verify(&newer, false), Err(RdbError::Version(16))));
    assert_eq!(
        load(b"\x00\x01ab", &limits(1)).err(),
        Some(RdbError::Corrupt("Bytes are left over behind the value."))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn damaged_payloads_do_no_harm(
        index in 0usize..100,
        changes in prop::collection::vec((any::<u16>(), any::<u8>()), 1..6),
        cut in any::<u16>(),
    ) {
        let all: Vec<_> = GENUINE.iter().chain(GENUINE_LARGE).collect();
        let (_, payload) = all[index % all.len()];
        let mut body = payload[..payload.len() - 10].to_vec();
        for (at, byte) in changes {
            let at = usize::from(at) % body.len();
            body[at] = byte;
        }
        if cut % 4 == 0 {
            body.truncate(usize::from(cut) % body.len());
        }
        if let Ok(record) = load(&body, &limits(4)).and_then(record) {
            let again = dump(&record, 0, true).expect("the type can be written");
            prop_assert!(restore(&again, 4).is_ok());
        }
    }
}

/// Reads a file and returns its keys with their encodings.
fn keys_of(bytes: &[u8]) -> Result<Vec<String>, RdbError> {
    let (mut reader, limits) = (FileReader::new(bytes)?, limits(128));
    let mut keys = Vec::new();
    while let Some(item) = reader.next(&limits)? {
        if let Item::Key(item) = item {
            let encoding = encoding_name(&record(item.loaded)?);
            let key = String::from_utf8_lossy(&item.key).into_owned();
            keys.push(format!("{key} {encoding} {:?} {:?}", item.expiry_ms, item.idle_s));
        }
    }
    Ok(keys)
}

fn file() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sink = |part: &[u8]| -> Result<(), ()> {
        bytes.extend_from_slice(part);
        Ok(())
    };
    let mut writer = FileWriter::new(true, true);
    writer.remark("redis-ver", b"8.10.2");
    writer.database(3, 2, 1);
    assert!(writer.key(&KeyRecord::new_integer(b"n", 5, Some(7)), Some(9), None));
    writer.flush(&mut sink).expect("the sink takes all");
    assert!(writer.key(&KeyRecord::new_bytes(b"s", b"abc", false, None), None, None));
    writer.finish(&mut sink).expect("the sink takes all");
    bytes
}

#[test]
fn files_come_back() {
    let bytes = file();
    let expected = vec!["n int Some(7) Some(9)".to_owned(), "s embstr None None".to_owned()];
    assert_eq!(keys_of(&bytes), Ok(expected));
    for end in 0..bytes.len() {
        assert!(keys_of(&bytes[..end]).is_err());
    }
    let mut changed = bytes.clone();
    changed[15] ^= 1;
    assert!(keys_of(&changed).is_err());
}

#[test]
fn older_files_hold_the_same_in_other_forms() {
    let templates = Templates::new(HashSeed::new([1; 16]));
    let template = templates.make(&[b"a", b"name"]);
    let limits = limits(128);
    for (version, set_type) in [(10, type_code::SET), (11, type_code::SET_LISTPACK)] {
        let mut bytes = Vec::new();
        let mut sink = |part: &[u8]| -> Result<(), ()> {
            bytes.extend_from_slice(part);
            Ok(())
        };
        let mut writer = FileWriter::of_version(version, false, true);
        writer.template(&template);
        let mut set = Set::new_listpack();
        set.add(b"member", &limits.set);
        let hash = Hash::from_template(&template, &[b"1", b"2"], &limits.hash);
        for (key, value) in [
            (b"s", Value::Set(set)),
            (b"h", Value::Hash(hash)),
            (b"x", Value::Stream(Box::default())),
        ] {
            let record = KeyRecord::new(key, NewPayload::Value(value), None);
            assert_eq!(value::unknown_to_older(&record), None);
            assert!(writer.key(&record, None, None));
        }
        writer.finish(&mut sink).expect("the sink takes all");
        assert!(bytes.starts_with(format!("REDIS{version:04}").as_bytes()));
        assert_eq!(bytes[9], set_type);
        let expected = ["s listpack None None", "h listpack None None", "x stream None None"];
        assert_eq!(keys_of(&bytes), Ok(expected.map(str::to_owned).to_vec()));
    }
}

/// A file with two hashes of one template.
fn file_with_template() -> Vec<u8> {
    let templates = Templates::new(HashSeed::new([1; 16]));
    let template = templates.make(&[b"a", b"name"]);
    let mut bytes = Vec::new();
    let mut sink = |part: &[u8]| -> Result<(), ()> {
        bytes.extend_from_slice(part);
        Ok(())
    };
    let mut writer = FileWriter::new(false, false);
    writer.template(&template);
    writer.database(0, 2, 0);
    for (key, long) in [(b"k", 1), (b"l", 70)] {
        let value = vec![b'v'; long];
        let hash = Hash::from_template(&template, &[b"1", &value], &limits(128).hash);
        let payload = NewPayload::Value(Value::Hash(hash));
        assert!(writer.key(&KeyRecord::new(key, payload, None), None, None));
    }
    writer.finish(&mut sink).expect("the sink takes all");
    bytes
}

#[test]
fn templates_stand_in_a_file_once() {
    let bytes = file_with_template();
    let names = bytes.windows(4).filter(|window| *window == b"name").count();
    assert_eq!(names, 1);
    let expected = ["k template-listpack None None", "l template-array None None"];
    assert_eq!(keys_of(&bytes), Ok(expected.map(str::to_owned).to_vec()));
    let changed = |from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from);
        let at = at.expect("the file has these bytes");
        let mut changed = bytes.clone();
        changed.splice(at..at + from.len(), to.iter().copied());
        keys_of(&changed).expect_err("the file is damaged").to_string()
    };
    assert_eq!(changed(b"\x20\x01l\x00", b"\x20\x01l\x05"), "Invalid hash template ID 5");
    assert!(changed(b"\x02\x01a", b"\x00\x01a").contains("has zero fields"));
    assert!(changed(b"\x01a\x04name", b"\x04name\x01a").contains("not strictly sorted"));
    let payload = load(b"\x20\x00\xc0\x01", &limits(128)).err();
    assert_eq!(payload, Some(RdbError::NotInPayload(32)));
}

#[test]
fn streams_of_all_versions_are_read() {
    let id = b"\0\0\0\0\0\0\0\t\0\0\0\0\0\0\0\x01";
    let node = b"\x10\0\0\0\0\0\0\0\t\0\0\0\0\0\0\0\x01\x1d\x1d\0\0\0\n\0\x01\x01\0\x01\x01\x01\x81a\x02\0\x01\x02\x01\0\x01\0\x01\x81b\x02\x04\x01\xff";
    let pending = [&b"\x01"[..], id, b"\x01\0\0\0\0\0\0\0\x02"].concat();
    let (seen, active) = (b"\x05\0\0\0\0\0\0\0", b"\x07\0\0\0\0\0\0\0");
    let ids = b"\t\x01\t\x01\0\0\x01";
    let named = b"\x01\x01g\t\x01";
    let owned = [&b"\x01"[..], id].concat();
    let consumer = [&pending[..], b"\x01\x01c", seen].concat();
    let producers = b"@d@d\0\x05\x06";
    let with_active = [&consumer[..], active, &owned].concat();
    let versions: [(u8, Vec<u8>); 5] = [
        (type_code::STREAM_LISTPACKS, [b"\t\x01", &named[..], &consumer, &owned].concat()),
        (type_code::STREAM_LISTPACKS_2, [&ids[..], named, b"\x01", &consumer, &owned].concat()),
        (type_code::STREAM_LISTPACKS_3, [&ids[..], named, b"\x01", &with_active].concat()),
        (
            type_code::STREAM_LISTPACKS_4,
            [&ids[..], named, b"\x01", &with_active, producers].concat(),
        ),
        (
            type_code::STREAM_LISTPACKS_5,
            [&ids[..], named, b"\x01", &with_active, b"\0", producers].concat(),
        ),
    ];
    for (code, tail) in versions {
        let body = [&[code, 1][..], node, b"\x01", &tail].concat();
        let record = load(&body, &limits(128)).and_then(record).expect("as that version wrote it");
        let View::Value(Value::Stream(stream)) = record.view() else {
            panic!("a stream was written")
        };
        assert_eq!((stream.len(), stream.first_id(), stream.entries_added), (1, stream.last_id, 1));
        let group = stream.groups.get(b"g").expect("it was written");
        assert_eq!((group.pending_len(), group.entries_read), (1, Some(1)));
        for cut in 0..body.len() {
            assert!(load(&body[..cut], &limits(128)).is_err());
        }
        for at in 0..body.len() {
            let mut damaged = body.clone();
            damaged[at] ^= 0x81;
            if let Ok(record) = load(&damaged, &limits(128)).and_then(super::tests::record) {
                let _ = dump(&record, 0, true);
            }
        }
    }
}

#[test]
fn counts_of_streams_must_agree() {
    let node = b"\x10\0\0\0\0\0\0\0\t\0\0\0\0\0\0\0\x01\x1d\x1d\0\0\0\n\0\x01\x01\0\x01\x01\x01\x81a\x02\0\x01\x02\x01\0\x01\0\x01\x81b\x02\x04\x01\xff";
    let read = |added: &[u8], read: &[u8]| {
        let ids = [b"\x01\t\x01\t\x01\0\0", added, b"\x01\x01g\t\x01", read, b"\0\0"].concat();
        load(&[&[type_code::STREAM_LISTPACKS_3, 1][..], node, &ids].concat(), &limits(128))
            .and_then(record)
    };
    let big = [b"\x81\x80", &[0; 7][..]].concat();
    let unknown = [b"\x81", &[0xff; 8][..]].concat();
    for (added, entries_read, is_right) in [
        (&b"\x01"[..], &b"\x01"[..], true),
        (b"\x03", b"\x02", true),
        (b"\x01", &unknown, true),
        (b"\0", b"\0", false),
        (&big, b"\0", false),
        (b"\x01", b"\x02", false),
        (b"\x01", &big, false),
    ] {
        assert_eq!(read(added, entries_read).is_ok(), is_right, "{added:?} {entries_read:?}");
    }
    // XSETID may say that fewer were added than a group has read. What is written of it can be read.
    let mut record = read(b"\x05", b"\x05").expect("they agree");
    let Some(Value::Stream(stream)) = record.value_mut() else { panic!("a stream was written") };
    stream.entries_added = 1;
    let payload = dump(&record, 0, true).expect("a stream can be written");
    assert!(restore(&payload, 128).is_ok());
}
