//! WATCH: make EXEC depend on keys staying as they are.

use command_spec::*;
use engine::*;

pub const WATCH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "watch",
        group: Group::Transactions,
        summary: "Lets a transaction fail if any of the keys changes before it.",
        since: "2.2.0",
        complexity: "O(1) for every key.",
        arity: -2,
        flags: flag::ALLOW_BUSY | flag::FAST | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::FAST | category::TRANSACTION,
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RO)],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    watch,
);

fn watch(context: &mut Context<'_>) -> CommandResult {
    if context.client().has(client_flag::MULTI) {
        return Err(error::WATCH_IN_MULTI);
    }
    // Once a watched key was touched the transaction will fail anyway.
    if !context.client().has(client_flag::DIRTY_CAS) {
        for key in &context.argv[1..] {
            context.state.watch(context.client, context.db, key);
        }
    }
    context.reply.ok();
    Ok(())
}
