//! TYPE: the type of a key.

use command_spec::*;
use engine::*;

pub const TYPE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "type",
        group: Group::Generic,
        summary: "Returns the type of a key, or none.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::KEYSPACE | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    r#type,
);

use engine::lookup::lookup_flag;

fn r#type(context: &mut Context<'_>) -> CommandResult {
    let record = context.state.lookup_read_with(context.db, context.argv[1], lookup_flag::NO_TOUCH);
    context.reply.simple(record.map_or("none", keyspace::type_name));
    Ok(())
}
