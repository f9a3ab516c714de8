//! ARMGET: returns the elements at some indexes of an array.

use command_spec::*;
use engine::*;

pub const ARMGET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "armget",
        group: Group::Array,
        summary: "Returns the elements at some indexes of an array.",
        since: "8.8.0",
        complexity: "O(N); N is the number of indexes.",
        arity: -3,
        flags: flag::FAST | flag::READONLY,
        categories: category::ARRAY | category::FAST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("index").multiple()],
        ..CommandSpec::DEFAULT
    },
    armget,
);

use super::{index, reply_cell};

fn armget(context: &mut Context<'_>) -> CommandResult {
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    let words = &context.argv[2..];
    for word in words {
        index(word)?;
    }
    context.reply.array(words.len());
    for word in words {
        let index = index(word)?;
        reply_cell(context.reply, array.and_then(|array| array.get(index)));
    }
    Ok(())
}
