//! HEXISTS: whether a hash has a field.

use command_spec::*;
use engine::*;

pub const HEXISTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hexists",
        group: Group::Hash,
        summary: "Tells whether a hash has a field.",
        since: "2.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0), Argument::string("field")],
        ..CommandSpec::DEFAULT
    },
    hexists,
);

fn hexists(context: &mut Context<'_>) -> CommandResult {
    let (key, field) = (context.argv[1], context.argv[2]);
    let found = super::read_field(context.state, context.db, key, field, |_| ())?;
    context.reply.integer(i64::from(found.is_some()));
    Ok(())
}
