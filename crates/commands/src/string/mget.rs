//! MGET: the values of several string keys.

use command_spec::*;
use engine::*;

pub const MGET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "mget",
        group: Group::String,
        summary: "Returns the strings of keys, null for what is missing or of another type.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys.",
        arity: -2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::STRING,
        tips: &["request_policy:multi_shard"],
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    mget,
);

fn mget(context: &mut Context<'_>) -> CommandResult {
    let keys = &context.argv[1..];
    context.reply.array(keys.len());
    for key in keys {
        match context.state.lookup_read(context.db, key) {
            Some(record) if crate::string::reply_value(context.reply, record).is_ok() => {}
            _ => context.reply.null(),
        }
    }
    Ok(())
}
