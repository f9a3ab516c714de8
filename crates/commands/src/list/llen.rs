//! LLEN: the length of a list.

use command_spec::*;
use engine::*;

pub const LLEN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "llen",
        group: Group::List,
        summary: "Returns the number of elements of a list.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::LIST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    llen,
);

fn llen(context: &mut Context<'_>) -> CommandResult {
    let list = context.state.list_to_read(context.db, context.argv[1])?;
    let len = list.map_or(0, keyspace::List::len);
    context.reply.integer(len as i64);
    Ok(())
}
