//! SLOWLOG: container of the commands about slow calls; SLOWLOG HELP, LEN, RESET.

use command_spec::*;
use engine::*;

pub const SLOWLOG_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
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

pub const SLOWLOG_LEN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "len",
        group: Group::Server,
        summary: "Counts the entries of the slow log.",
        since: "2.2.12",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    len,
);

pub const SLOWLOG_RESET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "reset",
        group: Group::Server,
        summary: "Removes all entries of the slow log.",
        since: "2.2.12",
        complexity: "O(N) where N is the number of entries.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        ..CommandSpec::DEFAULT
    },
    reset,
);

pub const SLOWLOG: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "slowlog",
        group: Group::Server,
        summary: "Container of the commands about slow calls.",
        since: "2.2.12",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    slowlog,
    &[&get::SLOWLOG_GET, &SLOWLOG_HELP, &SLOWLOG_LEN, &SLOWLOG_RESET],
);

pub mod get;

fn slowlog(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn len(context: &mut Context<'_>) -> CommandResult {
    let len = context.state.slowlog.entries.len();
    context.reply.integer(i64::try_from(len).unwrap_or(i64::MAX));
    Ok(())
}

fn reset(context: &mut Context<'_>) -> CommandResult {
    context.state.slowlog.entries.clear();
    context.reply.ok();
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "GET [<count>]",
            "    Show the newest entries (default 10, -1 for all): number, time, duration in",
            "    microseconds, arguments, address and name of the client, number of arguments.",
            "LEN",
            "    Count the entries.",
            "RESET",
            "    Remove all entries.",
        ],
    )
}
