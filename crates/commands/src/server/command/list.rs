//! COMMAND LIST: the names of commands, all or by module, category or pattern.

use command_spec::*;
use engine::*;

use crate::arguments::is;

pub const COMMAND_LIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "list",
        group: Group::Server,
        summary: "Lists the names of commands.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of commands.",
        arity: -2,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        tips: &["nondeterministic_output_order"],
        arguments: &[Argument::one_of(
            "filterby",
            &[
                Argument::string("module-name").token("MODULE"),
                Argument::string("category").token("ACLCAT"),
                Argument::pattern("pattern").token("PATTERN"),
            ],
        )
        .token("FILTERBY")
        .optional()],
        ..CommandSpec::DEFAULT
    },
    list,
);

fn list(context: &mut Context<'_>) -> CommandResult {
    let filter: Box<dyn Fn(&Command) -> bool> = match *context.argv.get(2..).unwrap_or(&[]) {
        [] => Box::new(|_| true),
        [word, kind, argument] if is(word, "filterby") => filter(kind, argument)?,
        _ => return Err(error::SYNTAX),
    };
    let mut names = Vec::new();
    for command in super::top_level(context) {
        let subcommands = super::subcommands(&command);
        names.extend(
            std::iter::once(command)
                .chain(subcommands)
                .filter(|command| filter(command))
                .map(|command| command.full_name.clone()),
        );
    }
    context.reply.array(names.len());
    for name in names {
        context.reply.bulk(name.as_bytes());
    }
    Ok(())
}

type Filter<'a> = Box<dyn Fn(&Command) -> bool + 'a>;

fn filter<'a>(kind: &[u8], argument: &'a [u8]) -> Result<Filter<'a>, CommandError> {
    if is(kind, "module") {
        return Ok(Box::new(move |command| {
            command.guest().is_some_and(|guest| is(argument, guest.module_name()))
        }));
    }
    if is(kind, "aclcat") {
        let found = category::NAMES.iter().find(|(_, name)| is(argument, name));
        let bit = found.map_or(0, |(bit, _)| *bit);
        return Ok(Box::new(move |command| command.categories.get() & bit != 0));
    }
    if is(kind, "pattern") {
        return Ok(Box::new(move |command| {
            stdx::glob::matches(argument, command.full_name.as_bytes(), true)
        }));
    }
    Err(error::SYNTAX)
}
