//! HOTKEYS: container of the commands about the keys that cost the most; HOTKEYS HELP, RESET, STOP.

use command_spec::*;
use engine::*;

pub const HOTKEYS_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
        summary: "Lists the subcommands.",
        since: "8.6.1",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const HOTKEYS_RESET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "reset",
        group: Group::Server,
        summary: "Forgets what was found out about hot keys.",
        since: "8.6.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:special"],
        ..CommandSpec::DEFAULT
    },
    reset,
);

pub const HOTKEYS_STOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "stop",
        group: Group::Server,
        summary: "Ends looking for hot keys and keeps what was found out.",
        since: "8.6.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:special"],
        ..CommandSpec::DEFAULT
    },
    stop,
);

pub const HOTKEYS: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "hotkeys",
        group: Group::Server,
        summary: "Container of the commands about the keys that cost the most.",
        since: "8.6.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    hotkeys,
    &[&get::HOTKEYS_GET, &HOTKEYS_HELP, &HOTKEYS_RESET, &start::HOTKEYS_START, &HOTKEYS_STOP],
);

pub mod get;
pub mod start;

fn hotkeys(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn stop(context: &mut Context<'_>) -> CommandResult {
    if context.state.stop_hotkeys() {
        context.reply.ok();
    } else {
        context.reply.null();
    }
    Ok(())
}

fn reset(context: &mut Context<'_>) -> CommandResult {
    const RUNNING: CommandError =
        CommandError::constant("ERR hotkey tracking session in progress, stop tracking first");
    if context.state.hotkeys.as_deref().is_some_and(|hotkeys| hotkeys.active) {
        return Err(RUNNING);
    }
    context.state.hotkeys = None;
    context.reply.ok();
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "START METRICS <count> [CPU] [NET] [COUNT <k>] [DURATION <seconds>]",
            "      [SAMPLE <ratio>] [SLOTS <count> <slot> ...]",
            "    Look for the keys that cost the most processor time (CPU), traffic (NET) or both.",
            "    COUNT: how many keys to show (default 10). DURATION: stop after so many seconds.",
            "    SAMPLE: look at one call in so many (default all). SLOTS: only keys of these",
            "    slots, in cluster mode.",
            "STOP",
            "    Stop looking; what was found out is kept.",
            "GET",
            "    Show what was found out.",
            "RESET",
            "    Forget it.",
        ],
    )
}
