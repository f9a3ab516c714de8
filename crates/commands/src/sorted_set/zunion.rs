//! ZUNION, ZUNIONSTORE: the members of several sorted sets together.

use command_spec::*;
use engine::*;

pub const ZUNION: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zunion",
        group: Group::SortedSet,
        summary: "Returns the members of several sorted sets together, with their scores combined.",
        since: "6.2.0",
        complexity: "O(N)+O(M*log(M)); N is the number of members of all sets, M the number of members of the result.",
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
            Argument::integer("weight").token("WEIGHTS").optional().multiple(),
            Argument::one_of(
                "aggregate",
                &[
                    Argument::pure_token("sum", "SUM"),
                    Argument::pure_token("min", "MIN"),
                    Argument::pure_token("max", "MAX"),
                    Argument::pure_token("count", "COUNT").since("8.8.0"),
                ],
            )
            .token("AGGREGATE")
            .optional(),
            Argument::pure_token("withscores", "WITHSCORES").optional(),
        ],
        history: &[("8.8.0", "AGGREGATE COUNT.")],
        ..CommandSpec::DEFAULT
    },
    zunion,
);

pub const ZUNIONSTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zunionstore",
        group: Group::SortedSet,
        summary: "Stores the members of several sorted sets together, with their scores combined.",
        since: "2.0.0",
        complexity: "O(N)+O(M*log(M)); N is the number of members of all sets, M the number of members of the result.",
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
            Argument::integer("weight").token("WEIGHTS").optional().multiple(),
            Argument::one_of(
                "aggregate",
                &[
                    Argument::pure_token("sum", "SUM"),
                    Argument::pure_token("min", "MIN"),
                    Argument::pure_token("max", "MAX"),
                    Argument::pure_token("count", "COUNT").since("8.8.0"),
                ],
            )
            .token("AGGREGATE")
            .optional(),
        ],
        history: &[("8.8.0", "AGGREGATE COUNT.")],
        ..CommandSpec::DEFAULT
    },
    zunionstore,
);

use super::combine::{self, Form};

fn zunion(context: &mut Context<'_>) -> CommandResult {
    let request = combine::parse(context, 1, Form::Reply, true)?;
    let combined = combine::union(context, &request)?;
    combine::reply(context, &request, combined);
    Ok(())
}

fn zunionstore(context: &mut Context<'_>) -> CommandResult {
    let request = combine::parse(context, 2, Form::Store, true)?;
    let combined = combine::union(context, &request)?;
    combine::store_result(context, combined, "zunionstore");
    Ok(())
}
