//! COMMAND and COMMAND DOCS as lines that can be compared and kept: without prose, and with sets in order.

use std::collections::BTreeMap;

use crate::reply::Reply;

/// What is said in words, and is each server's own.
const PROSE: [&str; 4] = ["summary", "complexity", "replaced_by", "notes"];

/// Fields of a command in COMMAND before its subcommands.
const DECLARED: usize = 9;

/// The replies of RESP3 to COMMAND and COMMAND DOCS, by `INFO name` and `DOCS name`; subcommands by `name|subcommand`.
pub fn declarations(command: &Reply, docs: &Reply) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    for info in command.elements().unwrap_or_default() {
        add_info(info, &mut lines);
    }
    if let Reply::Map(docs) = docs {
        for (name, docs) in docs {
            add_docs(&line(name), docs, &mut lines);
        }
    }
    lines
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(" ")
}

/// A reply in one line: `[array] {set} (map=…)`.
fn line(reply: &Reply) -> String {
    match reply {
        Reply::Null => "-".to_owned(),
        Reply::Array(items) => format!("[{}]", joined(items.iter().map(line))),
        Reply::Set(items) => {
            let mut items: Vec<String> = items.iter().map(line).collect();
            items.sort();
            format!("{{{}}}", items.join(" "))
        }
        Reply::Map(pairs) => {
            let told = pairs.iter().map(|(name, value)| (line(name), value));
            let told = told.filter(|(name, _)| !PROSE.contains(&name.as_str()));
            let told = told.map(|(name, value)| {
                let value = if name == "history" { versions(value) } else { line(value) };
                format!("{name}={value}")
            });
            format!("({})", joined(told))
        }
        other => other.text().unwrap_or_default(),
    }
}

/// When something changed, without what.
fn versions(history: &Reply) -> String {
    let changes = history.elements().unwrap_or_default();
    let mut versions: Vec<String> =
        changes.iter().filter_map(|change| change.elements()?.first().map(line)).collect();
    versions.sort();
    format!("{{{}}}", versions.join(" "))
}

fn add_info(info: &Reply, lines: &mut BTreeMap<String, String>) {
    let fields = info.elements().unwrap_or_default();
    let (declared, subcommands) = fields.split_at(fields.len().min(DECLARED));
    let name = fields.first().map(line).unwrap_or_default();
    lines.insert(format!("INFO {name}"), line(&Reply::Array(declared.to_vec())));
    for subcommand in subcommands.first().and_then(Reply::elements).unwrap_or_default() {
        add_info(subcommand, lines);
    }
}

fn add_docs(name: &str, docs: &Reply, lines: &mut BTreeMap<String, String>) {
    let Reply::Map(pairs) = docs else { return };
    let (subcommands, own): (Vec<_>, Vec<_>) =
        pairs.iter().cloned().partition(|(field, _)| line(field) == "subcommands");
    lines.insert(format!("DOCS {name}"), line(&Reply::Map(own)));
    for (_, subcommands) in subcommands {
        let Reply::Map(subcommands) = subcommands else { continue };
        for (name, docs) in &subcommands {
            add_docs(&line(name), docs, lines);
        }
    }
}
