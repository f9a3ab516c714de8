//! SDIFF, SDIFFSTORE, SDIFFCARD: the members that only the first of several sets has.

use command_spec::*;
use engine::*;

pub const SDIFF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sdiff",
        group: Group::Set,
        summary: "Returns the members of a set that are in none of several others.",
        since: "1.0.0",
        complexity: "O(N); N is the number of members of all sets.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::READ | category::SET | category::SLOW,
        tips: &["nondeterministic_output_order"],
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    sdiff,
);

pub const SDIFFSTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sdiffstore",
        group: Group::Set,
        summary: "Stores the members of a set that are in none of several others in another set.",
        since: "1.0.0",
        complexity: "O(N); N is the number of members of all sets.",
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
    sdiffstore,
);

pub const SDIFFCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sdiffcard",
        group: Group::Set,
        summary: "Returns how many members of a set are in none of several others.",
        since: "8.10.0",
        complexity: "O(N); N is the number of members of all sets.",
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
    sdiffcard,
);

use keyspace::Set;
use keyspace::element::Element;

use super::{count_members, reply_members, store_members};

fn sdiff(context: &mut Context<'_>) -> CommandResult {
    reply_members(context, remaining)
}

fn sdiffstore(context: &mut Context<'_>) -> CommandResult {
    store_members(context, "sdiffstore", remaining)
}

fn sdiffcard(context: &mut Context<'_>) -> CommandResult {
    count_members(context, remaining)
}

/// The members that only the first set has.
fn remaining<'a>(sets: &[Option<&'a Set>]) -> Box<dyn Iterator<Item = Element<'a>> + 'a> {
    let first = sets.first().copied().flatten();
    let mut others: Vec<&Set> = sets.iter().skip(1).copied().flatten().collect();
    // A big set is the likeliest to have a member.
    others.sort_by_key(|set| std::cmp::Reverse(set.len()));
    let members = first.into_iter().flat_map(Set::iter);
    Box::new(
        members.filter(move |element| !others.iter().any(|set| set.contains_element(*element))),
    )
}
