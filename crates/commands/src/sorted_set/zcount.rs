//! ZCOUNT, ZLEXCOUNT: how many members of a sorted set lie in a range.

use command_spec::*;
use engine::*;

pub const ZCOUNT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zcount",
        group: Group::SortedSet,
        summary: "Returns how many members of a sorted set have scores in a range.",
        since: "2.0.0",
        complexity: "O(log(N)); N is the size of the set.",
        arity: 4,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::double("min"), Argument::double("max")],
        ..CommandSpec::DEFAULT
    },
    zcount,
);

pub const ZLEXCOUNT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zlexcount",
        group: Group::SortedSet,
        summary: "Returns how many members of a sorted set of equal scores have names in a range.",
        since: "2.8.9",
        complexity: "O(log(N)); N is the size of the set.",
        arity: 4,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("min"), Argument::string("max")],
        ..CommandSpec::DEFAULT
    },
    zlexcount,
);

use super::bounds::Bounds;

fn zcount(context: &mut Context<'_>) -> CommandResult {
    let bounds = Bounds::scores(context.argv[2], context.argv[3])?;
    count(context, &bounds)
}

fn zlexcount(context: &mut Context<'_>) -> CommandResult {
    let bounds = Bounds::names(context.argv[2], context.argv[3])?;
    count(context, &bounds)
}

fn count(context: &mut Context<'_>, bounds: &Bounds<'_>) -> CommandResult {
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    let count = set.map_or(0, |set| bounds.ranks(set).len());
    context.reply.integer(count as i64);
    Ok(())
}
