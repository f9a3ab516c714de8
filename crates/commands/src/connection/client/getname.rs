//! CLIENT GETNAME: the name of this connection.

use command_spec::*;
use engine::*;

pub const CLIENT_GETNAME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getname",
        group: Group::Connection,
        summary: "Shows the name of the connection.",
        since: "2.6.9",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    getname,
);

fn getname(context: &mut Context<'_>) -> CommandResult {
    let name = &context.state.clients[context.client].name;
    if name.is_empty() {
        context.reply.null();
    } else {
        context.reply.bulk(name);
    }
    Ok(())
}
