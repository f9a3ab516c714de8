//! ARNEXT: returns the index at which ARINSERT would insert into an array.

use command_spec::*;
use engine::*;

pub const ARNEXT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arnext",
        group: Group::Array,
        summary: "Returns the index at which ARINSERT would insert into an array.",
        since: "8.8.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::ARRAY | category::FAST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    arnext,
);

use super::reply_number;

fn arnext(context: &mut Context<'_>) -> CommandResult {
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    match array.map_or(Some(0), keyspace::Array::next_index) {
        Some(index) => reply_number(context.reply, index),
        None => context.reply.null(),
    }
    Ok(())
}
