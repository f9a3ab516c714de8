//! ECHO: the message back.

use command_spec::*;
use engine::*;

pub const ECHO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "echo",
        group: Group::Connection,
        summary: "Answers the given message.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        arguments: &[Argument::string("message")],
        ..CommandSpec::DEFAULT
    },
    echo,
);

fn echo(context: &mut Context<'_>) -> CommandResult {
    context.reply.bulk(context.argv[1]);
    Ok(())
}
