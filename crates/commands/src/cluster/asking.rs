//! ASKING: the next request has been sent here by an ASK redirection.

use command_spec::*;
use engine::*;

pub const ASKING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "asking",
        group: Group::Cluster,
        summary: "Announces a request that was redirected with ASK.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST,
        categories: category::CONNECTION | category::FAST,
        ..CommandSpec::DEFAULT
    },
    asking,
);

fn asking(context: &mut Context<'_>) -> CommandResult {
    super::enabled(context)?;
    context.client_mut().set(client_flag::ASKING, true);
    context.reply.ok();
    Ok(())
}
