//! SELECT: the database of this connection.

use command_spec::*;
use engine::*;

pub const SELECT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "select",
        group: Group::Connection,
        summary: "Selects the database that the connection works on.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        arguments: &[Argument::integer("index")],
        ..CommandSpec::DEFAULT
    },
    select,
);

fn select(context: &mut Context<'_>) -> CommandResult {
    let number = crate::arguments::integer(context.argv[1])?;
    if context.state.cluster.is_some() && number != 0 {
        return Err(CommandError::err("SELECT is not allowed in cluster mode"));
    }
    let index = crate::arguments::database(context.state, context.argv[1])?;
    context.client_mut().db = index;
    if index != 0 {
        context.state.note_incompatible();
    }
    context.reply.ok();
    Ok(())
}
