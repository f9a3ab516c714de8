//! LATENCY: container of the commands about latencies; LATENCY HELP, HISTORY, LATEST, RESET.

use command_spec::*;
use engine::*;

pub const LATENCY_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
        summary: "Lists the subcommands.",
        since: "2.8.13",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const LATENCY_HISTORY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "history",
        group: Group::Server,
        summary: "Shows the samples of an event.",
        since: "2.8.13",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        arguments: &[Argument::string("event")],
        ..CommandSpec::DEFAULT
    },
    history,
);

pub const LATENCY_LATEST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "latest",
        group: Group::Server,
        summary: "Shows the latest sample of every event.",
        since: "2.8.13",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        ..CommandSpec::DEFAULT
    },
    latest,
);

pub const LATENCY_RESET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "reset",
        group: Group::Server,
        summary: "Forgets the samples of events.",
        since: "2.8.13",
        complexity: "O(1)",
        arity: -2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:agg_sum"],
        arguments: &[Argument::string("event").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    reset,
);

pub const LATENCY: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "latency",
        group: Group::Server,
        summary: "Container of the commands about latencies.",
        since: "2.8.13",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    latency,
    &[
        &doctor::LATENCY_DOCTOR,
        &graph::LATENCY_GRAPH,
        &LATENCY_HELP,
        &histogram::LATENCY_HISTOGRAM,
        &LATENCY_HISTORY,
        &LATENCY_LATEST,
        &LATENCY_RESET,
    ],
);

pub mod doctor;
pub mod graph;
pub mod histogram;

fn latency(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// An event's history, by its name in any case.
fn event<'a>(
    state: &'a State,
    name: &[u8],
) -> Option<(&'a str, &'a engine::latency::EventHistory)> {
    let name = std::str::from_utf8(name).ok()?;
    state.latency.events.get_key_value(name).map(|(name, history)| (name.as_str(), history))
}

fn history(context: &mut Context<'_>) -> CommandResult {
    let Some((_, history)) = event(context.state, context.argv[2]) else {
        context.reply.array(0);
        return Ok(());
    };
    context.reply.array(history.samples.len());
    for (unix_s, ms) in &history.samples {
        context.reply.array(2);
        context.reply.integer(*unix_s);
        context.reply.integer(integer(*ms));
    }
    Ok(())
}

fn latest(context: &mut Context<'_>) -> CommandResult {
    let events = &context.state.latency.events;
    context.reply.array(events.len());
    for (name, history) in events {
        let (unix_s, ms) = history.samples.back().copied().unwrap_or_default();
        context.reply.array(4);
        context.reply.bulk(name.as_bytes());
        context.reply.integer(unix_s);
        context.reply.integer(integer(ms));
        context.reply.integer(integer(history.max_ms));
    }
    Ok(())
}

fn reset(context: &mut Context<'_>) -> CommandResult {
    let events = &mut context.state.latency.events;
    let before = events.len();
    let names = context.argv.get(2..).unwrap_or(&[]);
    if names.is_empty() {
        events.clear();
    } else {
        events.retain(|name, _| !names.contains(&name.as_bytes()));
    }
    let removed = before - events.len();
    context.reply.integer(i64::try_from(removed).unwrap_or(i64::MAX));
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "DOCTOR",
            "    Explain the recorded latencies in plain words.",
            "GRAPH <event>",
            "    Draw the samples of an event.",
            "HISTORY <event>",
            "    Show the samples of an event: time and milliseconds.",
            "LATEST",
            "    Show the latest sample of every event.",
            "RESET [<event> ...]",
            "    Forget the samples of these events, or of all.",
            "HISTOGRAM [<command> ...]",
            "    Show how long calls of these commands took, or of all: calls and their",
            "    cumulative distribution over microseconds.",
        ],
    )
}
