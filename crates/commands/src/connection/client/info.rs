//! CLIENT INFO: what is known of this connection.

use command_spec::*;
use engine::*;

pub const CLIENT_INFO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "info",
        group: Group::Connection,
        summary: "Shows what is known of the connection.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    info,
);

fn info(context: &mut Context<'_>) -> CommandResult {
    let line = super::line_of(context, context.client);
    context.reply.verbatim("txt", &line);
    Ok(())
}
