//! ARGET: returns the element at an index of an array.

use command_spec::*;
use engine::*;

pub const ARGET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arget",
        group: Group::Array,
        summary: "Returns the element at an index of an array.",
        since: "8.8.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::READONLY,
        categories: category::ARRAY | category::FAST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("index")],
        ..CommandSpec::DEFAULT
    },
    arget,
);

use super::{index, reply_cell};

fn arget(context: &mut Context<'_>) -> CommandResult {
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    let index = index(context.argv[2])?;
    reply_cell(context.reply, array.and_then(|array| array.get(index)));
    Ok(())
}
