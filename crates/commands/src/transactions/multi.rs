//! MULTI: begin a transaction.

use command_spec::*;
use engine::*;

pub const MULTI: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "multi",
        group: Group::Transactions,
        summary: "Starts a transaction.",
        since: "1.2.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::ALLOW_BUSY | flag::FAST | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::FAST | category::TRANSACTION,
        ..CommandSpec::DEFAULT
    },
    multi,
);

fn multi(context: &mut Context<'_>) -> CommandResult {
    if context.client().has(client_flag::MULTI) {
        return Err(error::NESTED_MULTI);
    }
    context.client_mut().set(client_flag::MULTI, true);
    context.reply.ok();
    Ok(())
}
