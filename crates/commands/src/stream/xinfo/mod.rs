//! XINFO: container of the commands that tell of streams; XINFO HELP.

use command_spec::*;
use engine::*;

pub const XINFO_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Stream,
        summary: "Lists the subcommands.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW | category::STREAM,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const XINFO: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "xinfo",
        group: Group::Stream,
        summary: "Container of the commands that tell of streams.",
        since: "5.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    xinfo,
    &[&consumers::XINFO_CONSUMERS, &groups::XINFO_GROUPS, &XINFO_HELP, &stream::XINFO_STREAM],
);

pub mod consumers;
pub mod groups;
pub mod stream;

fn xinfo(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "CONSUMERS <key> <groupname>",
            "    List the consumers of a group.",
            "GROUPS <key>",
            "    List the groups of a stream.",
            "STREAM <key> [FULL [COUNT <count>]",
            "    Tell of a stream, or all of it.",
        ],
    )
}
