//! CLIENT UNPAUSE: end a pause before its time.

use command_spec::*;
use engine::*;

pub const CLIENT_UNPAUSE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "unpause",
        group: Group::Connection,
        summary: "Ends a pause of clients.",
        since: "6.2.0",
        complexity: "O(N) where N is the number of clients held back.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::CONNECTION | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    unpause,
);

fn unpause(context: &mut Context<'_>) -> CommandResult {
    // Executing what waits would nest inside this command; the moment after it is soon enough.
    context.state.post_jobs.push(Box::new(State::end_pause));
    context.reply.ok();
    Ok(())
}
