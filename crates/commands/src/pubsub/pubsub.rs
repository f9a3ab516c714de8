//! PUBSUB CHANNELS, NUMPAT, NUMSUB, SHARDCHANNELS, SHARDNUMSUB, HELP: who listens.

use command_spec::*;
use engine::*;

pub const PUBSUB_CHANNELS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "channels",
        group: Group::Pubsub,
        summary: "Lists the active channels.",
        since: "2.8.0",
        complexity: "O(N) where N is the number of active channels.",
        arity: -2,
        flags: flag::LOADING | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::pattern("pattern").optional()],
        ..CommandSpec::DEFAULT
    },
    channels,
);

pub const PUBSUB_NUMPAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "numpat",
        group: Group::Pubsub,
        summary: "Counts the patterns that are subscribed to.",
        since: "2.8.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    numpat,
);

pub const PUBSUB_NUMSUB: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "numsub",
        group: Group::Pubsub,
        summary: "Counts the subscribers of channels.",
        since: "2.8.0",
        complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        arity: -2,
        flags: flag::LOADING | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::string("channel").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    numsub,
);

pub const PUBSUB_SHARDCHANNELS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "shardchannels",
        group: Group::Pubsub,
        summary: "Lists the active shard channels.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of active shard channels.",
        arity: -2,
        flags: flag::LOADING | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::pattern("pattern").optional()],
        ..CommandSpec::DEFAULT
    },
    shardchannels,
);

pub const PUBSUB_SHARDNUMSUB: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "shardnumsub",
        group: Group::Pubsub,
        summary: "Counts the subscribers of shard channels.",
        since: "7.0.0",
        complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
        arity: -2,
        flags: flag::LOADING | flag::PUBSUB | flag::STALE,
        categories: category::PUBSUB | category::SLOW,
        arguments: &[Argument::string("shardchannel").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    shardnumsub,
);

pub const PUBSUB_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Pubsub,
        summary: "Lists the subcommands.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const PUBSUB: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "pubsub",
        group: Group::Pubsub,
        summary: "Container of the commands that look at Pub/Sub.",
        since: "2.8.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    pubsub,
    &[
        &PUBSUB_CHANNELS,
        &PUBSUB_NUMPAT,
        &PUBSUB_NUMSUB,
        &PUBSUB_SHARDCHANNELS,
        &PUBSUB_SHARDNUMSUB,
        &PUBSUB_HELP,
    ],
);

use engine::pubsub::{Listeners, Listening};

fn pubsub(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn channels(context: &mut Context<'_>) -> CommandResult {
    list(context, |state| &state.pubsub.channels)
}

fn shardchannels(context: &mut Context<'_>) -> CommandResult {
    list(context, |state| &state.pubsub.shard_channels)
}

fn list(context: &mut Context<'_>, of: fn(&State) -> &Listeners) -> CommandResult {
    if context.argv.len() > 3 {
        return Err(crate::help::wrong_subcommand("PUBSUB", context.argv[1]));
    }
    let pattern = context.argv.get(2).copied();
    let mark = context.reply.defer_array();
    let mut count = 0;
    for name in of(context.state).keys() {
        if pattern.is_none_or(|pattern| stdx::glob::matches(pattern, name, false)) {
            context.reply.bulk(name);
            count += 1;
        }
    }
    context.reply.finish_array(mark, count);
    Ok(())
}

fn numsub(context: &mut Context<'_>) -> CommandResult {
    count_each(context, |state| &state.pubsub.channels)
}

fn shardnumsub(context: &mut Context<'_>) -> CommandResult {
    count_each(context, |state| &state.pubsub.shard_channels)
}

fn count_each(context: &mut Context<'_>, of: fn(&State) -> &Listeners) -> CommandResult {
    let names = &context.argv[2..];
    context.reply.array(names.len() * 2);
    for name in names {
        context.reply.bulk(name);
        let count = of(context.state).get(*name).map_or(0, Listening::len);
        context.reply.integer(count as i64);
    }
    Ok(())
}

fn numpat(context: &mut Context<'_>) -> CommandResult {
    context.reply.integer(context.state.pubsub.patterns.len() as i64);
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "CHANNELS [<pattern>]",
            "    Return the currently active channels matching a <pattern> (default: '*').",
            "NUMPAT",
            "    Return number of subscriptions to patterns.",
            "NUMSUB [<channel> ...]",
            "    Return the number of subscribers for the specified channels, excluding",
            "    pattern subscriptions(default: no channels).",
            "SHARDCHANNELS [<pattern>]",
            "    Return the currently active shard level channels matching a <pattern> (default: '*').",
            "SHARDNUMSUB [<shardchannel> ...]",
            "    Return the number of subscribers for the specified shard level channel(s)",
        ],
    )
}
