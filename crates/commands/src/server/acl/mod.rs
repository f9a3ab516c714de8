//! ACL: container of the commands about users.

use command_spec::*;
use engine::*;

pub mod cat;
pub mod deluser;
pub mod dryrun;
pub mod genpass;
pub mod getuser;
pub mod list;
pub mod load;
pub mod log;
pub mod setuser;
pub mod users;
pub mod whoami;

pub const ACL_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Server,
        summary: "Lists the subcommands.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const ACL: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "acl",
        group: Group::Server,
        summary: "Container of the commands about users.",
        since: "6.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    acl,
    &[
        &cat::ACL_CAT,
        &deluser::ACL_DELUSER,
        &dryrun::ACL_DRYRUN,
        &genpass::ACL_GENPASS,
        &getuser::ACL_GETUSER,
        &ACL_HELP,
        &list::ACL_LIST,
        &load::ACL_LOAD,
        &load::ACL_SAVE,
        &log::ACL_LOG,
        &setuser::ACL_SETUSER,
        &users::ACL_USERS,
        &whoami::ACL_WHOAMI,
    ],
);

fn acl(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "CAT [<category>]",
            "    List the categories, or the commands of one.",
            "DELUSER <username> [<username> ...]",
            "    Remove users and end their connections.",
            "DRYRUN <username> <command> [<arg> ...]",
            "    Say whether a user may make a call, without making it.",
            "GENPASS [<bits>]",
            "    Make a random password (default 256 bits).",
            "GETUSER <username>",
            "    Show what a user may do.",
            "LIST",
            "    List the users with what they may do, as in a file.",
            "LOAD",
            "    Read the users from their file.",
            "LOG [<count> | RESET]",
            "    Show recent refusals.",
            "SAVE",
            "    Write the users to their file.",
            "SETUSER <username> <attribute> [<attribute> ...]",
            "    Make or change a user.",
            "USERS",
            "    List the names of the users.",
            "WHOAMI",
            "    Show the user of this connection.",
        ],
    )
}
