//! SCRIPT LOAD, EXISTS, FLUSH, KILL, DEBUG, HELP: the known scripts.

use command_spec::*;
use engine::*;

pub const SCRIPT_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Scripting,
        summary: "Lists the subcommands.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SCRIPTING | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const SCRIPT: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "script",
        group: Group::Scripting,
        summary: "Container of the commands that manage scripts.",
        since: "2.6.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    script,
    &[
        &debug::SCRIPT_DEBUG,
        &exists::SCRIPT_EXISTS,
        &flush::SCRIPT_FLUSH,
        &SCRIPT_HELP,
        &kill::SCRIPT_KILL,
        &load::SCRIPT_LOAD,
    ],
);

pub mod debug;
pub mod exists;
pub mod flush;
pub mod kill;
pub mod load;

fn script(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "DEBUG (YES|SYNC|NO)",
            "    Set the debug mode for subsequent scripts executed.",
            "EXISTS <sha1> [<sha1> ...]",
            "    Return information about the existence of the scripts in the script cache.",
            "FLUSH [ASYNC|SYNC]",
            "    Flush the Lua scripts cache. Very dangerous on replicas.",
            "    When called without the optional mode argument, the behavior is determined by the",
            "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
            "    * ASYNC: Asynchronously flush the scripts cache.",
            "    * SYNC: Synchronously flush the scripts cache.",
            "KILL",
            "    Kill the currently executing Lua script.",
            "LOAD <script>",
            "    Load a script into the scripts cache without executing it.",
        ],
    )
}
