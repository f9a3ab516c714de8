//! ARINSERT: inserts values into an array at its cursor.

use command_spec::*;
use engine::*;

pub const ARINSERT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arinsert",
        group: Group::Array,
        summary: "Inserts values into an array at its cursor.",
        since: "8.8.0",
        complexity: "O(N); N is the number of values.",
        arity: -3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::ARRAY | category::FAST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0), Argument::string("value").multiple()],
        ..CommandSpec::DEFAULT
    },
    arinsert,
);

use keyspace::Array;

use super::{changed, reply_number};

const OVERFLOW: CommandError = CommandError::constant("ERR insert index overflow");

fn arinsert(context: &mut Context<'_>) -> CommandResult {
    let (db, key, values) = (context.db, context.argv[1], &context.argv[2..]);
    let limits = context.state.array_limits();
    // A new array has room: it does not stay empty.
    let array = context.state.array_or_new(db, key, || Array::new(&limits))?;
    let last = array.insert(values, &limits).ok_or(OVERFLOW)?;
    changed(context, "arinsert", values.len() as u64);
    reply_number(context.reply, last);
    Ok(())
}
