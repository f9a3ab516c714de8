//! The hot path of the keyspace: lookup, insertion with its worst case, bytes per key.

use std::time::Instant;

use keyspace::{Database, HashSeed, SetExpiry};

use crate::{measure, shuffled};

const PIPELINE: usize = 16;

fn key(n: u64) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    let mut n = n;
    for digit in key[4..].iter_mut().rev() {
        *digit = b'0' + (n % 10) as u8;
        n /= 10;
    }
    key
}

fn allocated_bytes() -> usize {
    let _ = tikv_jemalloc_ctl::epoch::advance();
    tikv_jemalloc_ctl::stats::allocated::read().unwrap_or(0)
}

fn database() -> Database {
    Database::new(HashSeed::new(*b"a seed of random"))
}

fn fill(keys: u64, expiry: SetExpiry) -> Database {
    let mut database = database();
    for n in 0..keys {
        database.set_string(&key(n), &[b'v'; 32], expiry);
    }
    while database.rehash_step(1000) {}
    database
}

fn bytes_per_key(name: &str, keys: u64, expiry: SetExpiry) {
    let before = allocated_bytes();
    let database = fill(keys, expiry);
    let each = (allocated_bytes() - before) as f64 / keys as f64;
    let tables = database.overhead_main_bytes() + database.overhead_expires_bytes();
    let tables = tables as f64 / keys as f64;
    println!("{name:<40} {each:>8.1} bytes, {tables:.1} of them in tables");
}

/// Insertion, with the slowest single one: growth must not stop the world.
fn insert_latency(keys: u64) {
    let mut database = database();
    let mut times: Vec<u64> = Vec::with_capacity(keys as usize);
    for n in 0..keys {
        let key = key(n);
        let start = Instant::now();
        database.set_string(&key, &[b'v'; 32], SetExpiry::Clear);
        times.push(start.elapsed().as_nanos() as u64);
        // The server's cron does this, and its background thread the freeing.
        drop(database.take_garbage());
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "insert, growing: p50 {} ns, p99 {} ns, p99.99 {} ns, max {} ns",
        at(0.5),
        at(0.99),
        at(0.9999),
        at(1.0)
    );
}

fn lookups(keys: u64) {
    let mut database = fill(keys, SetExpiry::Clear);
    let count = keys.min(1_000_000);
    measure("find, random keys", count, || {
        (0..count).filter(|&n| database.find(&key(shuffled(n, keys))).is_some()).count() as u64
    });
    measure("find, random keys, prefetched by 16", count, || {
        let mut found = 0;
        for start in (0..count).step_by(PIPELINE) {
            let keys: [[u8; 16]; PIPELINE] =
                std::array::from_fn(|i| key(shuffled(start + i as u64, keys)));
            let hashes: [u64; PIPELINE] = std::array::from_fn(|i| database.hash_of(&keys[i]));
            hashes.iter().for_each(|&hash| database.prefetch(hash));
            hashes.iter().for_each(|&hash| database.prefetch_record(hash));
            for (hash, key) in hashes.iter().zip(&keys) {
                found += u64::from(database.find_hashed(*hash, key).is_some());
            }
        }
        found
    });
    measure("find, one key in the cache", count, || {
        (0..count).filter(|_| database.find(&key(7 % keys)).is_some()).count() as u64
    });
    measure("find, missing keys", count, || {
        (0..count).filter(|&n| database.find(&key(n + keys)).is_some()).count() as u64
    });
    measure("set over the same size, random keys", count, || {
        for n in 0..count {
            database.set_string(&key(shuffled(n, keys)), &[b'w'; 32], SetExpiry::Clear);
        }
        count
    });
    measure("set with expiry and back, random keys", count, || {
        for n in 0..count {
            let expiry = if n % 2 == 0 { SetExpiry::At(1) } else { SetExpiry::Clear };
            database.set_string(&key(shuffled(n, keys)), &[b'w'; 32], expiry);
        }
        count
    });
    measure("hash of a key of 16 bytes", count, || {
        (0..count).fold(0, |sum, n| sum ^ database.hash_of(&key(n)))
    });
}

pub fn run(keys: u64) {
    println!("{keys} keys of 16 bytes with values of 32 bytes");
    bytes_per_key("without expiry", keys, SetExpiry::Clear);
    bytes_per_key("with expiry", keys, SetExpiry::At(1 << 40));
    insert_latency(keys);
    lookups(keys);
}
