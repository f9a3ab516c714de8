//! ACL DRYRUN: whether a user might make a call, without making it.

use command_spec::*;
use engine::*;

use engine::permissions::{CommandCall, denied_text_verbose};
use engine::table::Lookup;

pub const ACL_DRYRUN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "dryrun",
        group: Group::Server,
        summary: "Says whether a user may make a call, without making it.",
        since: "7.0.0",
        complexity: "O(1).",
        arity: -4,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::string("username"),
            Argument::string("command"),
            Argument::string("arg").optional().multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    dryrun,
);

fn dryrun(context: &mut Context<'_>) -> CommandResult {
    let [_, _, name, argv @ ..] = context.argv else { return Err(error::SYNTAX) };
    let Some(user) = context.state.permissions.users.get(name).cloned() else {
        return Err(CommandError::err([b"User '", *name, b"' not found"].concat()));
    };
    let command = match context.state.table.lookup(argv) {
        Lookup::Found(command) => command,
        _ => {
            let command = argv.first().copied().unwrap_or_default();
            return Err(CommandError::err([b"Command '", command, b"' not found"].concat()));
        }
    };
    if !command.spec.accepts_argc(argv.len()) {
        return Err(error::wrong_arity(&command.full_name));
    }
    match user.check(&CommandCall { command: &command, argv }) {
        Ok(()) => context.reply.ok(),
        Err(denied) => {
            context.reply.bulk(&denied_text_verbose(&user, denied, &command, argv));
        }
    }
    Ok(())
}
