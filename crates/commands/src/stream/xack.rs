//! XACK: tell a group that entries have been dealt with.

use command_spec::*;
use engine::*;

pub const XACK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xack",
        group: Group::Stream,
        summary: "Acknowledges entries of a consumer group and returns how many were pending.",
        since: "5.0.0",
        complexity: "O(1) for each ID.",
        arity: -4,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::string("id").multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    xack,
);

use super::group::group_mut;
use super::id;

fn xack(context: &mut Context<'_>) -> CommandResult {
    let [_, key, name, texts @ ..] = context.argv else { return Err(error::SYNTAX) };
    let stream = context.state.stream_to_read(context.db, key)?;
    if stream.and_then(|stream| stream.groups.get(name)).is_none() {
        context.reply.integer(0);
        return Ok(());
    }
    // No entry is acknowledged if one ID is none.
    let ids = texts.iter().map(|text| id(text, 0)).collect::<Result<Vec<_>, _>>()?;
    let group = group_mut(context, key, name)?;
    let count = ids.into_iter().filter(|id| group.acknowledge(*id)).count();
    context.dirty(count as u64);
    context.reply.integer(count as i64);
    Ok(())
}
