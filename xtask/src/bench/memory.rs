//! Bytes per item: small keys with and without an expiry, and collections small and large.

use std::path::Path;

use serde_json::{Value, json};
use testkit::{Client, ServerOptions, ServerProcess, encode_command};

use super::stats::resident_bytes;
use crate::Result;

/// Requests sent before their replies are read.
const BATCH: usize = 1000;

/// What is filled in, and what one item of it is.
struct Shape {
    /// The item that is counted.
    item: &'static str,
    /// How many elements the item has: with more, fewer items are made.
    elements: usize,
    command: fn(usize, &[String]) -> Vec<String>,
}

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
        command: |n, _| words(&["XADD", "stream", "*", "field", &value(n)]),
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
    ours: Usage,
    theirs: Usage,
}

/// Per item.
struct Usage {
    used_memory: f64,
    resident: f64,
}

impl Comparison {
    pub fn to_json(&self) -> Value {
        let usage =
            |usage: &Usage| json!({ "used_memory": usage.used_memory, "resident": usage.resident });
        json!({ "what": self.what, "ours": usage(&self.ours), "theirs": usage(&self.theirs) })
    }
}

pub fn compare(keys: usize, ours: &Path, theirs: &Path) -> Result<Vec<Comparison>> {
    let mut comparisons = Vec::new();
    for shape in SHAPES {
        let comparison = Comparison {
            what: shape.item,
            ours: measure(keys, ours, shape)?,
            theirs: measure(keys, theirs, shape)?,
        };
        eprintln!(
            "bytes per {}: used_memory {:.1} (genuine {:.1}), resident {:.1} (genuine {:.1})",
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

fn measure(keys: usize, program: &Path, shape: &Shape) -> Result<Usage> {
    let server = ServerProcess::start(&ServerOptions::new(program))?;
    let mut client = server.client()?;
    let (used, resident) = (used_memory(&mut client)?, resident_bytes(server.pid())?);
    let items = (keys / shape.elements).max(1);
    let mut first = 0;
    while first < items {
        let end = (first + BATCH).min(items);
        let mut bytes = Vec::new();
        for n in first..end {
            let elements: Vec<String> = (0..shape.elements)
                .map(|element| format!("element:{:08}", n * shape.elements + element))
                .collect();
            let command = (shape.command)(n, &elements);
            bytes.extend(encode_command(&command.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        client.send(&bytes)?;
        for _ in first..end {
            let reply = client.read()?;
            if reply.is_error() {
                return Err(format!("{}: {reply:?}", shape.item).into());
            }
        }
        first = end;
    }
    let per_item = |bytes: f64| bytes / f64::from(u32::try_from(items).unwrap_or(u32::MAX));
    Ok(Usage {
        used_memory: per_item(used_memory(&mut client)? - used),
        resident: per_item(resident_bytes(server.pid())? - resident),
    })
}

fn used_memory(client: &mut Client) -> Result<f64> {
    let info = client.command(&["INFO", "memory"])?.text().unwrap_or_default();
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    Ok(line.ok_or("INFO memory has no used_memory")?.trim().parse()?)
}
