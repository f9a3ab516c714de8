//! FUNCTION LOAD, DELETE, FLUSH, LIST, STATS, KILL, DUMP, RESTORE, HELP: libraries of functions.

use command_spec::*;
use engine::*;

use engine::state::state_flag;

pub const FUNCTION_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Scripting,
        summary: "Lists the subcommands.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SCRIPTING | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const FUNCTION: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "function",
        group: Group::Scripting,
        summary: "Container of the commands that manage functions.",
        since: "7.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    function,
    &[
        &delete::FUNCTION_DELETE,
        &dump::FUNCTION_DUMP,
        &flush::FUNCTION_FLUSH,
        &FUNCTION_HELP,
        &kill::FUNCTION_KILL,
        &list::FUNCTION_LIST,
        &load::FUNCTION_LOAD,
        &restore::FUNCTION_RESTORE,
        &stats::FUNCTION_STATS,
    ],
);

pub mod delete;
pub mod dump;
pub mod flush;
pub mod kill;
pub mod list;
pub mod load;
pub mod restore;
pub mod stats;

const HELP: &[&str] = &[
    "LOAD [REPLACE] <FUNCTION CODE>",
    "    Create a new library with the given library name and code.",
    "DELETE <LIBRARY NAME>",
    "    Delete the given library.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Return general information on all the libraries:",
    "    * Library name",
    "    * The engine used to run the Library",
    "    * Functions list",
    "    * Library code (if WITHCODE is given)",
    "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
    "STATS",
    "    Return information about the current function running:",
    "    * Function name",
    "    * Command used to run the function",
    "    * Duration in MS that the function is running",
    "    If no function is running, return nil",
    "    In addition, returns a list of available engines.",
    "KILL",
    "    Kill the current running function.",
    "FLUSH [ASYNC|SYNC]",
    "    Delete all the libraries.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the libraries.",
    "    * SYNC: Synchronously flush the libraries.",
    "DUMP",
    "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
    "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
    "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
    "    control how to handle existing libraries (default APPEND):",
    "    * FLUSH: delete all existing libraries.",
    "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
    "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
    "      libraries with the new libraries (notice that even on this option there is a chance of failure",
    "      in case of functions name collision with another library).",
];

fn function(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

/// Whether a library has to be loaded in time: what the primary or a file sends was once.
fn is_limited(context: &Context<'_>) -> bool {
    !context.client().has(client_flag::MASTER) && context.state.flags & state_flag::LOADING == 0
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(context, HELP)
}
