//! LTRIM: keeps a range of a list.

use command_spec::*;
use engine::*;

pub const LTRIM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "ltrim",
        group: Group::List,
        summary: "Removes the elements outside of a range of indexes from a list.",
        since: "1.0.0",
        complexity: "O(N); N is the number of elements removed.",
        arity: 4,
        flags: flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("stop"),
        ],
        ..CommandSpec::DEFAULT
    },
    ltrim,
);

use crate::arguments;
use crate::collection::index_range;

fn ltrim(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let start = arguments::integer(context.argv[2])?;
    let end = arguments::integer(context.argv[3])?;
    let Some(list) = context.state.list_to_write(db, key)? else {
        context.reply.ok();
        return Ok(());
    };
    let (first, count) = index_range(start, end, list.len()).unwrap_or((list.len(), 0));
    let mut removed = list.remove_range(first + count, usize::MAX);
    removed += list.remove_range(0, first);
    super::after_removal(context, key, "ltrim");
    context.dirty(removed as u64);
    context.reply.ok();
    Ok(())
}
