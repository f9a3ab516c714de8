//! SMEMBERS: all members of a set.

use command_spec::*;
use engine::*;

pub const SMEMBERS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "smembers",
        group: Group::Set,
        summary: "Returns all members of a set.",
        since: "1.0.0",
        complexity: "O(N); N is the number of members.",
        arity: 2,
        flags: flag::READONLY,
        categories: category::READ | category::SET | category::SLOW,
        tips: &["nondeterministic_output_order"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    smembers,
);

use crate::collection::reply_element;

fn smembers(context: &mut Context<'_>) -> CommandResult {
    let Some(set) = context.state.set_to_read(context.db, context.argv[1])? else {
        context.reply.set(0);
        return Ok(());
    };
    context.reply.set(set.len());
    set.for_each(|element| reply_element(context.reply, element));
    Ok(())
}
