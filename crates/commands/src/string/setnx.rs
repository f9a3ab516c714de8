//! SETNX: sets a string key that is missing.

use command_spec::*;
use engine::*;

pub const SETNX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setnx",
        group: Group::String,
        summary: "Sets a key to a string unless it exists.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::OW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("value")],
        deprecated: Some(Deprecation {
            since: "2.6.12",
            replaced_by: "`SET` with the `NX` argument",
        }),
        ..CommandSpec::DEFAULT
    },
    setnx,
);

fn setnx(context: &mut Context<'_>) -> CommandResult {
    let (key, value) = (context.argv[1], context.argv[2]);
    let missing = context.state.lookup_write(context.db, key).is_none();
    if missing {
        context.state.set_string(context.db, key, value, keyspace::SetExpiry::Clear);
        context.dirty(1);
        context.notify(notify::class::STRING, "set", key);
    }
    context.reply.integer(i64::from(missing));
    Ok(())
}
