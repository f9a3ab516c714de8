//! FUNCTION FLUSH: delete all libraries.

use command_spec::*;
use engine::*;

pub const FUNCTION_FLUSH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "flush",
        group: Group::Scripting,
        summary: "Deletes all libraries.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of functions deleted",
        arity: -2,
        flags: flag::NOSCRIPT | flag::WRITE,
        categories: category::SCRIPTING | category::SLOW | category::WRITE,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        arguments: &[Argument::one_of(
            "flush-type",
            &[Argument::pure_token("async", "ASYNC"), Argument::pure_token("sync", "SYNC")],
        )
        .optional()],
        ..CommandSpec::DEFAULT
    },
    flush,
);

use crate::arguments::is;

fn flush(context: &mut Context<'_>) -> CommandResult {
    if context.argv.len() > 3 {
        return Err(crate::help::wrong_subcommand("FUNCTION", context.argv[1]));
    }
    let lazy = match context.argv.get(2) {
        None => context.state.config.lazyfree_lazy_user_flush,
        Some(word) if is(word, "ASYNC") => true,
        Some(word) if is(word, "SYNC") => false,
        Some(_) => {
            return Err(CommandError::constant(
                "ERR FUNCTION FLUSH only supports SYNC|ASYNC option",
            ));
        }
    };
    let count = crate::scripting::host(context)?.flush_functions();
    if lazy {
        // Lua's memory belongs to this thread and has been freed; the count of what was goes the usual way.
        context.state.free_in_background(Box::new(()), count);
    }
    context.state.dirty += 1;
    context.reply.ok();
    Ok(())
}
