//! ARCOUNT: returns the number of elements of an array.

use command_spec::*;
use engine::*;

pub const ARCOUNT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arcount",
        group: Group::Array,
        summary: "Returns the number of elements of an array.",
        since: "8.8.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::ARRAY | category::FAST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    arcount,
);

use keyspace::Array;

use super::reply_number;

fn arcount(context: &mut Context<'_>) -> CommandResult {
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    let count = array.map_or(0, Array::count);
    reply_number(context.reply, count);
    Ok(())
}
