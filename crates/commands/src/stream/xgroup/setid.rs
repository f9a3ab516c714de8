//! XGROUP SETID: let a group read on from elsewhere.

use command_spec::*;
use engine::*;

pub const XGROUP_SETID: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setid",
        group: Group::Stream,
        summary: "Sets the ID behind which a consumer group reads on.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: -5,
        flags: flag::WRITE,
        categories: category::SLOW | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(2, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::one_of(
                "id-selector",
                &[Argument::string("id"), Argument::pure_token("new-id", "$")],
            ),
            Argument::integer("entriesread")
                .token("ENTRIESREAD")
                .display("entries-read")
                .optional(),
        ],
        history: &[("7.0.0", "The option ENTRIESREAD.")],
        ..CommandSpec::DEFAULT
    },
    setid,
);

use keyspace::stream::StreamId;

use super::super::group::no_group;
use super::{last_id, options, stream_of};

fn setid(context: &mut Context<'_>) -> CommandResult {
    let [_, subcommand, key, name, text, words @ ..] = context.argv else {
        return Err(error::SYNTAX);
    };
    let options = options(subcommand, words, false)?;
    let stream = stream_of(context, key)?;
    if stream.groups.get(name).is_none() {
        return Err(no_group(key, name));
    }
    if options.repeated {
        return Err(crate::help::wrong_subcommand("XGROUP", subcommand));
    }
    let last_id = match *text {
        b"-" => StreamId::MIN,
        b"+" => StreamId::MAX,
        text => last_id(text, Some(stream))?,
    };
    let entries_read = options.entries_read.map(|read| read.min(stream.entries_added));
    if let Some(group) = stream.groups.get_mut(name) {
        (group.last_id, group.entries_read) = (last_id, entries_read);
    }
    context.dirty(1);
    context.notify(notify::class::STREAM, "xgroup-setid", key);
    context.reply.ok();
    Ok(())
}
