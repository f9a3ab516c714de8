//! What documents cost, against serde_json's own values as the floor: `cargo bench -p json`.
//!
//! The allocator is the system's here. Bytes are those the process asked for, counted by the difference that many equal
//! documents make.

use std::hint::black_box;
use std::time::{Duration, Instant};

use json::path::Path;
use json::value::{Number, Value, parse};

/// A document of about 1 kB.
const DOCUMENT: &str = r#"{"id":"bike:1","model":"Phoebe","price":1920,"specs":{"material":"carbon","weight":13.1,"sizes":["S","M","L","XL"]},"colors":["black","silver"],"ratings":[4,5,3,4,5,5,4,2,5,4,4,3,5,5,4,4],"samples":[0.12,0.98,1.5,2.25,3.75,1.02,0.44,0.61,0.93,1.17,1.31,1.66],"inStock":true,"discount":null,"stores":[{"city":"Amsterdam","count":12,"open":true},{"city":"Rotterdam","count":3,"open":false},{"city":"Utrecht","count":0,"open":true}],"description":"A mid-travel trail bike for the rider who wants one machine for all days: an eight-speed groupset with plenty of gear range to tackle hills, room for mudguards and a rack, low fuss and trail manners. The frame is made of carbon and the fork of aluminium, and both are guaranteed for ten years by the maker, who also takes the bike back when it has come to its end.","tags":["trail","carbon","hardtail","all-round"],"created":"2026-11-02T15:10:28Z","owner":{"name":"Marjan","mail":"marjan@example.org","since":2019}}"#;

const SMALL: &str = r#"{"id":12345,"name":"Marjan","age":41,"active":true,"score":0.5}"#;

const TIME: Duration = Duration::from_millis(300);

fn measured(name: &str, mut run: impl FnMut()) {
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < TIME {
        (0..100).for_each(|_| run());
        count += 100;
    }
    let each = began.elapsed().as_nanos() / u128::from(count);
    println!("{name:<44} {each:>8} ns");
}

/// Resident bytes of the process.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

fn memory<T>(name: &str, count: usize, make: impl Fn() -> T) {
    let before = resident();
    let all: Vec<T> = (0..count).map(|_| make()).collect();
    let each = (resident() - before) / count;
    println!("{name:<44} {each:>8} bytes");
    drop(black_box(all));
}

fn main() {
    println!("a document of {} bytes", DOCUMENT.len());
    let bytes = DOCUMENT.as_bytes();
    measured("read (SET)", || drop(black_box(parse(black_box(bytes)))));
    measured("read, serde_json::Value", || {
        drop(black_box(serde_json::from_slice::<serde_json::Value>(black_box(bytes))));
    });
    let mut value = parse(bytes).expect("a document");
    let theirs: serde_json::Value = serde_json::from_slice(bytes).expect("a document");
    measured("print (GET)", || drop(black_box(value.to_text())));
    measured("print, serde_json::Value", || drop(black_box(serde_json::to_vec(&theirs))));
    measured("one path (GET $.specs.weight)", || {
        let path = Path::parse(b"$.specs.weight").expect("a path");
        black_box(path.values(&value).expect("values").len());
    });
    measured("one filter (GET $.stores[?(@.count > 2)].city)", || {
        let path = Path::parse(b"$.stores[?(@.count > 2)].city").expect("a path");
        black_box(path.values(&value).expect("values").len());
    });
    measured("a number by its path (NUMINCRBY)", || {
        let path = Path::parse(b"$.owner.since").expect("a path");
        for place in path.places(&value).expect("places") {
            value.change(&place, |value| {
                if let Some(Number::Int(number)) = value.as_number() {
                    *value = Number::Int(number + 1).into();
                }
            });
        }
    });
    measured("an element more and one less (ARRAPPEND)", || {
        let path = Path::parse(b"$.ratings").expect("a path");
        for place in path.places(&value).expect("places") {
            value.change(&place, |array| {
                array.splice(usize::MAX, usize::MAX, vec![Value::from(3_i64)]);
                array.remove(0);
            });
        }
    });
    memory("1 kB document", 20_000, || parse(bytes));
    memory("1 kB document, serde_json::Value", 20_000, || {
        serde_json::from_slice::<serde_json::Value>(bytes)
    });
    memory("one of a million small documents", 1_000_000, || parse(SMALL.as_bytes()));
    memory("one of as many, serde_json::Value", 1_000_000, || {
        serde_json::from_str::<serde_json::Value>(SMALL)
    });
}
