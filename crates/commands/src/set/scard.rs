//! SCARD: the size of a set.

use command_spec::*;
use engine::*;

pub const SCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "scard",
        group: Group::Set,
        summary: "Returns the number of members of a set.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SET,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    scard,
);

fn scard(context: &mut Context<'_>) -> CommandResult {
    let set = context.state.set_to_read(context.db, context.argv[1])?;
    let len = set.map_or(0, keyspace::Set::len);
    context.reply.integer(len as i64);
    Ok(())
}
