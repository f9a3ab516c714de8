//! ARGETRANGE: returns the elements in a range of indexes of an array, holes included.

use command_spec::*;
use engine::*;

pub const ARGETRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "argetrange",
        group: Group::Array,
        summary: "Returns the elements in a range of indexes of an array, holes included.",
        since: "8.8.0",
        complexity: "O(N); N is the length of the range.",
        arity: 4,
        flags: flag::READONLY,
        categories: category::ARRAY | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("start"), Argument::integer("end")],
        ..CommandSpec::DEFAULT
    },
    argetrange,
);

use keyspace::array::Cell;

use super::{Range, reply_cell};

/// Most elements of a reply.
const RANGE_LEN_MAX: u64 = 1_000_000;
const RANGE_TOO_LONG: CommandError =
    CommandError::constant("ERR range exceeds maximum of 1000000 items");

fn argetrange(context: &mut Context<'_>) -> CommandResult {
    let range = Range::parse(context.argv[2], context.argv[3])?;
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    if range.last - range.first >= RANGE_LEN_MAX {
        return Err(RANGE_TOO_LONG);
    }
    let len = range.last - range.first + 1;
    context.reply.array(len as usize);
    let mut elements = array.map(|array| range.elements(array));
    let mut coming: Option<(u64, &Cell)> = None;
    for step in 0..len {
        let index = if range.backwards { range.last - step } else { range.first + step };
        coming = coming.or_else(|| elements.as_mut().and_then(Iterator::next));
        let here = coming.take_if(|(found, _)| *found == index);
        reply_cell(context.reply, here.map(|(_, cell)| cell));
    }
    Ok(())
}
