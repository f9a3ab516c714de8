//! MODULE CHECK, LOAD, LOADEX, UNLOAD, UPGRADE, LIST, STATS, HELP: check, load, list, replace and unload modules, and what each costs.

use command_spec::*;
use engine::*;

pub const MODULE_HELP: BuiltIn = BuiltIn::new(
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

pub const MODULE: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "module",
        group: Group::Server,
        summary: "Container of the commands that load, list and unload modules.",
        since: "4.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: flag::PROTECTED,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    module,
    &[
        &check::MODULE_CHECK,
        &MODULE_HELP,
        &list::MODULE_LIST,
        &load::MODULE_LOAD,
        &loadex::MODULE_LOADEX,
        &stats::MODULE_STATS,
        &unload::MODULE_UNLOAD,
        &upgrade::MODULE_UPGRADE,
    ],
);

use std::rc::Rc;

use engine::guests::ModuleHost;

pub mod check;
pub mod list;
pub mod load;
pub mod loadex;
pub mod stats;
pub mod unload;
pub mod upgrade;

/// The host that loads modules; a server built without one has none.
fn host(context: &Context<'_>) -> Result<Rc<dyn ModuleHost>, CommandError> {
    context
        .state
        .guests
        .modules
        .clone()
        .ok_or(CommandError::constant("ERR This server has no module host"))
}

fn module(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "CHECK <path> [<arg> ...]",
            "    Return what there is to know of a module library, which is tried in a process of its own, not loaded.",
            "LIST",
            "    Return a list of loaded modules.",
            "LOAD <path> [<arg> ...]",
            "    Load a module library from <path>, passing to it any optional arguments.",
            "LOADEX <path> [[CONFIG NAME VALUE]...] [ARGS ...]",
            "    Load a module library from <path>, while passing it module configurations and optional arguments.",
            "STATS [<name>]",
            "    Return what each module, or that of the name, holds of memory and has cost.",
            "UNLOAD <name> [PARK]",
            "    Unload a module. With PARK, values of its data types are kept as bytes until it is loaded again.",
            "UPGRADE <name> <path> [<arg> ...]",
            "    Put the module library from <path> in the place of a module, with its values. If that fails, the old one stays.",
        ],
    )
}
