//! FCALL, FCALL_RO: call a function.

use command_spec::*;
use engine::*;

use super::{KEYS_RO, KEYS_RO_NOTES, KEYS_RW, KEYS_RW_NOTES, RUNS, RUNS_RO, arguments_to_run};

pub const FCALL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "fcall",
        group: Group::Scripting,
        summary: "Calls a function.",
        since: "7.0.0",
        complexity: "Depends on the function that is executed.",
        arity: -3,
        flags: RUNS,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KEYS_RW.notes(KEYS_RW_NOTES)],
        arguments: &arguments_to_run("function"),
        ..CommandSpec::DEFAULT
    },
    fcall,
);

pub const FCALL_RO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "fcall_ro",
        group: Group::Scripting,
        summary: "Calls a function that does not write.",
        since: "7.0.0",
        complexity: "Depends on the function that is executed.",
        arity: -3,
        flags: RUNS_RO,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KEYS_RO.notes(KEYS_RO_NOTES)],
        arguments: &arguments_to_run("function"),
        ..CommandSpec::DEFAULT
    },
    fcall_ro,
);

fn fcall(context: &mut Context<'_>) -> CommandResult {
    call(context, false)
}

fn fcall_ro(context: &mut Context<'_>) -> CommandResult {
    call(context, true)
}

fn call(context: &mut Context<'_>, read_only: bool) -> CommandResult {
    const NO_NUMBER: CommandError = CommandError::constant("ERR Bad number of keys provided");
    let host = super::host(context)?;
    let argv = context.argv;
    let split = super::eval::keys_and_arguments(argv, NO_NUMBER);
    let (keys, arguments) = split.map_err(|wrong| {
        // An unknown function comes first.
        if host.has_function(argv[1]) { wrong } else { error::NO_FUNCTION }
    })?;
    host.call_function(context, argv[1], keys, arguments, read_only)
}
