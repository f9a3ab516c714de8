//! CLIENT CACHING: whether the keys of the next command are tracked.

use command_spec::*;
use engine::*;

pub const CLIENT_CACHING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "caching",
        group: Group::Connection,
        summary: "Says whether the keys of the next command are tracked.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        arguments: &[Argument::one_of(
            "mode",
            &[Argument::pure_token("yes", "YES"), Argument::pure_token("no", "NO")],
        )],
        ..CommandSpec::DEFAULT
    },
    caching,
);

fn caching(_: &mut Context<'_>) -> CommandResult {
    Err(CommandError::err(
        "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or \
         OPTOUT mode enabled",
    ))
}
