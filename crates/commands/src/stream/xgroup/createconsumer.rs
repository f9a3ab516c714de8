//! XGROUP CREATECONSUMER: add a consumer to a group.

use command_spec::*;
use engine::*;

pub const XGROUP_CREATECONSUMER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "createconsumer",
        group: Group::Stream,
        summary: "Adds a consumer to a consumer group.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(2, key_flag::RW | key_flag::INSERT)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::string("consumer"),
        ],
        ..CommandSpec::DEFAULT
    },
    createconsumer,
);

use super::group_of;

fn createconsumer(context: &mut Context<'_>) -> CommandResult {
    let [_, _, key, name, consumer] = context.argv else { return Err(error::SYNTAX) };
    let now_ms = context.now_ms();
    let added = group_of(context, key, name)?.add_consumer(consumer, now_ms).is_some();
    if added {
        context.dirty(1);
        context.notify(notify::class::STREAM, "xgroup-createconsumer", key);
    }
    context.reply.integer(i64::from(added));
    Ok(())
}
