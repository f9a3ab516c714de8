//! FUNCTION KILL: end the function that runs.

use command_spec::*;
use engine::*;

pub const FUNCTION_KILL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "kill",
        group: Group::Scripting,
        summary: "Ends a function that has run too long.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ALLOW_BUSY | flag::NOSCRIPT,
        categories: category::SCRIPTING | category::SLOW,
        tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
        ..CommandSpec::DEFAULT
    },
    kill,
);

fn kill(context: &mut Context<'_>) -> CommandResult {
    crate::scripting::host(context)?.kill(context.state, true)?;
    context.reply.ok();
    Ok(())
}
