//! MEMORY: container of the commands about memory; MEMORY HELP, MALLOC-STATS, PURGE.

use command_spec::*;
use engine::*;

pub const MEMORY_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
        summary: "Lists the subcommands.",
        since: "4.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const MEMORY_MALLOC_STATS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "malloc-stats",
        group: Group::Server,
        summary: "Shows the report of the allocator.",
        since: "4.0.0",
        complexity: "Depends on how much memory is allocated.",
        arity: 2,
        flags: 0,
        categories: category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        ..CommandSpec::DEFAULT
    },
    malloc_stats,
);

pub const MEMORY_PURGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "purge",
        group: Group::Server,
        summary: "Gives idle memory of the allocator back to the system.",
        since: "4.0.0",
        complexity: "Depends on how much memory is allocated.",
        arity: 2,
        flags: 0,
        categories: category::SLOW,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        ..CommandSpec::DEFAULT
    },
    purge,
);

pub const MEMORY: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "memory",
        group: Group::Server,
        summary: "Container of the commands about memory.",
        since: "4.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    memory,
    &[
        &doctor::MEMORY_DOCTOR,
        &MEMORY_HELP,
        &MEMORY_MALLOC_STATS,
        &MEMORY_PURGE,
        &stats::MEMORY_STATS,
        &usage::MEMORY_USAGE,
    ],
);

pub mod doctor;
pub mod stats;
pub mod usage;

fn memory(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn malloc_stats(context: &mut Context<'_>) -> CommandResult {
    let report = (context.state.host.port.allocator_report)();
    context.reply.verbatim("txt", report.as_bytes());
    Ok(())
}

fn purge(context: &mut Context<'_>) -> CommandResult {
    (context.state.host.port.allocator_purge)();
    context.reply.ok();
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "DOCTOR",
            "    Explain what is wrong with the use of memory, if anything.",
            "MALLOC-STATS",
            "    Show the report of the allocator.",
            "PURGE",
            "    Give idle memory of the allocator back to the system.",
            "STATS",
            "    Show what memory is used for.",
            "USAGE <key> [SAMPLES <count>]",
            "    Show the bytes a key takes with its value; of large collections <count>",
            "    elements are looked at (default 5, 0 for all).",
        ],
    )
}
