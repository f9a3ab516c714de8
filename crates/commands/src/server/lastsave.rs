//! LASTSAVE: when the data set was last saved.

use command_spec::*;
use engine::*;

pub const LASTSAVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lastsave",
        group: Group::Server,
        summary: "Shows when the data set was last saved.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::FAST,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    lastsave,
);

fn lastsave(context: &mut Context<'_>) -> CommandResult {
    context.reply.integer(context.state.saving.last_save_s);
    Ok(())
}
