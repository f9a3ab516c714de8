//! SCRIPT FLUSH: forget all scripts.

use command_spec::*;
use engine::*;

pub const SCRIPT_FLUSH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "flush",
        group: Group::Scripting,
        summary: "Forgets all scripts.",
        since: "2.6.0",
        complexity: "O(N) with N being the number of scripts in cache",
        arity: -2,
        flags: flag::NOSCRIPT,
        categories: category::SCRIPTING | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        arguments: &[Argument::one_of(
            "flush-type",
            &[Argument::pure_token("async", "ASYNC"), Argument::pure_token("sync", "SYNC")],
        )
        .since("6.2.0")
        .optional()],
        history: &[("6.2.0", "The options ASYNC and SYNC.")],
        ..CommandSpec::DEFAULT
    },
    flush,
);

use crate::arguments;

fn flush(context: &mut Context<'_>) -> CommandResult {
    let option = context.argv.get(2).copied();
    let known =
        option.is_none_or(|word| arguments::is(word, "SYNC") || arguments::is(word, "ASYNC"));
    if !known || context.argv.len() > 3 {
        return Err(CommandError::constant("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
    }
    crate::scripting::host(context)?.flush();
    context.reply.ok();
    Ok(())
}
