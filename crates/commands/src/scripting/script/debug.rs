//! SCRIPT DEBUG: whether the next scripts are run step by step.

use command_spec::*;
use engine::*;

pub const SCRIPT_DEBUG: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "debug",
        group: Group::Scripting,
        summary: "Sets whether scripts are run step by step.",
        since: "3.2.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::NOSCRIPT,
        categories: category::SCRIPTING | category::SLOW,
        arguments: &[Argument::one_of(
            "mode",
            &[
                Argument::pure_token("yes", "YES"),
                Argument::pure_token("sync", "SYNC"),
                Argument::pure_token("no", "NO"),
            ],
        )],
        ..CommandSpec::DEFAULT
    },
    debug,
);

use engine::guests::ScriptDebugging;

use crate::arguments::is;

fn debug(context: &mut Context<'_>) -> CommandResult {
    if !context.reply.is_empty() {
        return Err(CommandError::constant("ERR SCRIPT DEBUG must be called outside a pipeline"));
    }
    let debugging = match context.argv[2] {
        word if is(word, "NO") => None,
        word if is(word, "YES") => Some(ScriptDebugging::Forked),
        word if is(word, "SYNC") => Some(ScriptDebugging::Blocking),
        _ => return Err(CommandError::constant("ERR Use SCRIPT DEBUG YES/SYNC/NO")),
    };
    context.client_mut().debugging = debugging;
    context.reply.ok();
    Ok(())
}
