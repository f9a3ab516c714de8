//! XACKDEL: tell a group that entries have been dealt with, and delete them.

use command_spec::*;
use engine::*;

pub const XACKDEL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xackdel",
        group: Group::Stream,
        summary: "Acknowledges entries of a consumer group and deletes them from the stream.",
        since: "8.2.0",
        complexity: "O(1) for each ID.",
        arity: -6,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
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
    xackdel,
);

use super::{id, references_and_ids};

/// The entry was not pending, or there is no such group.
const NOT_PENDING: i64 = -1;
const DELETED: i64 = 1;
/// Acknowledged, but another group has yet to do so.
const STILL_REFERENCED: i64 = 2;

fn xackdel(context: &mut Context<'_>) -> CommandResult {
    let [_, key, name, words @ ..] = context.argv else { return Err(error::SYNTAX) };
    let db = context.db;
    let found = context.state.stream_to_read(db, key)?;
    let has_group = found.and_then(|stream| stream.groups.get(name)).is_some();
    let (references, texts) = references_and_ids(words)?;
    if !has_group {
        context.reply.array(texts.len());
        for _ in texts {
            context.reply.integer(NOT_PENDING);
        }
        return Ok(());
    }
    let ids = texts.iter().map(|text| id(text, 0)).collect::<Result<Vec<_>, _>>()?;
    let Some(stream) = context.state.stream_to_write(db, key)? else { return Ok(()) };
    let (mut acknowledged, mut deleted) = (0, 0);
    context.reply.array(ids.len());
    for id in ids {
        let group = stream.groups.get_mut(name);
        if !group.is_some_and(|group| group.acknowledge(id)) {
            context.reply.integer(NOT_PENDING);
            continue;
        }
        acknowledged += 1;
        if stream.groups.may_delete(id, references) {
            deleted += usize::from(stream.delete(id));
            context.reply.integer(DELETED);
        } else {
            context.reply.integer(STILL_REFERENCED);
        }
    }
    if deleted > 0 {
        context.modified(key);
        context.notify(notify::class::STREAM, "xdel", key);
    }
    context.dirty(acknowledged);
    Ok(())
}
