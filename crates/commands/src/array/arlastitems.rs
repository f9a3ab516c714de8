//! ARLASTITEMS: returns the elements that were inserted last into an array.

use command_spec::*;
use engine::*;

pub const ARLASTITEMS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arlastitems",
        group: Group::Array,
        summary: "Returns the elements that were inserted last into an array.",
        since: "8.8.0",
        complexity: "O(N); N is the count.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::ARRAY | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("count"),
            Argument::pure_token("rev", "REV").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    arlastitems,
);

use super::reply_cell;
use crate::arguments;

const INVALID_COUNT: CommandError = CommandError::constant("ERR invalid COUNT");

fn arlastitems(context: &mut Context<'_>) -> CommandResult {
    let count = arguments::integer_or(context.argv[2], INVALID_COUNT)?;
    let count = u64::try_from(count).unwrap_or(0);
    // Asked for nothing, Redis does not look at the rest.
    if count == 0 {
        context.reply.array(0);
        return Ok(());
    }
    let newest_first = match context.argv[3..] {
        [] => false,
        [word] if arguments::is(word, "REV") => true,
        [_] => return Err(error::SYNTAX),
        _ => return Err(error::wrong_arity("arlastitems")),
    };
    let reply = &mut *context.reply;
    let Some(array) = context.state.array_to_read(context.db, context.argv[1])? else {
        reply.array(0);
        return Ok(());
    };
    let mut indexes: Vec<u64> = array.newest(count).collect();
    if !newest_first {
        indexes.reverse();
    }
    reply.array(indexes.len());
    indexes.into_iter().for_each(|index| reply_cell(reply, array.get(index)));
    Ok(())
}
