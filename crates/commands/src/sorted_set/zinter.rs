//! ZINTER, ZINTERSTORE, ZINTERCARD: what several sorted sets have in common.

use command_spec::*;
use engine::*;

pub const ZINTER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zinter",
        group: Group::SortedSet,
        summary: "Returns the members that several sorted sets have in common, with their scores combined.",
        since: "6.2.0",
        complexity: "O(N*K)+O(M*log(M)); N is the size of the smallest set, K the number of sets, M the number of members of the result.",
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
    zinter,
);

pub const ZINTERSTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zinterstore",
        group: Group::SortedSet,
        summary: "Stores the members that several sorted sets have in common, with their scores combined.",
        since: "2.0.0",
        complexity: "O(N*K)+O(M*log(M)); N is the size of the smallest set, K the number of sets, M the number of members of the result.",
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
    zinterstore,
);

pub const ZINTERCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zintercard",
        group: Group::SortedSet,
        summary: "Returns how many members several sorted sets have in common.",
        since: "7.0.0",
        complexity: "O(N*K); N is the size of the smallest set, K the number of sets.",
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
            Argument::integer("limit").token("LIMIT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    zintercard,
);

use super::combine::{self, Combined, Form, Request};

fn zinter(context: &mut Context<'_>) -> CommandResult {
    let request = combine::parse(context, 1, Form::Reply, true)?;
    let combined = intersection(context, &request)?;
    combine::reply(context, &request, combined);
    Ok(())
}

fn zinterstore(context: &mut Context<'_>) -> CommandResult {
    let request = combine::parse(context, 2, Form::Store, true)?;
    let combined = intersection(context, &request)?;
    combine::store_result(context, combined, "zinterstore");
    Ok(())
}

fn zintercard(context: &mut Context<'_>) -> CommandResult {
    let request = combine::parse(context, 1, Form::Count, false)?;
    let mut count = 0;
    combine::for_each_common(context, &request, |_, _| {
        count += 1;
        count < request.limit
    })?;
    context.reply.integer(count as i64);
    Ok(())
}

fn intersection(
    context: &mut Context<'_>,
    request: &Request<'_>,
) -> Result<Combined, CommandError> {
    let mut combined = Combined::new();
    combine::for_each_common(context, request, |member, score| {
        combined.push((member.to_vec(), score));
        true
    })?;
    Ok(combined)
}
