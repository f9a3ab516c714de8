//! UNWATCH: forget the watched keys.

use command_spec::*;
use engine::*;

pub const UNWATCH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "unwatch",
        group: Group::Transactions,
        summary: "Forgets all watched keys of the connection.",
        since: "2.2.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::ALLOW_BUSY | flag::FAST | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::FAST | category::TRANSACTION,
        ..CommandSpec::DEFAULT
    },
    unwatch,
);

fn unwatch(context: &mut Context<'_>) -> CommandResult {
    context.state.unwatch_all(context.client);
    context.reply.ok();
    Ok(())
}
