//! XINFO CONSUMERS: the consumers of a group.

use command_spec::*;
use engine::*;

pub const XINFO_CONSUMERS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "consumers",
        group: Group::Stream,
        summary: "Lists the consumers of a consumer group.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STREAM,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(2, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("group")],
        history: &[("7.2.0", "Tells inactive.")],
        ..CommandSpec::DEFAULT
    },
    consumers,
);

use super::super::group::no_group;

fn consumers(context: &mut Context<'_>) -> CommandResult {
    let [_, _, key, name] = context.argv else { return Err(error::SYNTAX) };
    let now_ms = context.now_ms();
    let stream = context.state.stream_to_read(context.db, key)?.ok_or(error::NO_SUCH_KEY)?;
    let group = stream.groups.get(name).ok_or_else(|| no_group(key, name))?;
    let reply = &mut *context.reply;
    reply.array(group.consumers_len());
    for (_, consumer) in group.consumers() {
        let since = |then_ms: i64| now_ms.saturating_sub(then_ms).max(0);
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        reply.bulk(b"pending");
        reply.integer(consumer.pending_len() as i64);
        reply.bulk(b"idle");
        reply.integer(since(consumer.seen_ms));
        reply.bulk(b"inactive");
        reply.integer(if consumer.active_ms == -1 { -1 } else { since(consumer.active_ms) });
    }
    Ok(())
}
