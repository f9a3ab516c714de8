//! XDEL, XDELEX: delete entries of a stream by their IDs.

use command_spec::*;
use engine::*;

pub const XDEL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xdel",
        group: Group::Stream,
        summary: "Deletes entries of a stream; returns how many there were.",
        since: "5.0.0",
        complexity: "O(log(M)) for each entry; M is the number of nodes of the stream.",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::string("id").multiple()],
        ..CommandSpec::DEFAULT
    },
    xdel,
);

pub const XDELEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xdelex",
        group: Group::Stream,
        summary: "Deletes entries of a stream, and what consumer groups know of them as asked for.",
        since: "8.2.0",
        complexity: "O(log(M)) for each entry; M is the number of nodes of the stream. With DELREF or ACKED each group is looked at too.",
        arity: -5,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[
                    Argument::pure_token("keepref", "KEEPREF"),
                    Argument::pure_token("delref", "DELREF"),
                    Argument::pure_token("acked", "ACKED"),
                ],
            )
            .optional(),
            Argument::block(
                "ids",
                &[Argument::integer("numids"), Argument::string("id").multiple()],
            )
            .token("IDS"),
        ],
        ..CommandSpec::DEFAULT
    },
    xdelex,
);

use keyspace::stream::StreamId;

use super::{id, references_and_ids};

/// What became of one ID of XDELEX.
const NOT_THERE: i64 = -1;
const DELETED: i64 = 1;
const STILL_REFERENCED: i64 = 2;

fn xdel(context: &mut Context<'_>) -> CommandResult {
    let (argv, db) = (context.argv, context.db);
    let Some(stream) = context.state.stream_to_write(db, argv[1])? else {
        context.reply.integer(0);
        return Ok(());
    };
    // One bad ID, and none is deleted.
    let ids = ids(&argv[2..])?;
    let removed = ids.iter().filter(|id| stream.delete(**id)).count();
    after_deletion(context, removed);
    context.reply.integer(removed as i64);
    Ok(())
}

fn xdelex(context: &mut Context<'_>) -> CommandResult {
    let (argv, db) = (context.argv, context.db);
    let found = context.state.stream_to_write(db, argv[1])?;
    let (references, words) = references_and_ids(&argv[2..])?;
    let Some(stream) = found else {
        context.reply.array(words.len());
        words.iter().for_each(|_| context.reply.integer(NOT_THERE));
        return Ok(());
    };
    let ids = ids(words)?;
    context.reply.array(ids.len());
    let mut removed = 0;
    for id in ids {
        // Groups may have yet to read what is not there, too.
        let outcome = if !stream.groups.may_delete(id, references) {
            STILL_REFERENCED
        } else if stream.delete(id) {
            removed += 1;
            DELETED
        } else {
            NOT_THERE
        };
        context.reply.integer(outcome);
    }
    after_deletion(context, removed);
    Ok(())
}

fn ids(words: &[&[u8]]) -> Result<Vec<StreamId>, CommandError> {
    words.iter().map(|word| id(word, 0)).collect()
}

/// What follows from deleting entries.
fn after_deletion(context: &mut Context<'_>, removed: usize) {
    if removed > 0 {
        let key = context.argv[1];
        context.modified(key);
        context.notify(notify::class::STREAM, "xdel", key);
        context.dirty(removed as u64);
    }
}
