//! Bytes per key: many small keys, with and without an expiry.

use std::path::Path;

use serde_json::{Value, json};
use testkit::{Client, ServerOptions, ServerProcess, encode_command};

use super::stats::resident_bytes;
use crate::Result;

/// Requests sent before their replies are read.
const BATCH: usize = 1000;

pub struct Comparison {
    what: &'static str,
    ours: Usage,
    theirs: Usage,
}

/// Per key.
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
    for (what, expiry) in [("without expiry", false), ("with expiry", true)] {
        let comparison = Comparison {
            what,
            ours: measure(keys, ours, expiry)?,
            theirs: measure(keys, theirs, expiry)?,
        };
        eprintln!(
            "bytes per key {what}: used_memory {:.1} (genuine {:.1}), resident {:.1} (genuine {:.1})",
            comparison.ours.used_memory,
            comparison.theirs.used_memory,
            comparison.ours.resident,
            comparison.theirs.resident
        );
        comparisons.push(comparison);
    }
    Ok(comparisons)
}

fn measure(keys: usize, program: &Path, expiry: bool) -> Result<Usage> {
    let server = ServerProcess::start(&ServerOptions::new(program))?;
    let mut client = server.client()?;
    let (used, resident) = (used_memory(&mut client)?, resident_bytes(server.pid())?);
    let mut first = 0;
    while first < keys {
        let end = (first + BATCH).min(keys);
        let mut bytes = Vec::new();
        for number in first..end {
            // 16 bytes of key, 32 of value.
            let (key, value) = (format!("key:{number:012}"), format!("{number:032}"));
            let mut words = vec!["SET", &key, &value];
            if expiry {
                words.extend(["EX", "1000000"]);
            }
            bytes.extend(encode_command(&words));
        }
        client.send(&bytes)?;
        for _ in first..end {
            let reply = client.read()?;
            if reply.is_error() {
                return Err(format!("SET: {reply:?}").into());
            }
        }
        first = end;
    }
    let per_key = |bytes: f64| bytes / f64::from(u32::try_from(keys).unwrap_or(u32::MAX));
    Ok(Usage {
        used_memory: per_key(used_memory(&mut client)? - used),
        resident: per_key(resident_bytes(server.pid())? - resident),
    })
}

fn used_memory(client: &mut Client) -> Result<f64> {
    let info = client.command(&["INFO", "memory"])?.text().unwrap_or_default();
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    Ok(line.ok_or("INFO memory has no used_memory")?.trim().parse()?)
}
