//! CLIENT GETREDIR: which client is told of changed keys instead of this one.

use command_spec::*;
use engine::*;

pub const CLIENT_GETREDIR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getredir",
        group: Group::Connection,
        summary: "Shows the client that is told of changed keys.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    getredir,
);

fn getredir(context: &mut Context<'_>) -> CommandResult {
    let redirect = context.client().tracking_redirect();
    context.reply.integer(redirect.map_or(-1, |number| number as i64));
    Ok(())
}
