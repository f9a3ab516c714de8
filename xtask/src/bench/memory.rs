//! Bytes per item: small keys with and without an expiry, and collections small and large.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Client, ServerOptions, ServerProcess};

use super::stats::resident_bytes;
use crate::Result;

/// Requests sent before their replies are read.
const BATCH: usize = 1000;
/// What the servers free on the side is freed then.
const SETTLE: Duration = Duration::from_millis(300);

/// What is filled in, and what one item of it is.
struct Shape {
    /// The item that is counted.
    item: &'static str,
    /// How many elements the item has: with more, fewer items are made.
    elements: usize,
    command: fn(usize, &[String]) -> Vec<String>,
}

/// The time of a stream's first entry, and entries in a millisecond.
const FIRST_MS: usize = 1_700_000_000_000;
const ENTRIES_PER_MS: usize = 100;

const SHAPES: &[Shape] = &[
    Shape {
        item: "key without expiry",
        elements: 1,
        command: |n, _| words(&["SET", &key(n), &value(n)]),
    },
    Shape {
        item: "key with expiry",
        elements: 1,
        command: |n, _| words(&["SET", &key(n), &value(n), "EX", "1000000"]),
    },
    Shape {
        item: "hash of 5 fields",
        elements: 5,
        command: |n, elements| {
            let mut command = words(&["HSET", &key(n)]);
            for element in elements {
                command
                    .extend(words(&[&format!("field:{}", &element[element.len() - 2..]), element]));
            }
            command
        },
    },
    Shape {
        item: "hash of 2 fields",
        elements: 2,
        command: |n, elements| {
            words(&["HSET", &key(n), "first", &elements[0], "second", &elements[1]])
        },
    },
    Shape {
        item: "field of one hash",
        elements: 1,
        command: |n, _| words(&["HSET", "hash", &key(n), &value(n)]),
    },
    Shape { item: "set of 100", elements: 100, command: |n, elements| many("SADD", n, elements) },
    Shape {
        item: "member of one sorted set",
        elements: 1,
        command: |n, _| words(&["ZADD", "zset", &n.to_string(), &key(n)]),
    },
    Shape { item: "list of 100", elements: 100, command: |n, elements| many("RPUSH", n, elements) },
    Shape {
        item: "entry of one stream",
        elements: 1,
        // IDs of our own: the bytes of those that a server gives depend on how fast it is.
        command: |n, _| {
            let id = format!("{}-{}", FIRST_MS + n / ENTRIES_PER_MS, n % ENTRIES_PER_MS);
            words(&["XADD", "stream", &id, "field", &value(n)])
        },
    },
];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn key(n: usize) -> String {
    format!("key:{n:012}")
}

fn value(n: usize) -> String {
    format!("{n:032}")
}

fn many(name: &str, n: usize, elements: &[String]) -> Vec<String> {
    let mut command = words(&[name, &key(n)]);
    command.extend_from_slice(elements);
    command
}

pub struct Comparison {
    what: &'static str,
    items: usize,
    ours: Usage,
    theirs: Usage,
}

/// Per item.
struct Usage {
    used_memory: f64,
    resident: f64,
}

impl Comparison {
    /// Whether ours takes more.
    pub fn is_over(&self) -> bool {
        self.ours.used_memory > self.theirs.used_memory
    }

    pub fn to_json(&self) -> Value {
        let usage =
            |usage: &Usage| json!({ "used_memory": usage.used_memory, "resident": usage.resident });
        json!({ "what": self.what, "items": self.items, "ours": usage(&self.ours), "theirs": usage(&self.theirs) })
    }
}

/// Measures with each of several numbers of keys: tables double at some of them.
pub fn compare(keys: &[usize], ours: &Path, theirs: &Path) -> Result<Vec<Comparison>> {
    let mut comparisons = Vec::new();
    for (shape, keys) in SHAPES.iter().flat_map(|shape| keys.iter().map(move |keys| (shape, *keys)))
    {
        let items = (keys / shape.elements).max(1);
        let comparison = Comparison {
            what: shape.item,
            items,
            ours: measure(items, ours, shape)?,
            theirs: measure(items, theirs, shape)?,
        };
        eprintln!(
            "bytes per {}, {items}: used_memory {:.1} (genuine {:.1}), resident {:.1} (genuine {:.1})",
            shape.item,
            comparison.ours.used_memory,
            comparison.theirs.used_memory,
            comparison.ours.resident,
            comparison.theirs.resident
        );
        comparisons.push(comparison);
    }
    Ok(comparisons)
}

fn measure(items: usize, program: &Path, shape: &Shape) -> Result<Usage> {
    let server = ServerProcess::start(&ServerOptions::new(program))?;
    let mut client = server.client()?;
    // Buffers of the connection, which are not counted, grow at the first requests.
    fill(&mut client, items.min(2 * BATCH), shape)?;
    client.command(&["FLUSHALL", "SYNC"])?;
    std::thread::sleep(SETTLE);
    let (used, resident) = (used_memory(&mut client)?, resident_bytes(server.pid())?);
    fill(&mut client, items, shape)?;
    let per_item = |bytes: f64| bytes / f64::from(u32::try_from(items).unwrap_or(u32::MAX));
    Ok(Usage {
        used_memory: per_item(used_memory(&mut client)? - used),
        resident: per_item(resident_bytes(server.pid())? - resident),
    })
}

fn fill(client: &mut Client, items: usize, shape: &Shape) -> Result<()> {
    let requests = (0..items).map(|n| {
        let elements: Vec<String> = (0..shape.elements)
            .map(|element| format!("element:{:08}", n * shape.elements + element))
            .collect();
        (shape.command)(n, &elements)
    });
    Ok(client.pipeline(requests, BATCH)?)
}

fn used_memory(client: &mut Client) -> Result<f64> {
    Ok(client.info("memory", "used_memory")?.parse()?)
}
