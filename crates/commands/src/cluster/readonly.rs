//! READONLY: this connection reads from a replica, though what it reads may be old.

use command_spec::*;
use engine::*;

pub const READONLY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "readonly",
        group: Group::Cluster,
        summary: "Lets the connection read from a replica of a cluster.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST | flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        ..CommandSpec::DEFAULT
    },
    readonly,
);

fn readonly(context: &mut Context<'_>) -> CommandResult {
    super::enabled(context)?;
    context.client_mut().set(client_flag::READONLY, true);
    context.reply.ok();
    Ok(())
}
