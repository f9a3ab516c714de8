//! ZMSCORE: the scores of several members of a sorted set.

use command_spec::*;
use engine::*;

pub const ZMSCORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zmscore",
        group: Group::SortedSet,
        summary: "Returns the scores of several members of a sorted set.",
        since: "6.2.0",
        complexity: "O(N); N is the number of members asked for.",
        arity: -3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("member").multiple()],
        ..CommandSpec::DEFAULT
    },
    zmscore,
);

fn zmscore(context: &mut Context<'_>) -> CommandResult {
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    let members = &context.argv[2..];
    context.reply.array(members.len());
    for member in members {
        match set.and_then(|set| set.score(member)) {
            None => context.reply.null(),
            Some(score) => context.reply.double(score),
        }
    }
    Ok(())
}
