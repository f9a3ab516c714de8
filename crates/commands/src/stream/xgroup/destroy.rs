//! XGROUP DESTROY: remove a consumer group.

use command_spec::*;
use engine::*;

pub const XGROUP_DESTROY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "destroy",
        group: Group::Stream,
        summary: "Removes a consumer group with all it knows.",
        since: "5.0.0",
        complexity: "O(N); N is the number of pending entries of the group.",
        arity: 4,
        flags: flag::WRITE,
        categories: category::SLOW | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(2, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::string("group")],
        ..CommandSpec::DEFAULT
    },
    destroy,
);

use super::stream_of;

fn destroy(context: &mut Context<'_>) -> CommandResult {
    let [_, _, key, name] = context.argv else { return Err(error::SYNTAX) };
    let removed = stream_of(context, key)?.groups.remove(name);
    if removed.is_some() {
        context.dirty(1);
        context.notify(notify::class::STREAM, "xgroup-destroy", key);
        // Who waits for what the group delivers must hear that it is gone.
        context.state.signal_key_ready(context.db, key);
    }
    context.reply.integer(i64::from(removed.is_some()));
    Ok(())
}
