//! ZSCORE: the score of a member of a sorted set.

use command_spec::*;
use engine::*;

pub const ZSCORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zscore",
        group: Group::SortedSet,
        summary: "Returns the score of a member of a sorted set.",
        since: "1.2.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("member")],
        ..CommandSpec::DEFAULT
    },
    zscore,
);

fn zscore(context: &mut Context<'_>) -> CommandResult {
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    match set.and_then(|set| set.score(context.argv[2])) {
        None => context.reply.null(),
        Some(score) => context.reply.double(score),
    }
    Ok(())
}
