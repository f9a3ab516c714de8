//! ZDIFF, ZDIFFSTORE: the members that only the first of several sorted sets has.

use command_spec::*;
use engine::*;

pub const ZDIFF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zdiff",
        group: Group::SortedSet,
        summary: "Returns the members of a sorted set that are in none of several others.",
        since: "6.2.0",
        complexity: "O(L+(N-K)*log(N)); L is the number of members of all sets, N the size of the first, K of the result.",
        arity: -3,
        flags: flag::MOVABLEKEYS | flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        key_specs: &[KeySpec {
            flags: key_flag::RO | key_flag::ACCESS,
            begin: BeginSearch::Index(1),
            find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 1 },
            notes: None,
        }],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            Argument::pure_token("withscores", "WITHSCORES").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    zdiff,
);

pub const ZDIFFSTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zdiffstore",
        group: Group::SortedSet,
        summary: "Stores the members of a sorted set that are in none of several others.",
        since: "6.2.0",
        complexity: "O(L+(N-K)*log(N)); L is the number of members of all sets, N the size of the first, K of the result.",
        arity: -4,
        flags: flag::DENYOOM | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::SLOW | category::SORTEDSET | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::OW | key_flag::UPDATE),
            KeySpec {
                flags: key_flag::RO | key_flag::ACCESS,
                begin: BeginSearch::Index(2),
                find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 1 },
                notes: None,
            },
        ],
        arguments: &[
            Argument::key("destination", 0),
            Argument::integer("numkeys"),
            Argument::key("key", 1).multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    zdiffstore,
);

use super::combine::{self, Form};

fn zdiff(context: &mut Context<'_>) -> CommandResult {
    let request = combine::parse(context, 1, Form::Reply, false)?;
    let combined = combine::difference(context, &request)?;
    combine::reply(context, &request, combined);
    Ok(())
}

fn zdiffstore(context: &mut Context<'_>) -> CommandResult {
    let request = combine::parse(context, 2, Form::Store, false)?;
    let combined = combine::difference(context, &request)?;
    combine::store_result(context, combined, "zdiffstore");
    Ok(())
}
