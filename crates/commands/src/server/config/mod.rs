//! CONFIG: container of the commands about configuration; CONFIG HELP, RESETSTAT, REWRITE.

use command_spec::*;
use engine::*;

pub const CONFIG_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
        summary: "Lists the subcommands.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const CONFIG_RESETSTAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "resetstat",
        group: Group::Server,
        summary: "Sets the counters of INFO to zero.",
        since: "2.0.0",
        complexity: "O(N) where N is the number of commands.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        ..CommandSpec::DEFAULT
    },
    resetstat,
);

pub const CONFIG_REWRITE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "rewrite",
        group: Group::Server,
        summary: "Brings the configuration file up to date.",
        since: "2.8.0",
        complexity: "O(N) where N is the number of parameters.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        ..CommandSpec::DEFAULT
    },
    rewrite,
);

pub const CONFIG: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "config",
        group: Group::Server,
        summary: "Container of the commands about configuration.",
        since: "2.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    config,
    &[&get::CONFIG_GET, &CONFIG_HELP, &CONFIG_RESETSTAT, &CONFIG_REWRITE, &set::CONFIG_SET],
);

pub mod get;
pub mod set;

fn config(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn resetstat(context: &mut Context<'_>) -> CommandResult {
    context.state.stats.reset();
    context.state.slowlog.reset_totals();
    context.state.lazyfree.reset();
    context.state.defrag.stats = engine::defrag::DefragStats::default();
    context.state.table.for_each(|command| command.stats.reset());
    if let Some(host) = &context.state.guests.modules {
        host.reset_stats();
    }
    context.reply.ok();
    Ok(())
}

/// The shell holds the file; it replies too.
fn rewrite(context: &mut Context<'_>) -> CommandResult {
    context.client_mut().set(client_flag::PAUSED, true);
    let effect = Effect::ConfigRewrite { client: context.client, force_all: false };
    context.state.effects.push(effect);
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "GET <pattern> [<pattern> ...]",
            "    Show the parameters whose names match, with their values.",
            "SET <parameter> <value> [<parameter> <value> ...]",
            "    Give parameters new values, all or none.",
            "RESETSTAT",
            "    Set the counters of INFO to zero.",
            "REWRITE",
            "    Bring the configuration file up to date.",
        ],
    )
}
