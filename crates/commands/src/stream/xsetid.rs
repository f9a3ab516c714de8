//! XSETID: set the ID that a stream gave out last.

use command_spec::*;
use engine::*;

pub const XSETID: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xsetid",
        group: Group::Stream,
        summary: "Sets the ID that a stream gave out last; for internal use.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("last-id"),
            Argument::integer("entries-added").token("ENTRIESADDED").since("7.0.0").optional(),
            Argument::string("max-deleted-id").token("MAXDELETEDID").since("7.0.0").optional(),
        ],
        history: &[("7.0.0", "Added the options ENTRIESADDED and MAXDELETEDID.")],
        ..CommandSpec::DEFAULT
    },
    xsetid,
);

use keyspace::stream::StreamId;

use super::id;
use crate::arguments;

const BELOW_TOP: CommandError = CommandError::constant(
    "ERR The ID specified in XSETID is smaller than the target stream top item",
);
const BELOW_GIVEN_DELETED: CommandError = CommandError::constant(
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
);
const BELOW_DELETED: CommandError = CommandError::constant(
    "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
);
const FEWER_THAN_LEN: CommandError = CommandError::constant(
    "ERR The entries_added specified in XSETID is smaller than the target stream length",
);
const ADDED_NEGATIVE: CommandError = CommandError::constant("ERR entries_added must be positive");

fn xsetid(context: &mut Context<'_>) -> CommandResult {
    let (argv, db) = (context.argv, context.db);
    let last_id = id(argv[2], 0)?;
    let (entries_added, max_deleted_id) = parse(&argv[3..], last_id)?;
    let stream = context.state.stream_to_write(db, argv[1])?.ok_or(error::NO_SUCH_KEY)?;
    if last_id < stream.max_deleted_id {
        return Err(BELOW_DELETED);
    }
    if stream.last().is_some_and(|top| last_id < top.id) {
        return Err(BELOW_TOP);
    }
    if entries_added.is_some_and(|added| !stream.is_empty() && added < stream.len() as u64) {
        return Err(FEWER_THAN_LEN);
    }
    stream.last_id = last_id;
    stream.entries_added = entries_added.unwrap_or(stream.entries_added);
    if !max_deleted_id.is_zero() {
        stream.max_deleted_id = max_deleted_id;
    }
    context.reply.ok();
    context.modified(argv[1]);
    context.dirty(1);
    context.notify(notify::class::STREAM, "xsetid", argv[1]);
    Ok(())
}

/// ENTRIESADDED and MAXDELETEDID; without it 0-0.
fn parse(words: &[&[u8]], last_id: StreamId) -> Result<(Option<u64>, StreamId), CommandError> {
    let (mut entries_added, mut max_deleted_id) = (None, StreamId::MIN);
    let mut pairs = words.chunks_exact(2);
    for pair in &mut pairs {
        if arguments::is(pair[0], "ENTRIESADDED") {
            let added = arguments::integer(pair[1])?;
            entries_added = Some(u64::try_from(added).map_err(|_| ADDED_NEGATIVE)?);
        } else if arguments::is(pair[0], "MAXDELETEDID") {
            max_deleted_id = id(pair[1], 0)?;
            if max_deleted_id > last_id {
                return Err(BELOW_GIVEN_DELETED);
            }
        } else {
            return Err(error::SYNTAX);
        }
    }
    if pairs.remainder().is_empty() {
        Ok((entries_added, max_deleted_id))
    } else {
        Err(error::SYNTAX)
    }
}
