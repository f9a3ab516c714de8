//! CLIENT ID: the number of this connection.

use command_spec::*;
use engine::*;

pub const CLIENT_ID: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "id",
        group: Group::Connection,
        summary: "Shows the number of the connection.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    id,
);

fn id(context: &mut Context<'_>) -> CommandResult {
    let id = context.client().id;
    context.reply.integer(i64::try_from(id).unwrap_or(i64::MAX));
    Ok(())
}
