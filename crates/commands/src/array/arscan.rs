//! ARSCAN: returns the elements in a range of an array with their indexes.

use command_spec::*;
use engine::*;

pub const ARSCAN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arscan",
        group: Group::Array,
        summary: "Returns the elements in a range of an array with their indexes.",
        since: "8.8.0",
        complexity: "O(P); P is the number of places looked at in the slices touched: usually near the number of elements in the range, at worst its span.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::ARRAY | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("end"),
            Argument::integer("limit").token("LIMIT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    arscan,
);

use super::{Range, limit, reply_pair};
use crate::arguments;

fn arscan(context: &mut Context<'_>) -> CommandResult {
    let range = Range::parse(context.argv[2], context.argv[3])?;
    let most = match context.argv[4..] {
        [] => usize::MAX,
        [word, count] if arguments::is(word, "LIMIT") => limit(count)?,
        [_, _] => return Err(error::SYNTAX),
        _ => return Err(error::wrong_arity("arscan")),
    };
    let reply = &mut *context.reply;
    let Some(array) = context.state.array_to_read(context.db, context.argv[1])? else {
        reply.array(0);
        return Ok(());
    };
    let place = reply.defer_array();
    let mut count = 0;
    for (index, cell) in range.elements(array).take(most) {
        reply_pair(reply, index, cell);
        count += 1;
    }
    reply.finish_array(place, count);
    Ok(())
}
