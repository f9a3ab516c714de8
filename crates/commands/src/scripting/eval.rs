//! EVAL, EVAL_RO, EVALSHA, EVALSHA_RO: run a Lua script.

use command_spec::*;
use engine::*;

use super::{KEYS_RO, KEYS_RO_NOTES, KEYS_RW, KEYS_RW_NOTES, RUNS, RUNS_RO, arguments_to_run};

pub const EVAL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "eval",
        group: Group::Scripting,
        summary: "Runs a Lua script.",
        since: "2.6.0",
        complexity: "Depends on the script that is executed.",
        arity: -3,
        flags: RUNS,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KEYS_RW.notes(KEYS_RW_NOTES)],
        arguments: &arguments_to_run("script"),
        ..CommandSpec::DEFAULT
    },
    eval,
);

pub const EVAL_RO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "eval_ro",
        group: Group::Scripting,
        summary: "Runs a Lua script that does not write.",
        since: "7.0.0",
        complexity: "Depends on the script that is executed.",
        arity: -3,
        flags: RUNS_RO,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KEYS_RO.notes(KEYS_RO_NOTES)],
        arguments: &arguments_to_run("script"),
        ..CommandSpec::DEFAULT
    },
    eval_ro,
);

pub const EVALSHA: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "evalsha",
        group: Group::Scripting,
        summary: "Runs a known Lua script by the SHA-1 of its text.",
        since: "2.6.0",
        complexity: "Depends on the script that is executed.",
        arity: -3,
        flags: RUNS,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KEYS_RW],
        arguments: &arguments_to_run("sha1"),
        ..CommandSpec::DEFAULT
    },
    evalsha,
);

pub const EVALSHA_RO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "evalsha_ro",
        group: Group::Scripting,
        summary: "Runs a known Lua script that does not write by the SHA-1 of its text.",
        since: "7.0.0",
        complexity: "Depends on the script that is executed.",
        arity: -3,
        flags: RUNS_RO,
        categories: category::SCRIPTING | category::SLOW,
        key_specs: &[KEYS_RO],
        arguments: &arguments_to_run("sha1"),
        ..CommandSpec::DEFAULT
    },
    evalsha_ro,
);

use crate::arguments;

fn eval(context: &mut Context<'_>) -> CommandResult {
    run(context, false, false)
}

fn eval_ro(context: &mut Context<'_>) -> CommandResult {
    run(context, false, true)
}

fn evalsha(context: &mut Context<'_>) -> CommandResult {
    run(context, true, false)
}

fn evalsha_ro(context: &mut Context<'_>) -> CommandResult {
    run(context, true, true)
}

/// The keys and arguments behind the number of keys.
pub(super) fn keys_and_arguments<'a>(
    argv: &'a [&'a [u8]],
    no_number: CommandError,
) -> Result<(Argv<'a>, Argv<'a>), CommandError> {
    let count = arguments::integer_or(argv[2], no_number)?;
    let rest = &argv[3..];
    if count > rest.len() as i64 {
        return Err(CommandError::constant(
            "ERR Number of keys can't be greater than number of args",
        ));
    }
    let count = usize::try_from(count)
        .map_err(|_| CommandError::constant("ERR Number of keys can't be negative"))?;
    Ok(rest.split_at(count))
}

fn run(context: &mut Context<'_>, by_sha: bool, read_only: bool) -> CommandResult {
    let host = super::host(context)?;
    let argv = context.argv;
    let words = keys_and_arguments(argv, error::NOT_AN_INTEGER);
    if by_sha {
        host.eval_sha(context, argv[1], words, read_only)
    } else {
        host.eval(context, argv[1], words, read_only)
    }
}
