//! MONITOR: every command the server executes, as it happens.

use command_spec::*;
use engine::*;

pub const MONITOR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "monitor",
        group: Group::Server,
        summary: "Streams every command that the server executes.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    monitor,
);

fn monitor(context: &mut Context<'_>) -> CommandResult {
    if context.deny_blocking() {
        return Err(CommandError::err("MONITOR isn't allowed for DENY BLOCKING client"));
    }
    let client = context.client;
    if !context.state.monitors.contains(&client) {
        context.state.monitors.push(client);
    }
    context.client_mut().set(client_flag::MONITOR, true);
    context.reply.ok();
    Ok(())
}
