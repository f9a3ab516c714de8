//! GETSET: sets a string key and returns what it held.

use command_spec::*;
use engine::*;

pub const GETSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getset",
        group: Group::String,
        summary: "Sets a key to a string and returns the one before.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0), Argument::string("value")],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`SET` with the `!GET` argument",
        }),
        ..CommandSpec::DEFAULT
    },
    getset,
);

fn getset(context: &mut Context<'_>) -> CommandResult {
    let (key, value) = (context.argv[1], context.argv[2]);
    match context.state.lookup_read(context.db, key) {
        None => context.reply.null(),
        Some(record) => crate::string::reply_value(context.reply, record)?,
    }
    context.state.set_string(context.db, key, value, keyspace::SetExpiry::Clear);
    context.dirty(1);
    context.notify(notify::class::STRING, "set", key);
    context.rewrite(&[b"SET", key, value]);
    Ok(())
}
