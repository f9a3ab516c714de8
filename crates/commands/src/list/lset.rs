//! LSET: sets the element of an index of a list.

use command_spec::*;
use engine::*;

pub const LSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lset",
        group: Group::List,
        summary: "Sets the element at an index of a list.",
        since: "1.0.0",
        complexity: "O(N); N is the number of elements on the way to the one of the index, O(1) at the ends.",
        arity: 4,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("index"),
            Argument::string("element"),
        ],
        ..CommandSpec::DEFAULT
    },
    lset,
);

use crate::arguments;

fn lset(context: &mut Context<'_>) -> CommandResult {
    let (db, key, element) = (context.db, context.argv[1], context.argv[3]);
    let limit = context.state.list_limit();
    let Some(list) = context.state.list_to_write(db, key)? else {
        return Err(error::NO_SUCH_KEY);
    };
    let index = arguments::integer(context.argv[2])?;
    list.expect(element.len(), 1, &limit);
    let index = super::index_of(index, list.len()).ok_or(error::INDEX_OUT_OF_RANGE)?;
    list.set(index, element, &limit);
    list.shrink(&limit);
    context.modified(key);
    context.notify(notify::class::LIST, "lset", key);
    context.dirty(1);
    context.reply.ok();
    Ok(())
}
