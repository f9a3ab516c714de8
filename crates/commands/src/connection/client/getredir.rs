//! CLIENT GETREDIR: which client receives the invalidation messages of this one.

use command_spec::*;
use engine::*;

pub const CLIENT_GETREDIR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getredir",
        group: Group::Connection,
        summary: "Shows the client that invalidation messages are sent to.",
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
    context.reply.integer(-1);
    Ok(())
}
