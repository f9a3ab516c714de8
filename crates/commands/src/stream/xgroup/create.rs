//! XGROUP CREATE: make a consumer group.

use command_spec::*;
use engine::*;

pub const XGROUP_CREATE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "create",
        group: Group::Stream,
        summary: "Makes a consumer group.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: -5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(2, key_flag::RW | key_flag::INSERT)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::one_of(
                "id-selector",
                &[Argument::string("id"), Argument::pure_token("new-id", "$")],
            ),
            Argument::pure_token("mkstream", "MKSTREAM").optional(),
            Argument::integer("entriesread")
                .token("ENTRIESREAD")
                .display("entries-read")
                .optional(),
        ],
        history: &[("7.0.0", "The option ENTRIESREAD.")],
        ..CommandSpec::DEFAULT
    },
    create,
);

use keyspace::stream::Group as ConsumerGroup;

use super::{KEY_NEEDED, last_id, options};

const BUSY: CommandError = CommandError::constant("BUSYGROUP Consumer Group name already exists");

fn create(context: &mut Context<'_>) -> CommandResult {
    let [_, subcommand, key, name, text, words @ ..] = context.argv else {
        return Err(error::SYNTAX);
    };
    let options = options(subcommand, words, true)?;
    let db = context.db;
    let found = context.state.stream_to_write(db, key)?;
    let is_new = found.is_none();
    if is_new && !options.make_stream {
        return Err(KEY_NEEDED);
    }
    if options.repeated {
        return Err(crate::help::wrong_subcommand("XGROUP", subcommand));
    }
    let last_id = last_id(text, found.as_deref())?;
    let new = context.state.new_stream();
    let stream = context.state.stream_or_new(db, key, || new)?;
    let entries_read = options.entries_read.map(|read| read.min(stream.entries_added));
    if !stream.groups.add(ConsumerGroup::new(name, last_id, entries_read)) {
        return Err(BUSY);
    }
    if is_new {
        context.modified(key);
    }
    context.dirty(1);
    context.notify(notify::class::STREAM, "xgroup-create", key);
    context.reply.ok();
    Ok(())
}
