//! COMMAND GETKEYS, COMMAND GETKEYSANDFLAGS: which arguments of a call are keys, and what is done to them.

use command_spec::*;
use engine::*;

use super::info::write_key_flags;
use engine::keys::{FoundKeys, find_keys, takes_keys};
use engine::table::Lookup;

pub const COMMAND_GETKEYS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getkeys",
        group: Group::Server,
        summary: "Shows which arguments of a call are keys.",
        since: "2.8.13",
        complexity: "O(N) where N is the number of arguments of the call.",
        arity: -3,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        arguments: &[Argument::string("command"), Argument::string("arg").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    getkeys,
);

pub const COMMAND_GETKEYSANDFLAGS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getkeysandflags",
        group: Group::Server,
        summary: "Shows the keys of a call and what is done to them.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of arguments of the call.",
        arity: -3,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        arguments: &[Argument::string("command"), Argument::string("arg").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    getkeysandflags,
);

fn getkeys(context: &mut Context<'_>) -> CommandResult {
    let keys = keys_of_call(context)?;
    context.reply.array(keys.len());
    for key in keys {
        let name = context.argv.get(key.position + 2).copied().unwrap_or_default();
        context.reply.bulk(name);
    }
    Ok(())
}

fn getkeysandflags(context: &mut Context<'_>) -> CommandResult {
    let keys = keys_of_call(context)?;
    context.reply.array(keys.len());
    for key in keys {
        let name = context.argv.get(key.position + 2).copied().unwrap_or_default();
        context.reply.array(2);
        context.reply.bulk(name);
        write_key_flags(key.flags, context.reply);
    }
    Ok(())
}

/// The keys of the call that the arguments spell.
fn keys_of_call(context: &Context<'_>) -> Result<FoundKeys, CommandError> {
    let call = context.argv.get(2..).unwrap_or(&[]);
    let command = match context.state.table.lookup(call) {
        Lookup::Found(command) if super::is_shown(context, &command) => command,
        _ => return Err(CommandError::err("Invalid command specified")),
    };
    if !takes_keys(&command) {
        return Err(CommandError::err("The command has no key arguments"));
    }
    if !command.spec.accepts_argc(call.len()) {
        return Err(CommandError::err("Invalid number of arguments specified for command"));
    }
    let keys = find_keys(&command, call).unwrap_or_default();
    match keys.is_empty() {
        false => Ok(keys),
        true if command.has_flag(flag::NO_MANDATORY_KEYS) => Ok(keys),
        true => Err(CommandError::err("Invalid arguments specified for command")),
    }
}
