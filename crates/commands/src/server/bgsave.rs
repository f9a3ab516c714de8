//! BGSAVE: writes the dataset to disk in the background.

use command_spec::*;
use engine::*;

pub const BGSAVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bgsave",
        group: Group::Server,
        summary: "Writes the dataset to disk in a process of its own.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: -1,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::pure_token("schedule", "SCHEDULE").since("3.2.2").optional()],
        history: &[("3.2.2", "The option SCHEDULE.")],
        ..CommandSpec::DEFAULT
    },
    bgsave,
);

const OTHER_CHILD: CommandError = CommandError::constant(
    "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.",
);
const FAILED: CommandError = CommandError::constant("ERR");

fn bgsave(context: &mut Context<'_>) -> CommandResult {
    let scheduled = match context.argv {
        [_] => false,
        [_, word] if crate::arguments::is(word, "SCHEDULE") => true,
        _ => return Err(error::SYNTAX),
    };
    if context.state.saving.child().is_some() {
        return Err(saving::IN_PROGRESS);
    }
    // Inside a transaction the process would see half of it.
    if context.state.has_child() || context.client().has(client_flag::IN_EXEC) {
        if !scheduled && context.state.has_child() {
            return Err(OTHER_CHILD);
        }
        context.state.schedule_save();
        context.reply.simple("Background saving scheduled");
        return Ok(());
    }
    // The reason is in the log.
    context.state.save_in_background().map_err(|_| FAILED)?;
    context.reply.simple("Background saving started");
    Ok(())
}
