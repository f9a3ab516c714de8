//! READWRITE: ends READONLY.

use command_spec::*;
use engine::*;

pub const READWRITE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "readwrite",
        group: Group::Cluster,
        summary: "Ends what READONLY began.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST | flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        ..CommandSpec::DEFAULT
    },
    readwrite,
);

fn readwrite(context: &mut Context<'_>) -> CommandResult {
    super::enabled(context)?;
    context.client_mut().set(client_flag::READONLY, false);
    context.reply.ok();
    Ok(())
}
