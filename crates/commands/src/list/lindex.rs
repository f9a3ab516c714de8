//! LINDEX: the element of an index of a list.

use command_spec::*;
use engine::*;

pub const LINDEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lindex",
        group: Group::List,
        summary: "Returns the element at an index of a list.",
        since: "1.0.0",
        complexity: "O(N); N is the number of elements on the way to the one of the index, O(1) at the ends.",
        arity: 3,
        flags: flag::READONLY,
        categories: category::LIST | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("index")],
        ..CommandSpec::DEFAULT
    },
    lindex,
);

use crate::arguments;
use crate::collection::reply_element;

fn lindex(context: &mut Context<'_>) -> CommandResult {
    let Some(list) = context.state.list_to_read(context.db, context.argv[1])? else {
        context.reply.null();
        return Ok(());
    };
    let index = arguments::integer(context.argv[2])?;
    let reply = &mut *context.reply;
    let index = super::index_of(index, list.len());
    let found = index.and_then(|index| list.get(index, |element| reply_element(reply, element)));
    if found.is_none() {
        context.reply.null();
    }
    Ok(())
}
