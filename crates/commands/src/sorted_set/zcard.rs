//! ZCARD: the size of a sorted set.

use command_spec::*;
use engine::*;

pub const ZCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zcard",
        group: Group::SortedSet,
        summary: "Returns the number of members of a sorted set.",
        since: "1.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    zcard,
);

fn zcard(context: &mut Context<'_>) -> CommandResult {
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    let len = set.map_or(0, keyspace::SortedSet::len);
    context.reply.integer(len as i64);
    Ok(())
}
