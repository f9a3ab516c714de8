//! INFO: sections of `field:value` lines, each section in a file of its own.

mod clients;
mod commands;
mod cpu;
mod keyspace;
mod memory;
mod persistence;
mod replication;
mod server;
mod stats;

pub use memory::MemoryFigures;

use std::fmt::{Display, Write as _};

use crate::state::State;

type Section = fn(&mut State, &mut Lines);

/// When a section is shown without being asked for by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Default,
    All,
    Named,
}

/// The sections in their order.
const SECTIONS: &[(&str, &str, Shown, Section)] = &[
    ("server", "Server", Shown::Default, server::write),
    ("clients", "Clients", Shown::Default, clients::write),
    ("memory", "Memory", Shown::Default, memory::write),
    ("persistence", "Persistence", Shown::Default, persistence::write),
    ("threads", "Threads", Shown::Default, stats::write_threads),
    ("stats", "Stats", Shown::Default, stats::write),
    ("replication", "Replication", Shown::Default, replication::write),
    ("cpu", "CPU", Shown::Default, cpu::write),
    ("hotkeys", "Hotkeys", Shown::Default, stats::write_hotkeys),
    ("modules", "Modules", Shown::Default, |_, _| {}),
    ("modulestats", "Modulestats", Shown::All, |state, lines| {
        for (name, text) in state.guests.modules.iter().flat_map(|host| host.info_stats(state)) {
            lines.field(&name, text);
        }
    }),
    ("commandstats", "Commandstats", Shown::All, commands::write_calls),
    ("errorstats", "Errorstats", Shown::Default, commands::write_errors),
    ("latencystats", "Latencystats", Shown::All, commands::write_latencies),
    ("cluster", "Cluster", Shown::Default, |state, lines| {
        lines.field("cluster_enabled", u8::from(state.cluster.is_some()));
    }),
    ("keyspace", "Keyspace", Shown::Default, keyspace::write),
    ("keysizes", "Keysizes", Shown::Default, keyspace::write_sizes),
    ("debug", "Debug", Shown::Named, stats::write_debug),
];

/// The text under construction.
#[derive(Debug, Default)]
pub struct Lines(String);

impl Lines {
    /// A line `name:value`.
    pub fn field(&mut self, name: &str, value: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{name}:{value}\r\n");
    }

    /// A line `name:value` with a number of bytes, and `name_human:value` with a readable one.
    pub fn bytes(&mut self, name: &str, value: u64) {
        self.field(name, value);
        self.field(&format!("{name}_human"), human_bytes(value));
    }

    fn heading(&mut self, title: &str) {
        if !self.0.is_empty() {
            self.0.push_str("\r\n");
        }
        let _ = write!(self.0, "# {title}\r\n");
    }
}

/// `786B`, `1.50K`, `23.54G`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [(&str, u32); 5] = [("K", 10), ("M", 20), ("G", 30), ("T", 40), ("P", 50)];
    let found = UNITS.iter().rev().find(|(_, bits)| bytes >= 1 << bits);
    match found {
        Some((unit, bits)) => format!("{:.2}{unit}", bytes as f64 / (1u64 << bits) as f64),
        None => format!("{bytes}B"),
    }
}

/// `0`, `512`, `1K`, `2M`: a power of two in the shortest form.
fn human_size(size: u64) -> String {
    const UNITS: [(&str, u32); 5] = [("K", 10), ("M", 20), ("G", 30), ("T", 40), ("P", 50)];
    let found = UNITS.iter().rev().find(|(_, bits)| size >= 1 << bits);
    match found {
        Some((unit, bits)) => format!("{}{unit}", size >> bits),
        None => size.to_string(),
    }
}

/// One divided by the other, or zero.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl State {
    /// The text of INFO for the sections asked for, in any case; none: the default ones.
    pub fn info(&mut self, asked: &[&[u8]]) -> String {
        let asked: Vec<Vec<u8>> = asked.iter().map(|word| word.to_ascii_lowercase()).collect();
        let named = |name: &str| asked.iter().any(|word| word.as_slice() == name.as_bytes());
        let everything = named("everything");
        let all = everything || named("all");
        let default = asked.is_empty() || named("default");
        let host = self.guests.modules.clone();
        let mut lines = Lines::default();
        for (name, title, shown, write) in SECTIONS {
            let wanted = named(name)
                || match shown {
                    Shown::Default => default || all,
                    Shown::All => all,
                    Shown::Named => false,
                };
            if !wanted {
                continue;
            }
            lines.heading(title);
            write(self, &mut lines);
            if *name == "modules"
                && let Some(host) = &host
            {
                lines.0.push_str(&host.info_list());
                lines.0.push_str(&self.parked_lines());
            }
        }
        if let Some(host) = &host {
            let unknown: Vec<Vec<u8>> = asked
                .iter()
                .filter(|word| !matches!(word.as_slice(), b"all" | b"default" | b"everything"))
                .filter(|word| {
                    !SECTIONS.iter().any(|(name, ..)| name.as_bytes() == word.as_slice())
                })
                .cloned()
                .collect();
            let every = everything || named("modules");
            if every || !unknown.is_empty() {
                let wanted = (!every).then_some(unknown.as_slice());
                let text = host.info_sections(self, wanted);
                if !lines.0.is_empty() && !text.is_empty() {
                    lines.0.push_str("\r\n");
                }
                lines.0.push_str(&text);
            }
        }
        lines.0
    }
}

#[cfg(test)]
mod tests {
    use super::human_bytes;

    #[test]
    fn readable_bytes() {
        for (bytes, text) in
            [(0, "0B"), (1023, "1023B"), (1024, "1.00K"), (805_032, "786.16K"), (1 << 30, "1.00G")]
        {
            assert_eq!(human_bytes(bytes), text);
        }
    }
}
