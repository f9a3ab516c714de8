//! ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX: remove a range of a sorted set.

use command_spec::*;
use engine::*;

pub const ZREMRANGEBYRANK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zremrangebyrank",
        group: Group::SortedSet,
        summary: "Removes the members between two ranks from a sorted set.",
        since: "2.0.0",
        complexity: "O(log(N)+M*log(N)); N is the size of the set, M the number of members removed.",
        arity: 4,
        flags: flag::WRITE,
        categories: category::SLOW | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("stop"),
        ],
        ..CommandSpec::DEFAULT
    },
    zremrangebyrank,
);

pub const ZREMRANGEBYSCORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zremrangebyscore",
        group: Group::SortedSet,
        summary: "Removes the members with scores in a range from a sorted set.",
        since: "1.2.0",
        complexity: "O(log(N)+M*log(N)); N is the size of the set, M the number of members removed.",
        arity: 4,
        flags: flag::WRITE,
        categories: category::SLOW | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::double("min"), Argument::double("max")],
        ..CommandSpec::DEFAULT
    },
    zremrangebyscore,
);

pub const ZREMRANGEBYLEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zremrangebylex",
        group: Group::SortedSet,
        summary: "Removes the members with names in a range from a sorted set of equal scores.",
        since: "2.8.9",
        complexity: "O(log(N)+M*log(N)); N is the size of the set, M the number of members removed.",
        arity: 4,
        flags: flag::WRITE,
        categories: category::SLOW | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::string("min"), Argument::string("max")],
        ..CommandSpec::DEFAULT
    },
    zremrangebylex,
);

use keyspace::SortedSet;

use super::after_removal;
use super::bounds::Bounds;
use crate::arguments;
use crate::collection::index_range;

fn zremrangebyrank(context: &mut Context<'_>) -> CommandResult {
    let start = arguments::integer(context.argv[2])?;
    let end = arguments::integer(context.argv[3])?;
    let ranks = |set: &SortedSet| index_range(start, end, set.len()).unwrap_or((0, 0));
    remove(context, ranks, "zremrangebyrank")
}

fn zremrangebyscore(context: &mut Context<'_>) -> CommandResult {
    let bounds = Bounds::scores(context.argv[2], context.argv[3])?;
    remove(context, |set| within(&bounds, set), "zremrangebyscore")
}

fn zremrangebylex(context: &mut Context<'_>) -> CommandResult {
    let bounds = Bounds::names(context.argv[2], context.argv[3])?;
    remove(context, |set| within(&bounds, set), "zremrangebylex")
}

fn within(bounds: &Bounds<'_>, set: &SortedSet) -> (usize, usize) {
    let ranks = bounds.ranks(set);
    (ranks.start, ranks.len())
}

fn remove(
    context: &mut Context<'_>,
    ranks: impl FnOnce(&SortedSet) -> (usize, usize),
    event: &str,
) -> CommandResult {
    let key = context.argv[1];
    let removed = match context.state.sorted_set_to_write(context.db, key)? {
        None => 0,
        Some(set) => {
            let (first, count) = ranks(set);
            set.remove_ranks(first, count)
        }
    };
    if removed > 0 {
        after_removal(context, key, event, removed);
    }
    context.reply.integer(removed as i64);
    Ok(())
}
