//! QUIT: the server closes the connection once the reply is out.

use command_spec::*;
use engine::*;

pub const QUIT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "quit",
        group: Group::Connection,
        summary: "Closes the connection.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: -1,
        flags: flag::ALLOW_BUSY
            | flag::FAST
            | flag::LOADING
            | flag::NO_AUTH
            | flag::NOSCRIPT
            | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        deprecated: Some(Deprecation { since: "7.2.0", replaced_by: "closing the connection" }),
        ..CommandSpec::DEFAULT
    },
    quit,
);

fn quit(context: &mut Context<'_>) -> CommandResult {
    context.reply.ok();
    context.client_mut().set(client_flag::CLOSE_AFTER_REPLY, true);
    Ok(())
}
