//! XGROUP DELCONSUMER: remove a consumer from a group.

use command_spec::*;
use engine::*;

pub const XGROUP_DELCONSUMER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "delconsumer",
        group: Group::Stream,
        summary: "Removes a consumer from a consumer group and returns how many pending entries it had.",
        since: "5.0.0",
        complexity: "O(N); N is the number of pending entries of the consumer.",
        arity: 5,
        flags: flag::WRITE,
        categories: category::SLOW | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(2, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::string("consumer"),
        ],
        ..CommandSpec::DEFAULT
    },
    delconsumer,
);

use super::group_of;

fn delconsumer(context: &mut Context<'_>) -> CommandResult {
    let [_, _, key, name, consumer] = context.argv else { return Err(error::SYNTAX) };
    let group = group_of(context, key, name)?;
    let found = group.find_consumer(consumer);
    let pending = found.map_or(0, |consumer| group.remove_consumer(consumer));
    if found.is_some() {
        context.dirty(1);
        context.notify(notify::class::STREAM, "xgroup-delconsumer", key);
    }
    context.reply.integer(pending as i64);
    Ok(())
}
