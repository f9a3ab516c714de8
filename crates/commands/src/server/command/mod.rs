//! COMMAND: everything that is declared of commands; COMMAND COUNT, HELP.

use command_spec::*;
use engine::*;

use std::rc::Rc;

pub const COMMAND_COUNT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "count",
        group: Group::Server,
        summary: "Counts the commands.",
        since: "2.8.13",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    count,
);

pub const COMMAND_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
        summary: "Lists the subcommands.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const COMMAND: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "command",
        group: Group::Server,
        summary: "Shows what is declared of all commands.",
        since: "2.8.13",
        complexity: "O(N) where N is the number of commands.",
        arity: -1,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        tips: &["nondeterministic_output_order"],
        ..CommandSpec::DEFAULT
    },
    command,
    &[
        &COMMAND_COUNT,
        &docs::COMMAND_DOCS,
        &getkeys::COMMAND_GETKEYS,
        &getkeys::COMMAND_GETKEYSANDFLAGS,
        &COMMAND_HELP,
        &info::COMMAND_INFO,
        &list::COMMAND_LIST,
    ],
);

pub mod docs;
pub mod getkeys;
pub mod info;
pub mod list;

/// Without a subcommand: COMMAND INFO of all.
fn command(context: &mut Context<'_>) -> CommandResult {
    info::all(context);
    Ok(())
}

fn count(context: &mut Context<'_>) -> CommandResult {
    let count = context.state.table.len();
    context.reply.integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(())
}

/// All commands that the client may know of, without their subcommands, in the order of their names.
fn top_level(context: &Context<'_>) -> Vec<Rc<Command>> {
    let commands = context.state.table.sorted().into_iter().map(|(_, command)| command.clone());
    commands.filter(|command| is_shown(context, command)).collect()
}

/// Commands of the servers among themselves are hidden from others.
fn is_shown(context: &Context<'_>, command: &Command) -> bool {
    !command.has_flag(flag::INTERNAL) || context.client().has(client_flag::INTERNAL)
}

/// The command of a full name, if the client may know of it.
fn shown(context: &Context<'_>, name: &[u8]) -> Option<Rc<Command>> {
    context.state.table.get_full(name).filter(|command| is_shown(context, command))
}

/// Subcommands in the order of their names.
fn subcommands(command: &Command) -> Vec<Rc<Command>> {
    let mut all: Vec<Rc<Command>> = command.subcommands.borrow().values().cloned().collect();
    all.sort_by(|one, other| one.full_name.cmp(&other.full_name));
    all
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "(no subcommand)",
            "    Show what is declared of all commands.",
            "COUNT",
            "    Count the commands.",
            "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
            "    List the names of commands.",
            "INFO [<command> ...]",
            "    Show what is declared of these commands, or of all.",
            "DOCS [<command> ...]",
            "    Show the documentation of these commands, or of all.",
            "GETKEYS <command> [<arg> ...]",
            "    Show which arguments of a call are keys.",
            "GETKEYSANDFLAGS <command> [<arg> ...]",
            "    Show the keys of a call and what is done to them.",
        ],
    )
}
