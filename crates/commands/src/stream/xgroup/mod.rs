//! XGROUP: container of the commands that make and change consumer groups; XGROUP HELP.

use command_spec::*;
use engine::*;

pub const XGROUP_HELP: BuiltIn = BuiltIn::new(
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

pub const XGROUP: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "xgroup",
        group: Group::Stream,
        summary: "Container of the commands that make and change consumer groups.",
        since: "5.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    xgroup,
    &[
        &create::XGROUP_CREATE,
        &createconsumer::XGROUP_CREATECONSUMER,
        &delconsumer::XGROUP_DELCONSUMER,
        &destroy::XGROUP_DESTROY,
        &XGROUP_HELP,
        &setid::XGROUP_SETID,
    ],
);

pub mod create;
pub mod createconsumer;
pub mod delconsumer;
pub mod destroy;
pub mod setid;

use keyspace::stream::{Group as ConsumerGroup, Stream, StreamId};

use super::group::no_group;
use super::id;
use crate::arguments;

const KEY_NEEDED: CommandError = CommandError::constant(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
);
const WRONG_ENTRIES_READ: CommandError =
    CommandError::constant("ERR value for ENTRIESREAD must be positive or -1");

/// Options behind the ID.
#[derive(Default)]
struct Options {
    make_stream: bool,
    entries_read: Option<u64>,
    /// More words than each once, which Redis complains of when it has looked at the key.
    repeated: bool,
}

/// Reads `MKSTREAM` where it is allowed, and `ENTRIESREAD count`.
fn options(name: &[u8], words: &[&[u8]], may_make: bool) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        rest = behind;
        match rest.split_first() {
            _ if may_make && arguments::is(word, "MKSTREAM") => options.make_stream = true,
            Some((count, behind)) if arguments::is(word, "ENTRIESREAD") => {
                options.entries_read = match arguments::integer(count)? {
                    -1 => None,
                    count => Some(u64::try_from(count).map_err(|_| WRONG_ENTRIES_READ)?),
                };
                rest = behind;
            }
            _ => return Err(crate::help::wrong_subcommand("XGROUP", name)),
        }
    }
    options.repeated = words.len() > if may_make { 3 } else { 2 };
    Ok(options)
}

/// The ID after which a group reads: one, or that given out last.
fn last_id(text: &[u8], stream: Option<&Stream>) -> Result<StreamId, CommandError> {
    match text {
        b"$" => Ok(stream.map_or(StreamId::MIN, |stream| stream.last_id)),
        text => id(text, 0),
    }
}

/// A stream to change, which must be there.
fn stream_of<'s>(context: &'s mut Context<'_>, key: &[u8]) -> Result<&'s mut Stream, CommandError> {
    context.state.stream_to_write(context.db, key)?.ok_or(KEY_NEEDED)
}

/// A group to change, which must be there.
fn group_of<'s>(
    context: &'s mut Context<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<&'s mut ConsumerGroup, CommandError> {
    let stream = stream_of(context, key)?;
    stream.groups.get_mut(name).ok_or_else(|| no_group(key, name))
}

fn xgroup(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "CREATE <key> <groupname> <id|$> [option]",
            "    Make a group that reads the entries behind an ID. Options are:",
            "    * MKSTREAM",
            "      Make an empty stream if there is none.",
            "    * ENTRIESREAD entries_read",
            "      Tell how many entries the group has read (internal use).",
            "CREATECONSUMER <key> <groupname> <consumer>",
            "    Add a consumer to a group.",
            "DELCONSUMER <key> <groupname> <consumer>",
            "    Remove a consumer with its pending entries.",
            "DESTROY <key> <groupname>",
            "    Remove a group.",
            "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
            "    Change the ID behind which a group reads on.",
        ],
    )
}
