//! COMMAND and COMMAND DOCS compared with what the genuine server replied, apart from its prose.

use std::collections::BTreeMap;

use testkit::{Reply, parse_reply};

use crate::in_process::InProcess;

/// What is said in words, and is ours.
const PROSE: [&str; 4] = ["summary", "complexity", "replaced_by", "notes"];

fn ask(server: &mut InProcess, words: &[&[u8]]) -> Reply {
    let client = server.connect();
    server.engine.execute(client, &[b"HELLO", b"3"]);
    server.engine.state.clients[client].reply.clear();
    server.engine.execute(client, words);
    let bytes = server.engine.state.clients[client].reply.take();
    parse_reply(&bytes).expect("well formed").expect("whole").0
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
        changes.iter().filter_map(Reply::elements).map(|change| line(&change[0])).collect();
    versions.sort();
    format!("{{{}}}", versions.join(" "))
}

fn add_info(info: &Reply, lines: &mut BTreeMap<String, String>) {
    let fields = info.elements().expect("an array");
    let (declared, subcommands) = fields.split_at(9);
    let name = line(&fields[0]);
    lines.insert(format!("INFO {name}"), line(&Reply::Array(declared.to_vec())));
    for subcommand in subcommands[0].elements().unwrap_or_default() {
        add_info(subcommand, lines);
    }
}

fn add_docs(name: &str, docs: &Reply, lines: &mut BTreeMap<String, String>) {
    let Reply::Map(pairs) = docs else { panic!("docs of {name} are no map") };
    let (subcommands, own): (Vec<_>, Vec<_>) =
        pairs.iter().cloned().partition(|(field, _)| line(field) == "subcommands");
    lines.insert(format!("DOCS {name}"), line(&Reply::Map(own)));
    for (_, subcommands) in subcommands {
        let Reply::Map(subcommands) = subcommands else { panic!("subcommands of {name}") };
        for (name, docs) in &subcommands {
            add_docs(&line(name), docs, lines);
        }
    }
}

/// What the genuine server said, by `INFO name` and `DOCS name`.
fn recorded() -> BTreeMap<String, String> {
    let lines = include_str!("oracle_commands.txt").lines();
    let parsed = lines.filter(|line| !line.starts_with('#')).map(|line| {
        let (kind, rest) = line.split_once(' ').expect("a kind");
        let (name, text) = match kind {
            "INFO" => (rest.trim_start_matches('[').split(' ').next().expect("a name"), rest),
            _ => rest.split_once(' ').expect("a name and docs"),
        };
        (format!("{kind} {name}"), text.to_owned())
    });
    parsed.collect()
}

#[test]
fn commands_are_declared_as_in_redis() {
    let mut server = InProcess::new();
    let mut ours = BTreeMap::new();
    for info in ask(&mut server, &[b"COMMAND"]).elements().expect("an array") {
        add_info(info, &mut ours);
    }
    let Reply::Map(docs) = ask(&mut server, &[b"COMMAND", b"DOCS"]) else { panic!("no map") };
    for (name, docs) in &docs {
        add_docs(&line(name), docs, &mut ours);
    }
    let recorded = recorded();
    let wrong: Vec<String> = ours
        .iter()
        .filter(|(name, text)| recorded.get(*name) != Some(*text))
        .map(|(name, text)| {
            let there = recorded.get(name).map_or("nothing", String::as_str);
            format!("{name}\n  here  {text}\n  there {there}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
