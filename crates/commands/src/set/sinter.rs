//! SINTER, SINTERSTORE, SINTERCARD: what several sets have in common.

use command_spec::*;
use engine::*;

pub const SINTER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sinter",
        group: Group::Set,
        summary: "Returns the members that several sets have in common.",
        since: "1.0.0",
        complexity: "O(N*M); N is the size of the smallest set, M the number of sets.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::READ | category::SET | category::SLOW,
        tips: &["nondeterministic_output_order"],
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    sinter,
);

pub const SINTERSTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sinterstore",
        group: Group::Set,
        summary: "Stores the members that several sets have in common in another set.",
        since: "1.0.0",
        complexity: "O(N*M); N is the size of the smallest set, M the number of sets.",
        arity: -3,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SET | category::SLOW | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::OW | key_flag::UPDATE),
            KeySpec::range(2, -1, 1, key_flag::RO | key_flag::ACCESS),
        ],
        arguments: &[Argument::key("destination", 0), Argument::key("key", 1).multiple()],
        ..CommandSpec::DEFAULT
    },
    sinterstore,
);

pub const SINTERCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sintercard",
        group: Group::Set,
        summary: "Returns how many members several sets have in common.",
        since: "7.0.0",
        complexity: "O(N*M); N is the size of the smallest set, M the number of sets.",
        arity: -3,
        flags: flag::MOVABLEKEYS | flag::READONLY,
        categories: category::READ | category::SET | category::SLOW,
        key_specs: &[KeySpec {
            flags: key_flag::RO | key_flag::ACCESS,
            begin: BeginSearch::Index(1),
            find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 1 },
            notes: None,
        }],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            Argument::integer("limit").token("LIMIT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    sintercard,
);

use keyspace::Set;
use keyspace::element::Element;

use super::{count_members, reply_members, store_members};

fn sinter(context: &mut Context<'_>) -> CommandResult {
    reply_members(context, common)
}

fn sinterstore(context: &mut Context<'_>) -> CommandResult {
    store_members(context, "sinterstore", common)
}

fn sintercard(context: &mut Context<'_>) -> CommandResult {
    count_members(context, common)
}

/// The members that all sets have.
fn common<'a>(sets: &[Option<&'a Set>]) -> Box<dyn Iterator<Item = Element<'a>> + 'a> {
    let mut all: Vec<&Set> = sets.iter().copied().flatten().collect();
    if all.len() < sets.len() {
        all.clear();
    }
    all.sort_by_key(|set| set.len());
    let smallest = all.first().map(|set| set.iter());
    let members = smallest.into_iter().flatten();
    Box::new(
        members.filter(move |element| all.iter().skip(1).all(|set| set.contains_element(*element))),
    )
}
