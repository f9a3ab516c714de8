//! RESET: the connection as if it were new.

use command_spec::*;
use engine::*;

pub const RESET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "reset",
        group: Group::Connection,
        summary: "Resets the connection.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::ALLOW_BUSY
            | flag::FAST
            | flag::LOADING
            | flag::NO_AUTH
            | flag::NOSCRIPT
            | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        ..CommandSpec::DEFAULT
    },
    reset,
);

const CLEARED: u64 = client_flag::REPLY_OFF
    | client_flag::REPLY_SKIP
    | client_flag::REPLY_SKIP_NEXT
    | client_flag::NO_EVICT
    | client_flag::NO_TOUCH
    | client_flag::MONITOR
    | client_flag::READONLY;

fn reset(context: &mut Context<'_>) -> CommandResult {
    let client = context.client;
    if context.client().has(client_flag::MULTI) {
        context.state.discard_transaction(client);
    }
    context.state.unwatch_all(client);
    context.state.disable_tracking(client);
    context.state.unsubscribe_all(client);
    context.state.monitors.retain(|monitor| *monitor != client);
    context.set_resp3(false);
    let session = context.client_mut();
    session.flags &= !CLEARED;
    session.db = 0;
    session.name.clear();
    session.fieldsets.clear();
    context.state.log_out(client);
    context.reply.simple("RESET");
    Ok(())
}
