//! ARSET: sets elements of an array from an index on.

use command_spec::*;
use engine::*;

pub const ARSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arset",
        group: Group::Array,
        summary: "Sets elements of an array from an index on.",
        since: "8.8.0",
        complexity: "O(N); N is the number of values.",
        arity: -4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::ARRAY | category::FAST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("index"),
            Argument::string("value").multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    arset,
);

use keyspace::Array;

use super::{changed, index, reply_number};

const OVERFLOW: CommandError = CommandError::constant("ERR array index overflow");

fn arset(context: &mut Context<'_>) -> CommandResult {
    let (db, key, values) = (context.db, context.argv[1], &context.argv[3..]);
    let first = index(context.argv[2])?;
    if first.checked_add(values.len() as u64 - 1).is_none_or(|last| last > Array::INDEX_MAX) {
        return Err(OVERFLOW);
    }
    let limits = context.state.array_limits();
    let array = context.state.array_or_new(db, key, || Array::new(&limits))?;
    let added = array.set_run(first, values, &limits);
    changed(context, "arset", values.len() as u64);
    reply_number(context.reply, added);
    Ok(())
}
