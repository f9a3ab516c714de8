//! LRANGE: the elements of a range of a list.

use command_spec::*;
use engine::*;

pub const LRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lrange",
        group: Group::List,
        summary: "Returns the elements between two indexes of a list.",
        since: "1.0.0",
        complexity: "O(S+N); S is the distance of the start from the nearer end, N the number of elements returned.",
        arity: 4,
        flags: flag::READONLY,
        categories: category::LIST | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("stop"),
        ],
        ..CommandSpec::DEFAULT
    },
    lrange,
);

use crate::arguments;
use crate::collection::{index_range, reply_element};

fn lrange(context: &mut Context<'_>) -> CommandResult {
    let start = arguments::integer(context.argv[2])?;
    let end = arguments::integer(context.argv[3])?;
    let Some(list) = context.state.list_to_read(context.db, context.argv[1])? else {
        context.reply.array(0);
        return Ok(());
    };
    let Some((first, count)) = index_range(start, end, list.len()) else {
        context.reply.array(0);
        return Ok(());
    };
    let reply = &mut *context.reply;
    reply.array(count);
    list.visit_range(first, count, |element| reply_element(reply, element));
    Ok(())
}
