//! STRLEN: the length of a string.

use command_spec::*;
use engine::*;

pub const STRLEN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "strlen",
        group: Group::String,
        summary: "Returns the length of a string.",
        since: "2.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::STRING,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    strlen,
);

fn strlen(context: &mut Context<'_>) -> CommandResult {
    let len = match context.state.lookup_read(context.db, context.argv[1]) {
        None => 0,
        Some(record) => keyspace::string::len(record).ok_or(error::WRONGTYPE)?,
    };
    context.reply.integer(len as i64);
    Ok(())
}
