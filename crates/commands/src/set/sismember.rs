//! SISMEMBER: whether a set has a member.

use command_spec::*;
use engine::*;

pub const SISMEMBER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sismember",
        group: Group::Set,
        summary: "Tells whether a set has a member.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SET,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0), Argument::string("member")],
        ..CommandSpec::DEFAULT
    },
    sismember,
);

fn sismember(context: &mut Context<'_>) -> CommandResult {
    let set = context.state.set_to_read(context.db, context.argv[1])?;
    let found = set.is_some_and(|set| set.contains(context.argv[2]));
    context.reply.integer(i64::from(found));
    Ok(())
}
