//! DISCARD: end a transaction without running it.

use command_spec::*;
use engine::*;

pub const DISCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "discard",
        group: Group::Transactions,
        summary: "Discards a transaction.",
        since: "2.0.0",
        complexity: "O(N), when N is the number of queued commands",
        arity: 1,
        flags: flag::ALLOW_BUSY | flag::FAST | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::FAST | category::TRANSACTION,
        ..CommandSpec::DEFAULT
    },
    discard,
);

fn discard(context: &mut Context<'_>) -> CommandResult {
    if !context.client().has(client_flag::MULTI) {
        return Err(error::DISCARD_WITHOUT_MULTI);
    }
    context.state.discard_transaction(context.client);
    context.reply.ok();
    Ok(())
}
