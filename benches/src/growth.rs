//! How the cost of an operation grows with the size of its collection: hardly, or as the documentation of its command
//! says.

use keyspace::hash::HashLimits;
use keyspace::list::{End, NodeLimit};
use keyspace::set::SetLimits;
use keyspace::sorted_set::SortedSetLimits;
use keyspace::{Hash, HashSeed, List, Set, SortedSet};
use structures::bitmap;

use crate::{measure, shuffled};

/// Smallest collection; the next ones are ten times as big each.
const SMALLEST: u64 = 1000;
/// Operations of one round.
const OPERATIONS: u64 = 100_000;
/// Such operations as walk half of a list.
const WALKS: u64 = 200;
const SMALL_ENTRIES: usize = 128;
const SMALL_BYTES: usize = 64;

fn seed() -> HashSeed {
    HashSeed::new(*b"a seed of random")
}

fn member(n: u64) -> Vec<u8> {
    format!("member:{n}").into_bytes()
}

fn sorted_sets(len: u64) {
    let limits = SortedSetLimits {
        listpack_entries_max: SMALL_ENTRIES,
        listpack_value_bytes_max: SMALL_BYTES,
        seed: seed(),
    };
    let mut set = SortedSet::for_members(len as usize, SMALL_BYTES, &limits);
    for n in 0..len {
        set.insert(&member(n), shuffled(n, len) as f64, &limits);
    }
    measure(&format!("ZADD of a new score, {len} members"), OPERATIONS, || {
        for n in 0..OPERATIONS {
            set.insert(&member(shuffled(n, len)), shuffled(n + 7, len) as f64, &limits);
        }
        set.len() as u64
    });
    measure(&format!("ZRANK, {len} members"), OPERATIONS, || {
        (0..OPERATIONS).filter_map(|n| set.rank(&member(shuffled(n, len)))).sum::<usize>() as u64
    });
}

fn lists(len: u64) {
    let limit = NodeLimit::of_parameter(-2);
    let mut list = List::new_quicklist(&limit);
    for n in 0..len {
        list.push(End::Tail, &member(n), &limit);
    }
    measure(&format!("LINDEX in the middle, {len} elements"), WALKS, || {
        (0..WALKS).filter_map(|n| list.get((len / 2 + n % 2) as usize, |_| n)).sum()
    });
}

fn sets(len: u64) {
    let limits = SetLimits {
        intset_entries_max: SMALL_ENTRIES,
        listpack_entries_max: SMALL_ENTRIES,
        listpack_value_bytes_max: SMALL_BYTES,
        seed: seed(),
    };
    let of = |first: u64| {
        let mut set = Set::for_members(b"member", len as usize, &limits);
        for n in first..first + len {
            set.add(&member(n), &limits);
        }
        set
    };
    let (a, b) = (of(0), of(len / 2));
    measure(&format!("SINTER per member, two sets of {len}"), len, || {
        a.iter().filter(|element| b.contains_element(*element)).count() as u64
    });
}

fn hashes(len: u64) {
    let limits = HashLimits {
        listpack_entries_max: SMALL_ENTRIES,
        listpack_value_bytes_max: SMALL_BYTES,
        seed: seed(),
    };
    let mut hash = Hash::new();
    for n in 0..len {
        hash.set(&member(n), b"value", false, &limits);
    }
    measure(&format!("HSCAN per field, {len} fields"), len, || {
        let (mut cursor, mut seen) = (0, 0);
        loop {
            cursor = hash.scan(cursor, |_| seen += 1);
            if cursor == 0 {
                return seen;
            }
        }
    });
}

fn bitmaps(len: u64) {
    let bytes: Vec<u8> = (0..len).map(|n| (n * 31) as u8).collect();
    let (all, rounds) = (len * 8 - 1, (10_000_000 / len).max(1));
    measure(&format!("BITCOUNT per byte, {len} bytes"), len * rounds, || {
        (0..rounds).map(|n| bitmap::count(std::hint::black_box(&bytes), n % 8, all)).sum()
    });
    let middle = all / 2;
    measure(&format!("BITCOUNT of 100 bytes among {len}"), rounds, || {
        let bytes = std::hint::black_box(&bytes);
        (0..rounds).map(|_| bitmap::count(bytes, middle - 400, middle + 399)).sum()
    });
}

pub fn run(largest: u64) {
    println!("growth with size, up to {largest}");
    for of_size in [sorted_sets, lists, sets, hashes, bitmaps] {
        let mut len = SMALLEST;
        while len <= largest {
            of_size(len);
            len *= 10;
        }
    }
}
