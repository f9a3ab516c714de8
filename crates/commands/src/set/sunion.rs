//! SUNION, SUNIONSTORE, SUNIONCARD: the members of several sets together.

use command_spec::*;
use engine::*;

pub const SUNION: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sunion",
        group: Group::Set,
        summary: "Returns the members of several sets together.",
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
    sunion,
);

pub const SUNIONSTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sunionstore",
        group: Group::Set,
        summary: "Stores the members of several sets together in another set.",
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
    sunionstore,
);

pub const SUNIONCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sunioncard",
        group: Group::Set,
        summary: "Returns how many different members several sets have together.",
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
            Argument::pure_token("approx", "APPROX").optional(),
            Argument::integer("limit").token("LIMIT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    sunioncard,
);

use keyspace::Set;
use keyspace::element::ElementText;
use structures::hyperloglog::{self, Mark, REGISTERS};

use super::{counted, look_up, sets, store_set};
use crate::collection::reply_element;

fn sunion(context: &mut Context<'_>) -> CommandResult {
    let set = union(context, &context.argv[1..], usize::MAX)?;
    context.reply.set(set.len());
    set.for_each(|element| reply_element(context.reply, element));
    Ok(())
}

fn sunionstore(context: &mut Context<'_>) -> CommandResult {
    let set = union(context, &context.argv[2..], usize::MAX)?;
    store_set(context, set, "sunionstore");
    Ok(())
}

fn sunioncard(context: &mut Context<'_>) -> CommandResult {
    let counted = counted(context.argv, true)?;
    let count = if counted.approximate {
        estimate(context, counted.keys)?.min(counted.limit as u64)
    } else {
        union(context, counted.keys, counted.limit)?.len() as u64
    };
    context.reply.integer(count as i64);
    Ok(())
}

/// About how many members all sets have together, from as little memory as a HyperLogLog takes.
fn estimate(context: &mut Context<'_>, keys: &[&[u8]]) -> Result<u64, CommandError> {
    let found = look_up(context, keys)?;
    let mut maxima = Box::new([0; REGISTERS]);
    for set in sets(context.state, context.db, keys, &found).into_iter().flatten() {
        set.for_each(|element| {
            hyperloglog::note(&mut maxima, Mark::of(ElementText::default().of(element)));
        });
    }
    Ok(hyperloglog::estimate_of(&maxima))
}

/// The members of all sets; no more than asked for.
fn union(context: &mut Context<'_>, keys: &[&[u8]], most: usize) -> Result<Set, CommandError> {
    let found = look_up(context, keys)?;
    let limits = context.state.set_limits(context.db);
    let mut result = Set::new_intset();
    for set in sets(context.state, context.db, keys, &found).into_iter().flatten() {
        for element in set.iter() {
            if result.len() >= most {
                return Ok(result);
            }
            result.add_element(element, &limits);
        }
    }
    Ok(result)
}
