//! SORT_RO: SORT without STORE.

use command_spec::*;
use engine::*;

pub const SORT_RO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sort_ro",
        group: Group::Generic,
        summary: "Sorts the elements of a list, a set or a sorted set and returns them; it never writes.",
        since: "7.0.0",
        complexity: "O(N+M*log(M)) with the elements N and those returned M; O(N) where the order is kept.",
        arity: -2,
        flags: flag::MOVABLEKEYS | flag::READONLY,
        categories: category::DANGEROUS
            | category::LIST
            | category::READ
            | category::SET
            | category::SLOW
            | category::SORTEDSET,
        key_specs: &[
            KeySpec::at(1, key_flag::RO | key_flag::ACCESS),
            KeySpec {
                flags: key_flag::RO | key_flag::ACCESS,
                begin: BeginSearch::Unknown,
                find: FindKeys::Unknown,
                notes: None,
            },
        ],
        arguments: &[
            Argument::key("key", 0),
            Argument::pattern("by-pattern").token("BY").display("pattern").key_spec(1).optional(),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .token("LIMIT")
                .optional(),
            Argument::pattern("get-pattern")
                .token("GET")
                .display("pattern")
                .key_spec(1)
                .optional()
                .multiple_token(),
            Argument::one_of(
                "order",
                &[Argument::pure_token("asc", "ASC"), Argument::pure_token("desc", "DESC")],
            )
            .optional(),
            Argument::pure_token("sorting", "ALPHA").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    sort_ro,
);

fn sort_ro(context: &mut Context<'_>) -> CommandResult {
    super::sort::run(context, false)
}
