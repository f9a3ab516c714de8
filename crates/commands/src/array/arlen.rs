//! ARLEN: returns the length of an array: its greatest index in use and one.

use command_spec::*;
use engine::*;

pub const ARLEN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arlen",
        group: Group::Array,
        summary: "Returns the length of an array: its greatest index in use and one.",
        since: "8.8.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::ARRAY | category::FAST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    arlen,
);

use keyspace::Array;

use super::reply_number;

fn arlen(context: &mut Context<'_>) -> CommandResult {
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    let len = array.map_or(0, Array::len);
    reply_number(context.reply, len);
    Ok(())
}
