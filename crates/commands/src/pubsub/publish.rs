//! PUBLISH, SPUBLISH: send a message to those who listen.

use command_spec::*;
use engine::*;

pub const PUBLISH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "publish",
        group: Group::Pubsub,
        summary: "Sends a message to a channel.",
        since: "2.0.0",
        complexity: "O(N+M) where N is the number of clients subscribed to the channel and M is the total number of patterns.",
        arity: 3,
        flags: flag::FAST | flag::LOADING | flag::MAY_REPLICATE | flag::PUBSUB | flag::STALE,
        categories: category::FAST | category::PUBSUB,
        arguments: &[Argument::string("channel"), Argument::string("message")],
        ..CommandSpec::DEFAULT
    },
    publish,
);

pub const SPUBLISH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "spublish",
        group: Group::Pubsub,
        summary: "Sends a message to a shard channel.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of clients subscribed to the shard channel.",
        arity: 3,
        flags: flag::FAST | flag::LOADING | flag::MAY_REPLICATE | flag::PUBSUB | flag::STALE,
        categories: category::FAST | category::PUBSUB,
        key_specs: &[KeySpec::at(1, key_flag::NOT_KEY)],
        arguments: &[Argument::string("shardchannel"), Argument::string("message")],
        ..CommandSpec::DEFAULT
    },
    spublish,
);

fn publish(context: &mut Context<'_>) -> CommandResult {
    let receivers = context.state.publish(context.argv[1], context.argv[2]);
    // Replicas have listeners too.
    context.force_propagation();
    context.reply.integer(receivers as i64);
    Ok(())
}

fn spublish(context: &mut Context<'_>) -> CommandResult {
    let receivers = context.state.publish_shard(context.argv[1], context.argv[2]);
    context.force_propagation();
    context.reply.integer(receivers as i64);
    Ok(())
}
