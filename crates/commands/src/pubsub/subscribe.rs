//! SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE, UNSUBSCRIBE, PUNSUBSCRIBE, SUNSUBSCRIBE: listen and stop listening.

use std::rc::Rc;

use command_spec::*;
use engine::*;

pub const SUBSCRIBE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "subscribe",
        group: Group::Pubsub,
        summary: "Listens for messages published to channels.",
        since: "2.0.0",
        complexity: "O(N) where N is the number of channels to subscribe to.",
        arity: -2,
        flags: flag::DENYOOM | flag::LOADING | flag::NOSCRIPT | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::string("channel").multiple()],
        ..CommandSpec::DEFAULT
    },
    subscribe,
);

pub const UNSUBSCRIBE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "unsubscribe",
        group: Group::Pubsub,
        summary: "Stops listening to channels, or to all of them.",
        since: "2.0.0",
        complexity: "O(N) where N is the number of channels to unsubscribe.",
        arity: -1,
        flags: flag::LOADING | flag::NOSCRIPT | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::string("channel").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    unsubscribe,
);

pub const PSUBSCRIBE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "psubscribe",
        group: Group::Pubsub,
        summary: "Listens for messages published to channels that match one or more patterns.",
        since: "2.0.0",
        complexity: "O(N) where N is the number of patterns to subscribe to.",
        arity: -2,
        flags: flag::DENYOOM | flag::LOADING | flag::NOSCRIPT | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::pattern("pattern").multiple()],
        ..CommandSpec::DEFAULT
    },
    psubscribe,
);

pub const PUNSUBSCRIBE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "punsubscribe",
        group: Group::Pubsub,
        summary: "Stops listening to patterns, or to all of them.",
        since: "2.0.0",
        complexity: "O(N) where N is the number of patterns to unsubscribe.",
        arity: -1,
        flags: flag::LOADING | flag::NOSCRIPT | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::pattern("pattern").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    punsubscribe,
);

pub const SSUBSCRIBE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "ssubscribe",
        group: Group::Pubsub,
        summary: "Listens for messages published to shard channels.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of shard channels to subscribe to.",
        arity: -2,
        flags: flag::DENYOOM | flag::LOADING | flag::NOSCRIPT | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::NOT_KEY)],
        arguments: &[Argument::string("shardchannel").multiple()],
        ..CommandSpec::DEFAULT
    },
    ssubscribe,
);

pub const SUNSUBSCRIBE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sunsubscribe",
        group: Group::Pubsub,
        summary: "Stops listening to shard channels, or to all of them.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of shard channels to unsubscribe.",
        arity: -1,
        flags: flag::LOADING | flag::NOSCRIPT | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::NOT_KEY)],
        arguments: &[Argument::string("shardchannel").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    sunsubscribe,
);

use engine::pubsub::SubscriptionKind;

fn subscribe(context: &mut Context<'_>) -> CommandResult {
    listen(context, SubscriptionKind::Channel, b"subscribe")
}

fn psubscribe(context: &mut Context<'_>) -> CommandResult {
    listen(context, SubscriptionKind::Pattern, b"psubscribe")
}

fn ssubscribe(context: &mut Context<'_>) -> CommandResult {
    listen(context, SubscriptionKind::Shard, b"ssubscribe")
}

fn unsubscribe(context: &mut Context<'_>) -> CommandResult {
    stop_listening(context, SubscriptionKind::Channel, b"unsubscribe")
}

fn punsubscribe(context: &mut Context<'_>) -> CommandResult {
    stop_listening(context, SubscriptionKind::Pattern, b"punsubscribe")
}

fn sunsubscribe(context: &mut Context<'_>) -> CommandResult {
    stop_listening(context, SubscriptionKind::Shard, b"sunsubscribe")
}

fn listen(context: &mut Context<'_>, kind: SubscriptionKind, verb: &[u8]) -> CommandResult {
    if context.deny_blocking() && !context.client().has(client_flag::IN_EXEC) {
        let verb = verb.to_ascii_uppercase();
        let text = [verb.as_slice(), b" isn't allowed for a DENY BLOCKING client"].concat();
        return Err(CommandError::err(text));
    }
    for name in &context.argv[1..] {
        context.state.subscribe(context.client, kind, name);
        let count = count(context, kind);
        confirm(context, verb, Some(name), count);
    }
    Ok(())
}

fn stop_listening(context: &mut Context<'_>, kind: SubscriptionKind, verb: &[u8]) -> CommandResult {
    let names: Vec<Rc<[u8]>> = if context.argv.len() > 1 {
        context.argv[1..].iter().map(|name| Rc::from(*name)).collect()
    } else {
        context.client_mut().subscribed(kind).iter().cloned().collect()
    };
    for name in &names {
        context.state.unsubscribe(context.client, kind, name);
        let count = count(context, kind);
        confirm(context, verb, Some(name), count);
    }
    if names.is_empty() {
        let count = count(context, kind);
        confirm(context, verb, None, count);
    }
    Ok(())
}

fn count(context: &Context<'_>, kind: SubscriptionKind) -> usize {
    match kind {
        SubscriptionKind::Shard => context.client().shard_channels.len(),
        _ => context.client().subscriptions(),
    }
}

/// Confirms, even to a client that wants no replies.
fn confirm(context: &mut Context<'_>, verb: &[u8], name: Option<&[u8]>, count: usize) {
    let silenced = context.client().has(client_flag::REPLY_OFF | client_flag::REPLY_SKIP);
    let reply = if silenced {
        &mut context.state.clients[context.client].reply
    } else {
        &mut *context.reply
    };
    reply.push(3);
    reply.bulk(verb);
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    reply.integer(count as i64);
}
