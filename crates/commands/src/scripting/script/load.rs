//! SCRIPT LOAD: compile a script and keep it.

use command_spec::*;
use engine::*;

pub const SCRIPT_LOAD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "load",
        group: Group::Scripting,
        summary: "Keeps a Lua script and tells the SHA-1 of its text.",
        since: "2.6.0",
        complexity: "O(N) with N being the length in bytes of the script body.",
        arity: 3,
        flags: flag::NOSCRIPT | flag::STALE,
        categories: category::SCRIPTING | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        arguments: &[Argument::string("script")],
        ..CommandSpec::DEFAULT
    },
    load,
);

fn load(context: &mut Context<'_>) -> CommandResult {
    let sha = crate::scripting::host(context)?.load(context.state, context.argv[2])?;
    context.reply.bulk(sha.as_bytes());
    Ok(())
}
