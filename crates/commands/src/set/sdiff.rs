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

use super::{counted, look_up, reply_count, reply_set, sets, store_set};

fn sdiff(context: &mut Context<'_>) -> CommandResult {
    let set = difference(context, &context.argv[1..])?;
    reply_set(context, &set);
    Ok(())
}

fn sdiffstore(context: &mut Context<'_>) -> CommandResult {
    let set = difference(context, &context.argv[2..])?;
    store_set(context, set, "sdiffstore");
    Ok(())
}

fn sdiffcard(context: &mut Context<'_>) -> CommandResult {
    let counted = counted(context.argv, false)?;
    let found = look_up(context, counted.keys)?;
    let sets = sets(context.state, context.db, counted.keys, &found);
    let limit = if counted.limit > 0 { counted.limit } else { usize::MAX };
    let count = remaining(&sets).take(limit).count();
    reply_count(context, count, counted.limit)
}

fn difference(context: &mut Context<'_>, keys: &[&[u8]]) -> Result<Set, CommandError> {
    let found = look_up(context, keys)?;
    let limits = context.state.set_limits(context.db);
    let sets = sets(context.state, context.db, keys, &found);
    let mut result = Set::new_intset();
    remaining(&sets).for_each(|element| {
        result.add_element(element, &limits);
    });
    Ok(result)
}

/// The members that only the first set has.
fn remaining<'a>(sets: &[Option<&'a Set>]) -> impl Iterator<Item = Element<'a>> {
    let first = sets.first().copied().flatten();
    let mut others: Vec<&Set> = sets.iter().skip(1).copied().flatten().collect();
    // A big set is the likeliest to have a member.
    others.sort_by_key(|set| std::cmp::Reverse(set.len()));
    first
        .into_iter()
        .flat_map(Set::iter)
        .filter(move |element| !others.iter().any(|set| set.contains_element(*element)))
}
