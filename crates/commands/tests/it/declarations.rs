//! COMMAND and COMMAND DOCS compared with what the genuine server replied, apart from its prose.

use std::collections::BTreeMap;

use testkit::{Reply, declarations, parse_reply};

use crate::in_process::InProcess;

/// Commands, with all their subcommands, and subcommands that we lack.
const MISSING: &[&str] = &[
    "cluster|migration",
    "cluster|syncslots",
    "failover",
    "trimslots",
    "VADD",
    "VCARD",
    "VDIM",
    "VEMB",
    "VGETATTR",
    "VINFO",
    "VISMEMBER",
    "VLINKS",
    "VRANDMEMBER",
    "VRANGE",
    "VREM",
    "VSETATTR",
    "VSIM",
];

/// What we have, or have in another way, on purpose.
const OURS: &[&str] = &[
    "module|check",
    "module|stats",
    "module|upgrade",
    // Takes PARK.
    "module|unload",
];

fn name_of(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, name)| name)
}

fn ask(server: &mut InProcess, words: &[&[u8]]) -> Reply {
    let client = server.connect();
    server.engine.execute(client, &[b"HELLO", b"3"]);
    server.engine.state.clients[client].reply.clear();
    server.engine.execute(client, words);
    let bytes = server.engine.state.clients[client].reply.take();
    parse_reply(&bytes).expect("well formed").expect("whole").0
}

/// What the genuine server said (`cargo xtask oracle --declarations`), by `INFO name` and `DOCS name`.
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
    let command = ask(&mut server, &[b"COMMAND"]);
    let ours = declarations(&command, &ask(&mut server, &[b"COMMAND", b"DOCS"]));
    let recorded = recorded();
    let wrong: Vec<String> = ours
        .iter()
        .filter(|(name, text)| recorded.get(*name) != Some(*text) && !OURS.contains(&name_of(name)))
        .map(|(name, text)| {
            let there = recorded.get(name).map_or("nothing", String::as_str);
            format!("{name}\n  here  {text}\n  there {there}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let lacks: Vec<&str> = recorded
        .keys()
        .filter(|name| !ours.contains_key(*name))
        .map(|name| name_of(name))
        .collect();
    let is_listed = |name: &&str| {
        MISSING.contains(name) || MISSING.contains(&name.split('|').next().unwrap_or_default())
    };
    let unlisted: Vec<&&str> = lacks.iter().filter(|name| !is_listed(name)).collect();
    assert!(unlisted.is_empty(), "missing: {unlisted:?}");
    let there: Vec<&&str> = MISSING.iter().filter(|name| !lacks.contains(name)).collect();
    assert!(there.is_empty(), "no longer missing: {there:?}");
}
