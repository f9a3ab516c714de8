//! SMISMEMBER: which of several members a set has.

use command_spec::*;
use engine::*;

pub const SMISMEMBER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "smismember",
        group: Group::Set,
        summary: "Tells which of several members a set has.",
        since: "6.2.0",
        complexity: "O(N); N is the number of members asked for.",
        arity: -3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("member").multiple()],
        ..CommandSpec::DEFAULT
    },
    smismember,
);

fn smismember(context: &mut Context<'_>) -> CommandResult {
    let set = context.state.set_to_read(context.db, context.argv[1])?;
    let members = &context.argv[2..];
    context.reply.array(members.len());
    for member in members {
        let found = set.is_some_and(|set| set.contains(member));
        context.reply.integer(i64::from(found));
    }
    Ok(())
}
