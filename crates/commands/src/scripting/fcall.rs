//! FCALL, FCALL_RO: call a function.

use command_spec::*;
use engine::*;

const ARGUMENTS: &[Argument] = &[
    Argument::string("function"),
    Argument::integer("numkeys"),
    Argument::key("key", 0).optional().multiple(),
    Argument::string("arg").optional().multiple(),
];

pub const FCALL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "fcall",
        group: Group::Scripting,
        summary: "Calls a function.",
        since: "7.0.0",
        complexity: "Depends on the function that is executed.",
        arity: -3,
        flags: flag::MAY_REPLICATE
            | flag::MOVABLEKEYS
            | flag::NO_MANDATORY_KEYS
            | flag::NOSCRIPT
            | flag::SCRIPT_RUNNER
            | flag::SKIP_MONITOR
            | flag::STALE,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KeySpec {
            flags: key_flag::RW | key_flag::ACCESS | key_flag::UPDATE,
            begin: BeginSearch::Index(2),
            find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 1 },
            notes: Some(
                "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE",
            ),
        }],
        arguments: ARGUMENTS,
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
        flags: flag::MOVABLEKEYS
            | flag::NO_MANDATORY_KEYS
            | flag::NOSCRIPT
            | flag::READONLY
            | flag::SCRIPT_RUNNER
            | flag::SKIP_MONITOR
            | flag::STALE,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KeySpec {
            flags: key_flag::RO | key_flag::ACCESS,
            begin: BeginSearch::Index(2),
            find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 1 },
            notes: Some(
                "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS",
            ),
        }],
        arguments: ARGUMENTS,
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
