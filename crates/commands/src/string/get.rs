//! GET: the value of a string key.

use command_spec::*;
use engine::*;

pub const GET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "get",
        group: Group::String,
        summary: "Returns the string value of a key.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::STRING,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    get,
);

fn get(context: &mut Context<'_>) -> CommandResult {
    match context.state.lookup_read(context.db, context.argv[1]) {
        None => context.reply.null(),
        Some(record) => crate::string::reply_value(context.reply, record)?,
    }
    Ok(())
}
